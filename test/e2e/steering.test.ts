import { describe } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts, stuckOn } from '../support/fleet.js';
import type { Ended } from '../support/processes.js';
import { test } from '../support/rollouts.js';

/** What an operator types who has the `temporal` command line only. */
const signal = (fleet: Fleet, name: string, input?: string): Promise<Ended> =>
  fleet.temporal('workflow', 'signal', ...message(fleet, name, input));

const update = (fleet: Fleet, name: string, input?: string): Promise<Ended> =>
  fleet.temporal('workflow', 'update', 'execute', ...message(fleet, name, input));

const message = (fleet: Fleet, name: string, input: string | undefined): string[] => {
  const address = ['--workflow-id', fleet.workflowId, '--name', name];
  return input === undefined ? address : [...address, '--input', input];
};

const done = { code: 0, stderr: '' };

const inPhase = (fleet: Fleet, name: string, phase: string) =>
  eventually(`${name} is ${phase}`, async () => (await fleet.instanceStatus(name))?.phase === phase);

const nothingInFlight = (fleet: Fleet) =>
  eventually('nothing is in flight', async () => (await fleet.status()).inFlight.length === 0);

describe.concurrent('the temporal command line', () => {
  test('pauses a rollout, which finishes what is in flight, and resumes it', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') });
    await fleet.start();
    await inPhase(fleet, 'a', 'updating');
    expect(await signal(fleet, 'pause', '{"reason": "change freeze", "by": "kim"}')).toMatchObject(done);
    await nothingInFlight(fleet);

    const json = await fleet.ecsUpdater('status', '-o', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      running: true,
      stage: 'rolling',
      paused: { by: 'kim', reason: 'change freeze', since: expect.stringMatching(/^\d{4}-.*Z$/) },
      rows: [
        { instance: fleet.id('a'), state: 'updated', version: '1.26.1' },
        { instance: fleet.id('b'), state: 'paused', version: '1.26.0', target: '1.26.1' },
      ],
    });
    const table = await fleet.ecsUpdater('status');
    expect(table.stdout).toMatch(/^i-\w+ +paused +1\.26\.0 +draining +1\.26\.1/m);
    expect(table.stdout).toMatch(/1 queued, 1 updated; paused by kim since [^ ]+: change freeze\n/);

    expect(await signal(fleet, 'resume')).toMatchObject(done);
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated' });
  });

  test('skips and unskips instances, by bare id or with a reason, before and while they drain', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b', 'c'), services: [stuckOn('a')] });
    await fleet.start();
    await inPhase(fleet, 'a', 'draining');
    expect(await signal(fleet, 'skip', `"${fleet.id('b')}"`)).toMatchObject(done);
    const ofC = `{"instance": "${fleet.id('c')}", "reason": "batch job runs", "by": "kim"}`;
    expect((await update(fleet, 'skip', ofC)).stdout).toContain(
      `${fleet.id('c')} is left out of this rollout.`,
    );

    const json = await fleet.ecsUpdater('status', '-o', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      rows: [
        { instance: fleet.id('a'), state: 'draining' },
        { instance: fleet.id('b'), state: 'skipped-by-operator', reason: 'skipped.' },
        { instance: fleet.id('c'), state: 'skipped-by-operator', reason: 'skipped by kim: batch job runs.' },
      ],
    });

    expect((await update(fleet, 'unskip', `"${fleet.id('c')}"`)).stdout).toContain(
      `${fleet.id('c')} has its turn again.`,
    );
    const ofA = `{"instance": "${fleet.id('a')}", "reason": "it hangs"}`;
    expect(await signal(fleet, 'skip', ofA)).toMatchObject(done);
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({
      a: 'skipped: skipped-by-operator',
      b: 'skipped: skipped-by-operator',
      c: 'updated',
    });
    expect(report.groups).toContainEqual({
      result: expect.objectContaining({ reason: { code: 'skipped-by-operator', reason: 'it hangs' } }),
      ec2InstanceIds: [fleet.id('a')],
    });
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.0' } });
  });

  test('prints why a workflow update is refused', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [stuckOn('a')] });
    await fleet.start();
    await inPhase(fleet, 'a', 'draining');
    const refusals = [
      ['resume', undefined, `${fleet.cluster} is not paused.`],
      ['pause', `"${fleet.id('a')}"`, 'Skip it to have it given back.'],
      ['pause', '42', 'an instance id, or nothing'],
      ['skip', undefined, 'skip is for one instance: name it.'],
      ['skip', '"i-0123"', `i-0123 is not an instance of ${fleet.cluster}.`],
      ['unskip', `"${fleet.id('b')}"`, `${fleet.id('b')} is not skipped.`],
    ] as const;
    for (const [name, input, sentence] of refusals) {
      const { code, stdout, stderr } = await update(fleet, name, input);
      expect(`${stdout}${stderr}`).toContain(sentence);
      expect(code).toBe(1);
    }
    const planned = await fleet.ecsUpdater('plan', '-o', 'json');
    expect(fleet.outcomes(JSON.parse(planned.stdout))).toEqual({ a: 'skipped: handled-by-another-run' });
    await fleet.handle('a').executeUpdate('skip', { args: ['it hangs'] });
    expect(fleet.outcomes(await fleet.report())).toMatchObject({ b: 'updated' });
  });
});

describe.concurrent('our command line', () => {
  test('steers a rollout, says what follows, and refuses what comes too late', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b', 'c'), services: [stuckOn('a')] });
    const reach = (name: string, ssm: 'online' | 'connection-lost') =>
      fleet.simulator.fault({ kind: 'amend-host', instance: fleet.id(name), host: { ssm } });
    await fleet.start();
    await inPhase(fleet, 'a', 'draining');
    expect(await fleet.ecsUpdater('run')).toEqual({
      code: 3,
      stdout: '',
      stderr: `ecs-updater: a rollout of ${fleet.cluster} is running: ${fleet.workflowId}. See it with: ecs-updater status --cluster ${fleet.cluster}\n`,
    });
    expect(await fleet.ecsUpdater('pause', '--instance', fleet.id('b'), '--reason', 'busy')).toMatchObject({
      ...done,
      stdout: `${fleet.id('b')} waits until it is resumed.\n`,
    });
    expect(await fleet.ecsUpdater('skip', '--instance', fleet.id('a'), '--reason', 'hangs')).toMatchObject({
      ...done,
      stdout: `${fleet.id('a')} is skipped and given back.\n`,
    });
    await fleet.event('reboot-started', 'c');
    reach('c', 'connection-lost');
    expect(await fleet.ecsUpdater('skip', '--instance', fleet.id('c'))).toEqual({
      code: 1,
      stdout: '',
      stderr: `ecs-updater: skip comes too late: ${fleet.id('c')} is rebooting.\n`,
    });
    reach('c', 'online');
    expect(await fleet.ecsUpdater('resume', '--instance', fleet.id('b'))).toMatchObject({
      ...done,
      stdout: `${fleet.id('b')} goes on.\n`,
    });
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({
      a: 'skipped: skipped-by-operator',
      b: 'updated',
      c: 'updated',
    });
    const { stdout } = await fleet.ecsUpdater('status');
    expect(stdout).toMatch(/skipped-by-operator .* skipped by .+: hangs\.$/m);
  });

  test('shows a change a line where it is not watched on a terminal, and ends with 1 if an instance failed', async ({
    startFleet,
    expect,
  }) => {
    const [a, b] = hosts('a', 'b');
    const fleet = await startFleet({
      instances: [
        // Of a phase that is shorter than the time between two looks nothing is shown.
        {
          ...a,
          host: { version: '1.26.0', offered: '1.26.1', boot: 'falls-back', bootDelaySeconds: 200 },
        },
        { ...b, host: { version: '1.26.1' } },
      ],
    });
    await fleet.schedule();
    const { code, stdout, stderr } = await fleet.ecsUpdater('run', '--watch');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^started ecs-updater\/cluster-\d+ \(run [-\w]+\)\n/);
    expect(stdout).toMatch(/^i-\w+1 {2}eu-\w+-1\w {2}rebooting {2}1\.26\.0 → 1\.26\.1$/m);
    expect(stdout).toMatch(
      /^i-\w+1 {2}eu-\w+-1\w {2}failed {2}1\.26\.0 → 1\.26\.1 {2}1\.26\.1 did not boot;/m,
    );
    expect(stdout).toMatch(/^i-\w+2 {2}eu-\w+-1\w {2}up-to-date {2}1\.26\.1 {2}runs 1\.26\.1,/m);
    expect(stdout).toMatch(/ ended: 1 skipped, 1 failed\n$/);
    expect(new Set(stdout.split('\n')).size, 'no line twice').toBe(stdout.split('\n').length);
    expect(code).toBe(1);
    expect(fleet.outcomes(await fleet.report())).toEqual({
      a: 'failed: booted-old-version',
      b: 'skipped: up-to-date',
    });
  });
});
