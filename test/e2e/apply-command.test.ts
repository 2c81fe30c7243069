import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateDocumentCommand } from '@aws-sdk/client-ssm';
import { describe } from 'vitest';
import { readPackageFile } from '../../src/aws/package-files.js';
import { documentNames } from '../../src/model/names.js';
import { describeSchedule, inputOf } from '../../src/temporal/schedules.js';
import { type Fleet, hosts } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import type { Ended } from '../support/processes.js';
import { test } from '../support/rollouts.js';

const two = (cluster: string) => ({
  cluster,
  instances: hosts('a'),
  otherClusters: [{ cluster: `${cluster}-b`, instances: [{ host: {} }] }],
});

/** Writes the file and applies it. */
async function apply(
  fleet: Fleet,
  folder: string,
  text: string,
  flags: readonly string[] = ['--yes'],
): Promise<Ended> {
  const file = join(folder, 'ecs-updater.yaml');
  await writeFile(file, text);
  const { stdout, stderr, code } = await fleet.command('apply', '-f', file, ...flags);
  return { code, stdout, stderr: stderr.replaceAll(file, 'FILE') };
}

const regionOf = ({ arn }: Fleet): string => arn.split(':')[3] ?? '';

/** A file of this name with these lines in its defaults, and these clusters. */
const fileOf = (
  fleet: Fleet,
  name: string,
  defaults: readonly string[],
  clusters: readonly string[],
): string =>
  [
    `name: ${name}`,
    'defaults:',
    `  region: ${regionOf(fleet)}`,
    "  schedule: {cron: '0 3 * * 1-5', timeZone: Europe/Berlin}",
    ...defaults.map((line) => `  ${line}`),
    'clusters:',
    ...clusters.map((cluster) => `  - ${cluster}`),
    '',
  ].join('\n');

const lines = ({ stdout }: Ended): string[] => stdout.trimEnd().split('\n');

/** What of an output is about this. */
const about = (ended: Ended, text: string): string[] => lines(ended).filter((line) => line.includes(text));

// Search attributes are the namespace's, so this comes before the others.
test('apply creates the Schedules of a file with documents and search attributes; again it changes nothing', async ({
  startFleet,
  folder,
  expect,
}) => {
  const fleet = await startFleet(two('first'), { cluster: 'first' });
  const text = fileOf(
    fleet,
    'creating',
    ['maxUnavailable: 10%', 'notifications: [{type: slack, urlFromEnv: HOOK, events: [rollout-stopped]}]'],
    ['{cluster: first, drainLimit: 40m}', '{cluster: first-b, name: second, selection: {optOut: off}}'],
  );
  const shown = await apply(fleet, folder, text, ['--dry-run']);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(lines(shown)).toEqual([
    ...['check', 'apply', 'reboot'].map(
      (role) => `+ SSM document ecs-updater-${role} version 1 in ${regionOf(fleet)}, account 123456789012`,
    ),
    '+ search attributes EcsCluster, EcsInstanceId, EcsUpdatePhase, EcsUpdateOutcome, if Temporal lets us; Schedules use them from then on',
    '+ Schedule ecs-updater/first',
    `    cluster         ${fleet.arn}`,
    '    cron            0 3 * * 1-5',
    '    timeZone        Europe/Berlin',
    '    maxUnavailable  10%',
    '    drainLimit      40m',
    `    installation    ${fleet.client.options.namespace.slice(0, 32)}`,
    '    notifications   slack $HOOK (rollout-stopped)',
    '+ Schedule ecs-updater/second',
    `    cluster         ${fleet.arn}-b`,
    '    cron            0 3 * * 1-5',
    '    timeZone        Europe/Berlin',
    '    exclude         attribute:off exists and attribute:off != false',
    '    maxUnavailable  10%',
    `    installation    ${fleet.client.options.namespace.slice(0, 32)}`,
    '    notifications   slack $HOOK (rollout-stopped)',
    'Nothing was changed (--dry-run).',
  ]);
  expect(await describeSchedule(fleet.client, 'first')).toBeNull();
  expect(fleet.requests(principals.commands, 'CreateDocument')).toEqual([]);

  const applied = await apply(fleet, folder, text);
  expect(applied).toMatchObject({ code: 0, stderr: '' });
  expect(about(applied, 'search attributes').at(-1)).toMatch(/: registered$/);
  expect(about(applied, 'ecs-updater/first').at(-1)).toMatch(/: created; next rollout \d{4}-.*Z$/);
  expect(await describeSchedule(fleet.client, 'second')).toMatchObject({
    spec: { timezone: 'Europe/Berlin', calendars: [{ comment: '0 3 * * 1-5' }] },
  });
  const schedule = await describeSchedule(fleet.client, 'first');
  expect(schedule && inputOf(schedule)).toMatchObject({
    cluster: { name: 'first', arn: fleet.arn },
    searchAttributes: true,
    notify: [{ type: 'slack', urlFromEnv: 'HOOK', events: ['rollout-stopped'] }],
    settings: { maxUnavailable: { kind: 'percent', percent: 10 }, limits: { drainMs: 2_400_000 } },
  });

  const again = await apply(fleet, folder, text, []);
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(lines(again)).toEqual([
    '= Schedule ecs-updater/first',
    '= Schedule ecs-updater/second',
    expect.stringMatching(/^Nothing to change: everything is as .*ecs-updater.yaml says\.$/),
  ]);
});

describe.concurrent('apply', () => {
  test('shows field by field what changes, and leaves a paused Schedule paused', async ({
    startFleet,
    folder,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a') }, { cluster: 'changing' });
    await apply(fleet, folder, fileOf(fleet, 'changing', ['drainLimit: 30m'], ['{cluster: changing}']));
    await fleet.temporal('schedule', 'toggle', '--schedule-id', fleet.workflowId, '--pause', '--reason', 'x');
    const changed = await apply(
      fleet,
      folder,
      fileOf(
        fleet,
        'changing',
        ['failureBudget: unlimited', 'installation: blue'],
        ['{cluster: changing, schedule: {cron: [0 3 * * 1-5, 0 5 * * 6], jitter: 10m}}'],
      ),
    );
    expect(changed).toMatchObject({ code: 0, stderr: '' });
    expect(lines(changed).filter((line) => !line.startsWith('+ search'))).toEqual([
      '~ Schedule ecs-updater/changing (paused: x; it stays so)',
      '    cron           0 3 * * 1-5 → 0 3 * * 1-5, 0 5 * * 6',
      '    jitter         0s → 10m',
      '    failureBudget  1 → unlimited',
      '    drainLimit     30m → 25m',
      `    installation   ${fleet.client.options.namespace.slice(0, 32)} → blue`,
      'Schedule ecs-updater/changing: updated; paused',
    ]);
    expect(await describeSchedule(fleet.client, 'changing')).toMatchObject({
      state: { paused: true, note: 'x' },
      spec: { calendars: [{}, { comment: '0 5 * * 6' }], jitter: 600_000 },
    });
  });

  test('brings back what somebody changed by hand', async ({ startFleet, folder, expect }) => {
    const fleet = await startFleet({ instances: hosts('a') }, { cluster: 'by-hand' });
    const text = fileOf(fleet, 'by-hand', [], ['{cluster: by-hand}']);
    await apply(fleet, folder, text);
    await fleet.client.schedule.getHandle(fleet.workflowId).update(({ action, policies, state }) => ({
      spec: { calendars: [{ hour: 9 }] },
      policies: { ...policies, overlap: 'ALLOW_ALL' },
      action,
      state,
    }));
    const mended = await apply(fleet, folder, text);
    expect(lines(mended)).toContain('    cron      set by hand → 0 3 * * 1-5');
    expect(lines(mended)).toContain('    overlap   ALLOW_ALL → SKIP');
    expect(lines(await apply(fleet, folder, text))).toContain('= Schedule ecs-updater/by-hand');
    const scheduled = await fleet.ecsUpdater(
      'schedule',
      '--cron',
      '0 3 * * 1-5',
      '--time-zone',
      'Europe/Berlin',
    );
    expect(scheduled).toMatchObject({
      code: 0,
      stderr:
        'Schedule ecs-updater/by-hand was applied from the configuration by-hand: the next apply of that changes it back.\n',
    });
    expect(lines(await apply(fleet, folder, text))).toContain(
      '    madeBy  ecs-updater schedule → ecs-updater apply of by-hand',
    );
  });

  test('asks, and without a terminal wants --yes', async ({ startFleet, folder, expect }) => {
    const fleet = await startFleet({ instances: hosts('a') }, { cluster: 'asking' });
    const text = fileOf(fleet, 'asking', [], ['{cluster: asking}']);
    const refused = await apply(fleet, folder, text, []);
    expect(refused).toMatchObject({
      code: 2,
      stderr: 'ecs-updater: give --yes, or run apply on a terminal, where it asks. Nothing was changed.\n',
    });
    expect(refused.stdout).toContain('+ Schedule ecs-updater/asking\n');
    expect(await describeSchedule(fleet.client, 'asking')).toBeNull();
  });

  test('removes with --prune what it made itself, and nothing else', async ({
    startFleet,
    folder,
    expect,
  }) => {
    const fleet = await startFleet(two('pruned'), { cluster: 'pruned' });
    await fleet.command('schedule', '--cluster', 'pruned', '--name', 'by-command', '--cron', '0 1 * * *');
    const theirs = await startFleet({ instances: hosts('a') }, { cluster: 'theirs' });
    await apply(theirs, folder, fileOf(theirs, 'other-file', [], ['{cluster: theirs}']));
    await apply(
      fleet,
      folder,
      fileOf(fleet, 'pruning', [], ['{cluster: pruned-b}', '{cluster: pruned-b, name: x}']),
      ['--yes'],
    );
    await apply(fleet, folder, fileOf(fleet, 'pruning', [], ['{cluster: pruned-b}']));

    const renamed = fileOf(fleet, 'pruning', [], ['{cluster: pruned-b, name: renamed}']);
    const without = await apply(fleet, folder, renamed);
    expect(without).toMatchObject({ code: 2 });
    expect(without.stderr).toContain(
      'Schedule ecs-updater/pruned-b is for the same ECS cluster (the file has it no more; --prune would remove it).',
    );

    const pruned = await apply(fleet, folder, renamed, ['--yes', '--prune']);
    expect(pruned).toMatchObject({ code: 0, stderr: '' });
    expect(about(pruned, 'ecs-updater/by-command')).toEqual([
      '! Schedule ecs-updater/by-command: left alone, made by ecs-updater schedule',
    ]);
    expect(about(pruned, 'ecs-updater/theirs')).toEqual([
      '! Schedule ecs-updater/theirs: left alone, applied from the configuration other-file',
    ]);
    expect(about(pruned, 'ecs-updater/pruned-b')).toEqual([
      `- Schedule ecs-updater/pruned-b of ${fleet.arn}-b`,
      'Schedule ecs-updater/pruned-b: removed',
    ]);
    expect(await describeSchedule(fleet.client, 'pruned-b')).toBeNull();
    expect(await describeSchedule(fleet.client, 'renamed')).not.toBeNull();
    expect(await describeSchedule(fleet.client, 'by-command')).not.toBeNull();
  });

  test('wants a name of the file before it prunes', async ({ startFleet, folder, expect }) => {
    const fleet = await startFleet({ instances: hosts('a') }, { cluster: 'nameless' });
    const text = fileOf(fleet, 'x', [], ['{cluster: nameless}']).replace('name: x\n', '');
    expect(await apply(fleet, folder, text, ['--prune'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        "ecs-updater: --prune needs a name in FILE, as 'name: platform': only what was applied from a file of that name is removed.\n",
    });
  });

  test('looks at everything before the first change, and says all that is wrong', async ({
    startFleet,
    folder,
    expect,
  }) => {
    const fleet = await startFleet(two('checked'), { cluster: 'checked', free: ['commands'] });
    const other = await startFleet({ instances: hosts('a') }, { cluster: 'taken' });
    await other.ecsUpdater('schedule', '--cron', '0 1 * * *');
    const step = { action: 'aws:runShellScript', name: 'x', inputs: { runCommand: ['true'] } };
    const content = { schemaVersion: '2.2', description: 'Theirs.', mainSteps: [step] };
    await fleet.aws.ssm.send(
      new CreateDocumentCommand({
        Name: 'ecs-updater-reboot',
        Content: JSON.stringify(content),
        DocumentType: 'Command',
      }),
    );
    const refused = await apply(
      fleet,
      folder,
      fileOf(
        fleet,
        'checking',
        [],
        [
          "{cluster: checked, schedule: {cron: '61 3 * * *'}}",
          "{cluster: checked-b, name: taken, selection: {include: 'nonsense ='}}",
          '{cluster: unheard-of}',
          `{cluster: '${fleet.arn}', name: twin}`,
        ],
      ),
    );
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    const said = refused.stderr.trimEnd().split('\n');
    expect(said).toHaveLength(7);
    for (const message of [
      "FILE:6:41: clusters[0].schedule.cron '61 3 * * *' is refused by Temporal: Minute is not in range [0-59].",
      "clusters[1].selection.include 'nonsense =' is refused by ECS: ",
      `clusters[1].name: Schedule ecs-updater/taken is for ${other.arn}. Give the cluster another name.`,
      `clusters[2].cluster: there is no ECS cluster unheard-of in ${regionOf(fleet)}. Check name and region.`,
      `clusters[3].cluster is the ECS cluster of clusters[0], ${fleet.arn}. Leave one out.`,
      'SSM document ecs-updater-reboot version 1 is not this release',
      'nothing was changed.',
    ]) {
      expect(refused.stderr).toContain(message);
    }
    expect(await describeSchedule(fleet.client, 'checked')).toBeNull();
    expect(fleet.requests(principals.commands, 'CreateDocument')).toEqual([]);
  });

  test('takes the documents of a stack under the role that another stack has made', async ({
    startFleet,
    folder,
    expect,
  }) => {
    const fleet = await startFleet(
      { instances: hosts('a'), roles: [{ name: 'ecs-updater-stack', externalId: 'ours' }] },
      { cluster: 'elsewhere', refused: ['ssm:DeleteDocument'] },
    );
    for (const Name of Object.values(documentNames)) {
      // CloudFormation writes the JSON of a document anew.
      const Content = JSON.stringify(JSON.parse(await readPackageFile('deploy', 'ssm', `${Name}.json`)));
      await fleet.aws.ssm.send(new CreateDocumentCommand({ Name, Content, DocumentType: 'Command' }));
    }
    const role = 'assumeRole: {roleArn: arn:aws:iam::123456789012:role/ecs-updater-stack, externalId: ours}';
    const applied = await apply(fleet, folder, fileOf(fleet, 'elsewhere', [role], ['{cluster: elsewhere}']));
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(applied.stdout).not.toContain('SSM document');
    const plan = await fleet.ecsUpdater('plan');
    expect(plan.stdout).toContain('1 of 1 instances would be updated');

    const removed = await fleet.ecsUpdater('schedule', '--delete', '--purge');
    expect(removed).toMatchObject({ code: 0, stderr: '' });
    expect(removed.stdout).toMatch(
      /\nSSM documents: kept, as you may not .*\nSchedule ecs-updater\/elsewhere: removed\n$/,
    );
  });

  test('works under the role that the file names, from the first look to the last', async ({
    startFleet,
    folder,
    expect,
  }) => {
    const fleet = await startFleet(
      { instances: hosts('a'), roles: [{ name: 'ecs-updater', externalId: 'ours' }] },
      { cluster: 'assumed' },
    );
    const role = 'assumeRole: {roleArn: arn:aws:iam::123456789012:role/ecs-updater, externalId: ';
    const denied = await apply(
      fleet,
      folder,
      fileOf(fleet, 'assumed', [`${role}theirs}`], ['{cluster: assumed}']),
    );
    expect(denied).toMatchObject({ code: 1, stdout: '' });
    expect(denied.stderr).toContain('is not authorized to perform: sts:AssumeRole');
    await apply(fleet, folder, fileOf(fleet, 'assumed', [`${role}ours}`], ['{cluster: assumed}']));
    const schedule = await describeSchedule(fleet.client, 'assumed');
    expect(schedule && inputOf(schedule)).toMatchObject({
      cluster: { assume: { roleArn: 'arn:aws:iam::123456789012:role/ecs-updater', externalId: 'ours' } },
    });
    const plan = await fleet.ecsUpdater('plan');
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(plan.stdout).toContain('1 of 1 instances would be updated');
    const byRole = (action: string) => fleet.requests('assumed-role/ecs-updater/ecs-updater', action);
    expect(byRole('SendCommand')).toHaveLength(1);

    const removed = await fleet.ecsUpdater('schedule', '--delete', '--purge');
    expect(removed).toMatchObject({ code: 0, stderr: '' });
    expect(byRole('DeleteDocument')).toHaveLength(3);
  });
});
