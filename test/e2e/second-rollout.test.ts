import { ScheduleOverlapPolicy } from '@temporalio/client';
import { describe } from 'vitest';
import { scheduleId, taskQueue } from '../../src/model/names.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts, stuckOn } from '../support/fleet.js';
import { test } from '../support/rollouts.js';

/** Starts a rollout that stays in its first drain until its limit passes. */
async function startStuck(fleet: Fleet): Promise<void> {
  await fleet.start({ drainLimit: '10m' });
  await eventually('a is DRAINING', () => fleet.state('a').status === 'DRAINING');
}

const drains = (fleet: Fleet, name: string): number =>
  fleet.simulator.fleet.journal.entries.filter(
    (entry) =>
      entry.kind === 'event' &&
      entry.event === 'instance-status' &&
      entry['to'] === 'DRAINING' &&
      entry.ec2InstanceId === fleet.id(name),
  ).length;

describe.concurrent('a second rollout of a cluster', () => {
  test('is refused by `run`, with exit code 3', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a'), services: [stuckOn('a')] });
    await startStuck(fleet);
    const { runId } = await fleet.handle().describe();
    const run = await fleet.ecsUpdater('run');
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(run.stderr).toMatch(/^ecs-updater: a rollout of cluster-\d+ is running.*status --cluster.*\n$/);
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'rolled-back: drain-limit' });
    expect((await fleet.handle().describe()).runId).toBe(runId);
    expect(drains(fleet, 'a')).toBe(1);
  });

  test('is skipped by the Schedule', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a'), services: [stuckOn('a')] });
    await startStuck(fleet);
    const schedule = fleet.client.schedule.getHandle(scheduleId(fleet.cluster));
    await schedule.trigger(ScheduleOverlapPolicy.SKIP);
    await eventually(
      'the Schedule has skipped it',
      async () => (await schedule.describe()).info.numActionsSkippedOverlap === 1,
    );
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'rolled-back: drain-limit' });
    expect(drains(fleet, 'a')).toBe(1);
  });

  test('that is started all the same says that one is running, and ends', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a'), services: [stuckOn('a')] });
    await startStuck(fleet);
    const second: unknown = await fleet.client.workflow.execute('startRollout', {
      workflowId: `${fleet.workflowId}-by-hand`,
      taskQueue,
      args: [await fleet.input()],
    });
    expect(second).toEqual({ kind: 'already-running', workflowId: fleet.workflowId });
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'rolled-back: drain-limit' });
    expect(drains(fleet, 'a')).toBe(1);
  });

  test('leaves an instance to the workflow of the first, and waits for it', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet(
      { instances: hosts('a', 'b') },
      { hostTimings: { boot: [200_000, 200_000] } },
    );
    await fleet.start();
    await fleet.event('reboot-started', 'a');
    // Its child is only asked to end, and finishes the boot first.
    await fleet.handle().terminate('by hand');
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'skipped: handled-by-another-run', b: 'updated' });
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.1' } });
    expect(drains(fleet, 'a')).toBe(1);
  });

  test('knows from its mark what an instance was to boot that the first left, and remembers that it did not', async ({
    startFleet,
    expect,
  }) => {
    const [a, b] = hosts('a', 'b');
    const fleet = await startFleet(
      { instances: [{ ...a, host: { ...a?.host, boot: 'falls-back' } }, { ...b }] },
      { hostTimings: { boot: [200_000, 200_000] } },
    );
    await fleet.start();
    await fleet.event('reboot-started', 'a');
    await fleet.handle().terminate('by hand');
    await fleet.handle('a').terminate('by hand');
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'failed: booted-old-version', b: 'updated' });
    expect(fleet.state('a').attributes['ecs-updater.failed']).toContain('1.26.1/1/booted-old-version/');
    expect(drains(fleet, 'a')).toBe(1);
  });
});
