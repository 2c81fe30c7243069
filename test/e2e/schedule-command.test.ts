import { DeleteAttributesCommand, PutAttributesCommand, TagResourceCommand } from '@aws-sdk/client-ecs';
import {
  CreateDocumentCommand,
  GetDocumentCommand,
  UpdateDocumentCommand,
  UpdateDocumentDefaultVersionCommand,
} from '@aws-sdk/client-ssm';
import { describe } from 'vitest';
import { drainedAttribute } from '../../src/model/names.js';
import { quarantineTag } from '../../src/model/quarantine.js';
import { describeSchedule, inputOf, scheduledClusters } from '../../src/temporal/schedules.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts, stuckOn } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';

const nightly = ['--cron', '0 3 * * 1-5'];
const documents = ['ecs-updater-check', 'ecs-updater-apply', 'ecs-updater-reboot'];
const scenario = { instances: hosts('a', 'b') };

const step = {
  action: 'aws:runShellScript',
  name: 'reboot',
  inputs: { runCommand: ['reboot'] },
};

const documentLines = (change: string, version = 1): string =>
  documents.map((name) => `SSM document ${name} version ${version}: ${change}\n`).join('');

const scheduled = async ({ client, cluster }: Fleet) => {
  const schedule = await describeSchedule(client, cluster);
  return schedule && { spec: schedule.spec, state: schedule.state, input: inputOf(schedule) };
};

const markOf = (fleet: Fleet, name: string, installation: string) => ({
  cluster: fleet.arn,
  attributes: [
    {
      name: drainedAttribute,
      value: `${installation}/x/2026-01-01T00:00:00.000Z`,
      targetId: fleet.state(name).containerInstanceArn,
    },
  ],
});

const mark = (fleet: Fleet, name: string, installation: string) =>
  fleet.aws.ecs.send(new PutAttributesCommand(markOf(fleet, name, installation)));

describe.concurrent('schedule', () => {
  test('creates the documents and the Schedule with its settings; a second time it changes nothing', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet(scenario);
    const flags =
      '--time-zone Europe/Berlin --jitter 30m --max-unavailable 10% --drain-limit 40m --installation blue';
    const first = await fleet.ecsUpdater('schedule', ...nightly, ...flags.split(' '));
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(
      new RegExp(
        `^${documentLines('created')}Schedule ecs-updater/${fleet.cluster}: created; next rollout \\d{4}-.*Z\n$`,
      ),
    );
    const before = await scheduled(fleet);
    expect(before).toMatchObject({
      spec: { timezone: 'Europe/Berlin', jitter: 1_800_000 },
      input: {
        cluster: { name: fleet.cluster, arn: fleet.arn },
        settings: {
          maxUnavailable: { kind: 'percent', percent: 10 },
          installation: 'blue',
          failureBudget: { kind: 'count', count: 1 },
          limits: { drainMs: 2_400_000, rebootMs: 900_000 },
        },
      },
    });

    const second = await fleet.ecsUpdater('schedule', ...nightly, ...flags.split(' '));
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout).toContain(documentLines('unchanged'));
    expect(second.stdout).toContain(`Schedule ecs-updater/${fleet.cluster}: unchanged; next rollout`);
    expect(await scheduled(fleet)).toEqual(before);
    expect(fleet.requests(principals.commands, 'CreateDocument')).toHaveLength(3);
    expect(fleet.requests(principals.commands, 'UpdateDocument')).toEqual([]);
  });

  test('takes on new settings, and leaves a paused Schedule paused', async ({ startFleet, expect }) => {
    const fleet = await startFleet(scenario);
    await fleet.ecsUpdater('schedule', ...nightly, '--max-unavailable', '5');
    await fleet.temporal('schedule', 'toggle', '--schedule-id', fleet.workflowId, '--pause', '--reason', 'x');
    const { stdout } = await fleet.ecsUpdater('schedule', '--cron', '0 5 * * *');
    expect(stdout).toContain(`Schedule ecs-updater/${fleet.cluster}: updated`);
    expect(await scheduled(fleet)).toMatchObject({
      spec: { calendars: [{ hour: [{ start: 5 }] }] },
      state: { paused: true, note: 'x' },
      input: { settings: { maxUnavailable: { kind: 'count', count: 1 } } },
    });
  });

  test('refuses times that Temporal does not understand', async ({ startFleet, expect }) => {
    const fleet = await startFleet(scenario);
    const refused = {
      code: 2,
      stderr: "ecs-updater: --cron '61 3 * * *' cannot be used: Minute is not in range [0-59].\n",
    };
    expect(await fleet.ecsUpdater('schedule', '--cron', '61 3 * * *')).toMatchObject(refused);
    await fleet.ecsUpdater('schedule', ...nightly);
    expect(await fleet.ecsUpdater('schedule', '--cron', '61 3 * * *')).toMatchObject(refused);
  });

  test('refuses a name that another cluster has', async ({ startFleet, expect }) => {
    const ours = await startFleet(scenario, { cluster: 'prod' });
    const theirs = await startFleet(scenario, { cluster: 'prod' });
    await ours.ecsUpdater('schedule', ...nightly);
    const refused = await theirs.ecsUpdater('schedule', ...nightly);
    expect(refused).toEqual({
      code: 2,
      stdout: '',
      stderr: `ecs-updater: Schedule ecs-updater/prod is for ${ours.arn}. Give this cluster another name by --name.\n`,
    });
    expect(theirs.requests(principals.commands, 'CreateDocument')).toEqual([]);
    expect(await scheduled(ours)).toMatchObject({ input: { cluster: { arn: ours.arn } } });
    expect(await theirs.ecsUpdater('schedule', ...nightly, '--name', 'prod-2')).toMatchObject({ code: 0 });
    expect(await describeSchedule(theirs.client, 'prod-2')).toMatchObject({
      memo: { clusterArn: theirs.arn },
    });
  });

  test('refuses a second Schedule for one ECS cluster', async ({ startFleet, expect }) => {
    const fleet = await startFleet(scenario);
    await fleet.ecsUpdater('schedule', ...nightly);
    // Temporal's list of Schedules lags some moments behind.
    await eventually('the Schedule is listed', async () =>
      (await scheduledClusters(fleet.client)).includes(fleet.cluster),
    );
    const refused = await fleet.ecsUpdater('schedule', ...nightly, '--name', 'twin', '--drain-limit', '5m');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(
      `Schedule ecs-updater/${fleet.cluster} is for this ECS cluster already. Change that one by --name ${fleet.cluster}, or remove it first:`,
    );
    expect(await describeSchedule(fleet.client, 'twin')).toBeNull();
    expect(await fleet.ecsUpdater('schedule', ...nightly, '--drain-limit', '5m')).toMatchObject({ code: 0 });
  });

  test('refuses a document that is not ours, unless a new version is allowed', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet(scenario);
    const content = { schemaVersion: '2.2', description: 'Theirs.', mainSteps: [step] };
    await fleet.aws.ssm.send(
      new CreateDocumentCommand({
        Name: 'ecs-updater-reboot',
        Content: JSON.stringify(content),
        DocumentType: 'Command',
      }),
    );
    const refused = await fleet.ecsUpdater('schedule', ...nightly);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /^ecs-updater: SSM document ecs-updater-reboot version 1 is not this release's .*--update-documents\.\n$/,
    );
    expect(await scheduled(fleet)).toBeNull();
    const allowed = await fleet.ecsUpdater('schedule', ...nightly, '--update-documents');
    expect(allowed).toMatchObject({ code: 0, stderr: '' });
    expect(allowed.stdout).toContain('SSM document ecs-updater-reboot version 2: updated\n');
    expect(await scheduled(fleet)).toMatchObject({
      input: { documents: { reboot: { name: 'ecs-updater-reboot', version: '2' } } },
    });
  });

  test('goes back to our version of a document that somebody changed, if that is allowed', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet(scenario);
    await fleet.ecsUpdater('schedule', ...nightly);
    const Name = 'ecs-updater-apply';
    const { Content = '' } = await fleet.aws.ssm.send(new GetDocumentCommand({ Name }));
    const changed = Content.replace('"description": "', '"description": "Changed. ');
    await fleet.aws.ssm.send(
      new UpdateDocumentCommand({ Name, Content: changed, DocumentVersion: '$LATEST' }),
    );
    await fleet.aws.ssm.send(new UpdateDocumentDefaultVersionCommand({ Name, DocumentVersion: '2' }));
    expect(await fleet.ecsUpdater('schedule', ...nightly)).toMatchObject({ code: 2, stdout: '' });
    const allowed = await fleet.ecsUpdater('schedule', ...nightly, '--update-documents');
    expect(allowed).toMatchObject({ code: 0, stderr: '' });
    expect(allowed.stdout).toContain('SSM document ecs-updater-check version 1: unchanged\n');
    expect(allowed.stdout).toContain('SSM document ecs-updater-apply version 1: updated\n');
    expect(await scheduled(fleet)).toMatchObject({ input: { documents: { apply: { version: '1' } } } });
  });

  test('leaves the documents to another cluster of the account and Region that has a Schedule', async ({
    startFleet,
    expect,
  }) => {
    const other = { cluster: 'purged-last', instances: [{ host: {} }] };
    const fleet = await startFleet({ ...scenario, otherClusters: [other] });
    await fleet.ecsUpdater('schedule', ...nightly);
    await fleet.command('schedule', '--cluster', 'purged-last', ...nightly);
    const first = await fleet.ecsUpdater('schedule', '--delete', '--purge');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('SSM documents: kept, as rollouts of purged-last send them\n');
    const last = await fleet.command('schedule', '--cluster', 'purged-last', '--delete', '--purge');
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(last.stdout).toContain(documents.map((name) => `SSM document ${name}: removed\n`).join(''));
  });

  test('removes the Schedule, the documents and our marks, but no marks of others', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet(scenario);
    await fleet.ecsUpdater('schedule', ...nightly, '--installation', 'ours');
    await mark(fleet, 'a', 'ours');
    await mark(fleet, 'b', 'theirs');
    await fleet.ecsUpdater('skip', '--instance', fleet.id('a'));
    await fleet.ecsUpdater('hold', '--instance', fleet.id('b'));
    const tags = [{ key: quarantineTag('1.26.1'), value: '2 hosts 2026-01-01T00:00:00.000Z' }];
    await fleet.aws.ecs.send(new TagResourceCommand({ resourceArn: fleet.arn, tags }));
    expect(await fleet.ecsUpdater('schedule', '--delete', '--purge')).toEqual({
      code: 0,
      stdout:
        'instance attributes ecs-updater.drained: 1 removed\n' +
        'instance attributes ecs-updater.failed: 0 removed\n' +
        'instance attributes ecs-updater.behind: 0 removed\n' +
        'instance attributes ecs-updater.pause: 0 removed\n' +
        'instance attributes ecs-updater.skip: 1 removed\n' +
        'instance attributes ecs-updater.hold: 1 removed\n' +
        'quarantines of the cluster: 1 removed\n' +
        documents.map((name) => `SSM document ${name}: removed\n`).join('') +
        `Schedule ecs-updater/${fleet.cluster}: removed\n`,
      stderr: '',
    });
    expect(await scheduled(fleet)).toBeNull();
    expect(fleet.state('a').attributes).not.toHaveProperty([drainedAttribute]);
    expect(fleet.state('b').attributes[drainedAttribute]).toContain('theirs/');
    await fleet.aws.ecs.send(new DeleteAttributesCommand(markOf(fleet, 'b', 'theirs')));

    const again = await fleet.ecsUpdater('schedule', '--delete');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(
      /^ecs-updater: there is no Schedule for cluster-\d+\.( Did you mean cluster-\d+\?)? Create one with: .*\n$/,
    );
  });

  test('removes nothing while a rollout runs, or while something is DRAINING through us', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ ...scenario, services: [stuckOn('a')] });
    await fleet.start();
    await eventually('a is DRAINING', () => fleet.state('a').status === 'DRAINING');
    const running = await fleet.ecsUpdater('schedule', '--delete', '--purge');
    expect(running).toMatchObject({ code: 3, stdout: '' });
    expect(running.stderr).toContain(`ecs-updater cancel --cluster ${fleet.cluster}`);

    await fleet.handle().terminate('by hand');
    await fleet.handle('a').terminate('by hand');
    const left = await fleet.ecsUpdater('schedule', '--delete', '--purge');
    expect(left).toMatchObject({ code: 1, stdout: '' });
    expect(left.stderr).toMatch(/^ecs-updater: 1 instance is DRAINING through us: .*i-0{16}1\..*\n$/);
    expect(await scheduled(fleet)).not.toBeNull();

    expect(fleet.outcomes(await fleet.rollOut())).toMatchObject({ a: 'skipped: restored' });
    expect(await fleet.ecsUpdater('schedule', '--delete', '--purge')).toMatchObject({ code: 0, stderr: '' });
  });
});
