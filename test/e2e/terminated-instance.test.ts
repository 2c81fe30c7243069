import { describe } from 'vitest';
import { drainedAttribute } from '../../src/model/names.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts, stuckOn } from '../support/fleet.js';
import { test } from '../support/rollouts.js';

// The time-skipping server tells no parent of a child that was terminated, so these are not among the tests of the workflows.

/** Long enough for an order to be given meanwhile. */
const slow = { hostTimings: { boot: [60_000, 60_000] as const, prepare: [40_000, 40_000] as const } };

async function terminated(fleet: Fleet, name: string): Promise<void> {
  await fleet.handle(name).terminate('by hand');
}

const isOut = (fleet: Fleet, name: string): boolean => {
  const { status, attributes } = fleet.state(name);
  return status === 'DRAINING' && drainedAttribute in attributes;
};

/** Waits for another run of the instance's workflow than this. */
const anotherRun = (fleet: Fleet, name: string, runId: string): Promise<string> =>
  eventually(`another run for ${name}`, async () => {
    const { runId: now } = await fleet.handle(name).describe();
    return now === runId ? undefined : now;
  });

describe.concurrent('an instance whose workflow is terminated is given back by the rollout that runs', () => {
  test('while it drains', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [stuckOn('a')] });
    await fleet.start();
    await eventually('a is out of service', () => isOut(fleet, 'a'));
    await terminated(fleet, 'a');
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'skipped: restored', b: 'updated' });
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.0' } });
  });

  test('while its update is written, once the host has stopped writing', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') }, slow);
    await fleet.start();
    await fleet.event('apply-started', 'a');
    await terminated(fleet, 'a');
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'skipped: restored', b: 'updated' });
    expect(fleet.state('a')).toMatchObject({
      status: 'ACTIVE',
      host: { activeVersion: '1.26.0', updateAction: null },
    });
  });

  test('while it reboots, once it is back', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') }, slow);
    await fleet.start();
    await fleet.event('reboot-started', 'a');
    await terminated(fleet, 'a');
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({ a: 'skipped: restored', b: 'updated' });
    expect(report).toMatchObject({ failures: 0, stopped: null });
    const reason = { code: 'restored', since: expect.any(String), rebooted: true, version: '1.26.1' };
    expect(report.groups).toContainEqual({
      result: expect.objectContaining({ reason }),
      ec2InstanceIds: [fleet.id('a')],
    });
  });

  test('and has failed if its update did not boot', async ({ startFleet, expect }) => {
    const [a, b] = hosts('a', 'b');
    const fleet = await startFleet(
      { instances: [{ ...a, host: { ...a?.host, boot: 'falls-back' } }, { ...b }] },
      slow,
    );
    await fleet.start();
    await fleet.event('reboot-started', 'a');
    await terminated(fleet, 'a');
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({ a: 'failed: booted-old-version', b: 'updated' });
    expect(fleet.state('a').attributes['ecs-updater.failed']).toContain('1.26.1/1/booted-old-version/');
  });

  test('also when that rollout is being cancelled', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') }, slow);
    await fleet.start();
    await fleet.event('reboot-started', 'a');
    await fleet.handle().cancel();
    await terminated(fleet, 'a');
    expect(fleet.outcomes(await fleet.report())).toEqual({
      a: 'skipped: restored',
      b: 'not-started: rollout-stopped',
    });
    expect(fleet.state('a').status).toBe('ACTIVE');
  });

  test('but not for ever: after the third time it is reported, and left to the next rollout', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a') }, slow);
    await fleet.start();
    await fleet.event('reboot-started', 'a');
    let { runId } = await fleet.handle('a').describe();
    for (let time = 1; time <= 3; time++) {
      await terminated(fleet, 'a');
      runId = await anotherRun(fleet, 'a', runId);
    }
    await terminated(fleet, 'a');
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({ a: 'failed: workflow-ended' });
    expect(isOut(fleet, 'a')).toBe(true);
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'skipped: restored' });
  });
});
