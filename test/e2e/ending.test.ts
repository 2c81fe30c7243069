import { describe } from 'vitest';
import { drainedAttribute } from '../../src/model/names.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts, stuckOn } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';

const inPhase = (fleet: Fleet, name: string, phase: string) =>
  eventually(`${name} is ${phase}`, async () => (await fleet.instanceStatus(name))?.phase === phase);

/** Long enough for an order to be given while the host boots. */
const slowBoot = { hostTimings: { boot: [60_000, 60_000] as const } };

describe.concurrent('a rollout that is cancelled', () => {
  test('before a reboot gives the instance back and reports every instance', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [stuckOn('a')] });
    await fleet.start();
    await inPhase(fleet, 'a', 'draining');
    await fleet.temporal('workflow', 'cancel', '--workflow-id', fleet.workflowId);
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({
      a: 'rolled-back: cancelled',
      b: 'not-started: rollout-stopped',
    });
    expect(report.stopped).toEqual({ by: 'cancelled' });
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.0' } });

    const { stdout } = await fleet.ecsUpdater('status');
    expect(stdout).toMatch(/^i-\w+1 .* rolled-back .* cancelled before its reboot\.$/m);
    expect(stdout).toMatch(/ended: 1 rolled-back, 1 not-started; starts nothing new: it was cancelled$/m);
  });

  test('during a reboot finishes the boot, gives the instance back and reports every instance', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') }, slowBoot);
    await fleet.start();
    await fleet.event('reboot-started', 'a');
    await fleet.temporal('workflow', 'cancel', '--workflow-id', fleet.workflowId);
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'not-started: rollout-stopped' });
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.1' } });
  });

  test("by way of the Schedule's own workflow is cancelled like any other", async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [stuckOn('a')] });
    await fleet.start();
    await inPhase(fleet, 'a', 'draining');
    const [action] = (await fleet.client.schedule.getHandle(fleet.workflowId).describe()).info.recentActions;
    const started = action?.action.workflow.workflowId ?? '';
    await fleet.temporal('workflow', 'cancel', '--workflow-id', started);
    expect(fleet.outcomes(await fleet.report())).toEqual({
      a: 'rolled-back: cancelled',
      b: 'not-started: rollout-stopped',
    });
  });
});

async function terminateWithA(fleet: Fleet): Promise<void> {
  await fleet.handle().terminate('by hand');
  await fleet.handle('a').terminate('by hand');
}

describe.concurrent('after everything was terminated', () => {
  test('the next rollout gives back what was left draining, and updates the rest', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [stuckOn('a')] });
    await fleet.start();
    await inPhase(fleet, 'a', 'draining');
    await eventually('a is marked', () => drainedAttribute in fleet.state('a').attributes);
    await eventually('a is DRAINING', () => fleet.state('a').status === 'DRAINING');
    await terminateWithA(fleet);
    expect(fleet.state('a')).toMatchObject({ status: 'DRAINING', statusBy: principals.worker });
    const { stdout } = await fleet.ecsUpdater('status');
    expect(stdout).toMatch(
      / broke off: 1 in flight, 1 queued\nthe rollout of cluster-\d+ was terminated: by hand\n$/,
    );

    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'skipped: restored', b: 'updated' });
    expect(fleet.state('a').status).toBe('ACTIVE');
  });

  test('in the middle of a reboot, the next rollout waits for the boot before it gives the instance back', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') }, slowBoot);
    await fleet.start();
    await fleet.event('reboot-started', 'a');
    await terminateWithA(fleet);
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'skipped: restored', b: 'updated' });
    const reason = { code: 'restored', since: expect.any(String), rebooted: true, version: '1.26.1' };
    expect(report.groups).toContainEqual({
      result: expect.objectContaining({ reason }),
      ec2InstanceIds: [fleet.id('a')],
    });
  });
});

describe.concurrent('a rollout that is refused by AWS', () => {
  test('ends before anything is drained, and every command names action and resource', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') });
    await fleet.schedule();
    const message = 'User is not authorized to perform: ecs:ListContainerInstances';
    fleet.simulator.fault({
      kind: 'aws-error',
      action: 'ListContainerInstances',
      code: 'AccessDeniedException',
      message,
      times: 2,
    });
    const run = await fleet.ecsUpdater('run', '--watch');
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^ecs-updater: the rollout of cluster-\d+ failed: .*\n$/);
    expect(run.stderr).toContain(message);
    expect(run.stdout).toMatch(/rollout of \S+ broke off: /);

    const status = await fleet.ecsUpdater('status');
    expect(status).toMatchObject({ code: 0, stderr: '' });
    expect(status.stdout).toContain(message);
    const plan = await fleet.ecsUpdater('plan');
    expect(plan).toMatchObject({ code: 1, stdout: '' });
    expect(plan.stderr).toMatch(/^ecs-updater: the plan of cluster-\d+ failed: .*\n$/);
    expect(fleet.requests(principals.worker, 'UpdateContainerInstancesState')).toEqual([]);
  });
});
