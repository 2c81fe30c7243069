import { describe } from 'vitest';
import { drainedAttribute } from '../../../src/model/names.js';
import { hosts } from '../../support/fleet.js';
import { principals } from '../../support/installation.js';
import { test } from '../../support/rollouts.js';
import { draining, effectsOn, eventsOn, wasDrained, when } from './incidents.js';

const web = { name: 'web', desiredCount: 6, deregistrationDelaySeconds: 20 };

describe.concurrent('an instance that somebody else sets ACTIVE', () => {
  test.for([
    ['while it drains', 'instance-status', 0],
    ['while its update is written', 'apply-started', 1],
    ['just before its reboot', 'apply-finished', 1],
  ] as const)(
    '%s keeps its state and is not rebooted, and tasks land there again',
    async ([, event, applies], { startFleet, expect }) => {
      const fleet = await startFleet({ instances: hosts('a', 'b'), services: [web] });
      when(
        fleet,
        event === 'instance-status' ? draining('a') : { event, on: 'a' },
        { kind: 'set-state', instance: fleet.id('a'), status: 'ACTIVE' },
        { kind: 'update-service', service: 'web', desiredCount: 7 },
      );
      const report = await fleet.rollOut();
      expect(fleet.outcomes(report)).toEqual({ a: 'rolled-back: taken-over', b: 'updated' });
      expect(report.failures).toBe(0);
      expect(effectsOn(fleet, 'a')).toEqual({ applies, reboots: 0 });
      const { status, statusBy, attributes } = fleet.state('a');
      expect({ status, statusBy }).toEqual({ status: 'ACTIVE', statusBy: 'operator' });
      expect(attributes).not.toHaveProperty(drainedAttribute);
    },
  );
});

describe.concurrent('an instance that somebody else takes out of service', () => {
  test('before its turn has come is theirs, and counts', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b', 'c', 'd'), services: [web] });
    when(fleet, draining('a'), { kind: 'set-state', instance: fleet.id('c'), status: 'DRAINING' });
    const report = await fleet.rollOut({ maxUnavailable: '2' });
    expect(fleet.outcomes(report)).toEqual({
      a: 'updated',
      b: 'updated',
      c: 'skipped: draining-by-others',
      d: 'updated',
    });
    expect(fleet.state('c')).toMatchObject({ status: 'DRAINING', statusBy: 'operator' });
    expect(wasDrained(fleet, 'c')).toBe(false);
  });
});

describe.concurrent('an instance that is terminated', () => {
  test('in whatever phase is gone, charged only after its reboot was ordered, and the others have their turns', async ({
    startFleet,
    expect,
  }) => {
    const spare = { name: 'spare', host: { version: '1.26.1' } };
    const fleet = await startFleet({ instances: [...hosts('a', 'b', 'c', 'd'), spare], services: [web] });
    when(fleet, draining('a'), { kind: 'terminate', instance: fleet.id('a') });
    when(fleet, { event: 'apply-started', on: 'b' }, { kind: 'terminate', instance: fleet.id('b') });
    when(fleet, { event: 'reboot-started', on: 'c' }, { kind: 'terminate', instance: fleet.id('c') });
    const report = await fleet.rollOut({ failureBudget: '1' });
    expect(fleet.outcomes(report)).toEqual({
      a: 'gone: terminated',
      b: 'gone: terminated',
      c: 'gone: terminated',
      d: 'updated',
      spare: 'skipped: up-to-date',
    });
    expect(report).toMatchObject({ failures: 1, stopped: null });
  });

  test('while its agent is away stays listed by ECS, and is gone all the same', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') });
    when(
      fleet,
      { event: 'reboot-started', on: 'a' },
      { kind: 'terminate', instance: fleet.id('a'), leavesGhost: true },
    );
    const report = await fleet.rollOut({ capacityLimit: '2m' });
    expect(fleet.outcomes(report)).toMatchObject({ a: 'gone: terminated' });
    expect(report.failures).toBe(1);
  });
});

describe.concurrent('instances that come and go during a rollout', () => {
  test('do not disturb it: who joins is the next one’s, who leaves is reported', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b', 'c'), services: [web] });
    when(
      fleet,
      { event: 'apply-started', on: 'a' },
      { kind: 'join', like: fleet.id('a'), count: 2 },
      { kind: 'deregister', instance: fleet.id('b') },
    );
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'gone: terminated', c: 'updated' });
    expect(fleet.requests(principals.worker, 'UpdateContainerInstancesState')).toHaveLength(4);
    expect(eventsOn(fleet, 'b', 'apply-started')).toEqual([]);
  });
});
