import { describe } from 'vitest';
import type { MomentName } from '../../chaos/moments.js';
import { watch } from '../../chaos/sights.js';
import type { FaultInput } from '../../src/simulator/control/faults.js';
import { type Fleet, hosts } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';
import { isTrial } from '../support/trials.js';

/** From the first such moment on, so many requests take effect, but their answers never come. */
function loseAnswers(fleet: Fleet, action: string, times: number, from: MomentName): void {
  const fault: FaultInput = { kind: 'reset', when: 'after', principal: principals.worker, action, times };
  let armed = false;
  watch(fleet.simulator, ({ is }) => {
    if (armed || !is(from)) return;
    armed = true;
    fleet.simulator.fault(fault);
  });
}

const happened = (fleet: Fleet, event: string): number =>
  fleet.simulator.fleet.journal.entries.filter((entry) => entry.kind === 'event' && entry.event === event)
    .length;

const sent = (fleet: Fleet, document: string): number =>
  fleet
    .requests(principals.worker, 'SendCommand')
    .filter((sent) => !isTrial(sent) && JSON.stringify(sent.parameters).includes(document)).length;

describe.concurrent('an answer that is lost after its effect', () => {
  // More than the SDK's own three attempts, where it makes them.
  test.for<[action: string, step: string, times: number, from: MomentName]>([
    ['SendCommand', 'of the check', 1, 'cluster listed'],
    ['PutAttributes', 'of the mark', 5, 'check sent'],
    ['UpdateContainerInstancesState', 'to DRAINING', 5, 'check sent'],
    ['SendCommand', 'of the apply', 1, 'drain asked for'],
    ['SendCommand', 'of the reboot', 1, 'apply finished'],
    ['UpdateContainerInstancesState', 'to ACTIVE', 5, 'boot finished'],
    ['DeleteAttributes', 'of the mark', 5, 'boot finished'],
  ])('%s %s: nothing is done twice', async ([action, , times, from], { startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a'), services: [] });
    loseAnswers(fleet, action, times, from);
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated' });
    expect(happened(fleet, 'apply-started')).toBe(1);
    expect(happened(fleet, 'reboot-started')).toBe(1);
    expect(sent(fleet, 'ecs-updater-apply')).toBe(1);
    expect(sent(fleet, 'ecs-updater-reboot')).toBe(1);
  });

  test('CancelCommand of an apply that is called off: the instance is given back all the same', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a') }, { hostTimings: { prepare: [60_000, 60_000] } });
    loseAnswers(fleet, 'CancelCommand', 5, 'apply started');
    await fleet.start();
    await fleet.event('apply-started', 'a');
    await fleet.handle().cancel();
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'rolled-back: cancelled' });
    expect(fleet.requests(principals.worker, 'CancelCommand').length).toBeGreaterThan(1);
    expect(fleet.state('a').status).toBe('ACTIVE');
    expect(happened(fleet, 'reboot-started')).toBe(0);
  });
});
