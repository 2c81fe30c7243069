import { describe } from 'vitest';
import type { FleetEvent } from '../../../src/simulator/kernel.js';
import { type Fleet, hosts, stuckOn } from '../../support/fleet.js';
import { test } from '../../support/rollouts.js';
import { draining, effectsOn, eventsOn, hostsThat, once, resultOf, wasDrained, when } from './incidents.js';

/** A service that only this instance runs, and of which every task may be stopped at once. */
const onlyOn = (name: string) => ({
  name: `only-on-${name}`,
  desiredCount: 1,
  minimumHealthyPercent: 0,
  on: [name],
});

describe.concurrent('a drain that does not end', () => {
  test('ends at its limit: the instance serves again, and the reason names what stayed', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({
      instances: hosts('full', 'deaf', 'slow', 'fixed', 'well'),
      services: [
        stuckOn('full'),
        { ...onlyOn('deaf'), stopSeconds: 900 },
        { ...onlyOn('slow'), deregistrationDelaySeconds: 900 },
        { ...onlyOn('fixed'), minimumHealthyPercent: 100, maximumPercent: 100 },
      ],
    });
    const report = await fleet.rollOut({
      drainLimit: '2m',
      maxUnavailable: '4',
      failureBudget: 'unlimited',
    });
    expect(fleet.outcomes(report)).toEqual({
      full: 'rolled-back: drain-limit',
      deaf: 'rolled-back: drain-limit',
      slow: 'rolled-back: drain-limit',
      fixed: 'skipped: cannot-drain',
      well: 'updated',
    });
    expect(resultOf(fleet, report, 'full')).toMatchObject({
      reason: {
        tasks: [{ group: 'service:only-on-full' }, { group: 'service:only-on-full' }],
        serviceEvents: [expect.stringContaining('was unable to place a task')],
      },
    });
    expect(resultOf(fleet, report, 'deaf')).toMatchObject({
      reason: { tasks: [{ group: 'service:only-on-deaf', lastStatus: 'STOPPING' }] },
    });
    expect(resultOf(fleet, report, 'slow')).toMatchObject({
      reason: { tasks: [{ group: 'service:only-on-slow', lastStatus: 'DEACTIVATING' }] },
    });
    expect(wasDrained(fleet, 'fixed')).toBe(false);
    for (const name of ['full', 'deaf', 'slow']) {
      expect(fleet.state(name).status).toBe('ACTIVE');
      expect(effectsOn(fleet, name)).toEqual({ applies: 0, reboots: 0 });
    }
  });
});

describe.concurrent('a task that must not be disturbed', () => {
  const web = { name: 'web', desiredCount: 8, deregistrationDelaySeconds: 60 };

  test('and appears before or during the drain has the instance skipped, and serve again', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({
      instances: hosts('before', 'during', 'guarded', 'well'),
      services: [web],
      tasks: [{ family: 'nightly', on: 'before' }],
    });
    when(fleet, draining('during'), { kind: 'run-task', instance: fleet.id('during'), family: 'batch' });
    when(fleet, draining('guarded'), { kind: 'protect-task', instance: fleet.id('guarded') });
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({
      before: 'skipped: standalone-task',
      during: 'skipped: standalone-task',
      guarded: 'skipped: protected-task',
      well: 'updated',
    });
    expect(wasDrained(fleet, 'before')).toBe(false);
    for (const name of ['before', 'during', 'guarded']) {
      expect(fleet.state(name).status).toBe('ACTIVE');
      expect(effectsOn(fleet, name)).toEqual({ applies: 0, reboots: 0 });
    }
    expect(fleet.state('during').tasks).toContainEqual(
      expect.objectContaining({ group: 'family:batch', lastStatus: 'RUNNING' }),
    );
  });

  test('and appears when the update is written already keeps its host from the reboot', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') });
    when(
      fleet,
      { event: 'apply-finished', on: 'a' },
      { kind: 'run-task', instance: fleet.id('a'), family: 'batch' },
    );
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'skipped: standalone-task', b: 'updated' });
    expect(effectsOn(fleet, 'a')).toEqual({ applies: 1, reboots: 0 });
    expect(fleet.state('a').tasks).toMatchObject([{ group: 'family:batch', lastStatus: 'RUNNING' }]);
  });
});

/** Every task that this service starts here from now on crashes once it runs. */
function crashes(fleet: Fleet, name: string, group: string): void {
  fleet.simulator.fleet.journal.on((entry) => {
    if (entry.kind !== 'event' || entry.event !== 'task-status' || entry['lastStatus'] !== 'RUNNING') return;
    if (entry.ec2InstanceId !== fleet.id(name) || entry['group'] !== group) return;
    if (entry['desiredStatus'] !== 'RUNNING') return;
    const task = String(entry['taskArn']);
    queueMicrotask(() => fleet.simulator.fault({ kind: 'stop-task', task }));
  });
}

describe.concurrent('a service', () => {
  test('whose tasks crash on the new version stops the rollout, with a warning at the instance', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [onlyOn('a')] });
    await fleet.start({ settleLimit: '2m', failureBudget: '0' });
    await fleet.event('boot-finished', 'a');
    crashes(fleet, 'a', 'service:only-on-a');
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({
      a: 'updated, but settle-limit',
      b: 'not-started: rollout-stopped',
    });
    expect(report).toMatchObject({
      failures: 1,
      stopped: { by: 'failure-budget', failures: 1, budget: 0 },
    });
    expect(resultOf(fleet, report, 'a')).toMatchObject({ warning: { services: ['only-on-a'] } });
  });

  const web = { name: 'web', desiredCount: 3 };

  test('that its owner deploys meanwhile is let finish before the next instance is drained', async ({
    startFleet,
    expect,
  }) => {
    // None of its tasks is on a, so that nothing but the deployment itself keeps b from its drain.
    const deployed = { name: 'deployed', desiredCount: 2, on: ['b', 'c'], deregistrationDelaySeconds: 60 };
    const fleet = await startFleet({ instances: hosts('a', 'b', 'c'), services: [web, deployed] });
    when(
      fleet,
      { event: 'instance-status', to: 'ACTIVE', on: 'a' },
      { kind: 'update-service', service: 'deployed', forceNewDeployment: true },
    );
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated', c: 'updated' });
    expect(report.failures).toBe(0);
    const { entries } = fleet.simulator.fleet.journal;
    const at = (from: number, is: (event: FleetEvent) => boolean): number =>
      entries.findIndex((entry, index) => index > from && entry.kind === 'event' && is(entry));
    const becomes = (name: string, status: string) => (event: FleetEvent) =>
      event.event === 'instance-status' && event['to'] === status && event.ec2InstanceId === fleet.id(name);
    const given = at(-1, becomes('a', 'ACTIVE'));
    const deploymentEnds = at(
      given,
      (event) =>
        event['service'] === 'deployed' && String(event['message']).endsWith('deployment completed.'),
    );
    expect(deploymentEnds).toBeGreaterThan(given);
    expect(at(-1, becomes('b', 'DRAINING'))).toBeGreaterThan(deploymentEnds);
  });

  test('that its owner enlarges or deletes meanwhile changes nothing for the rollout', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({
      instances: hostsThat({ a: {}, b: {}, c: {} }),
      services: [web, { ...web, name: 'old', deregistrationDelaySeconds: 20 }],
    });
    when(
      fleet,
      draining('a'),
      { kind: 'update-service', service: 'web', desiredCount: 6 },
      { kind: 'delete-service', service: 'old' },
    );
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated', c: 'updated' });
    expect(report.failures).toBe(0);
  });
});

describe.concurrent('an agent', () => {
  test('that comes and goes for seconds disturbs nothing', async ({ startFleet, expect }) => {
    const fleet = await startFleet({
      instances: hosts('a', 'b', 'c'),
      services: [{ name: 'web', desiredCount: 3 }],
    });
    const away = (name: string) =>
      ({ kind: 'agent', instance: fleet.id(name), connected: false, forSeconds: 5 }) as const;
    when(fleet, draining('a'), away('a'), away('b'));
    when(fleet, { event: 'apply-started', on: 'a' }, away('a'), away('c'));
    when(fleet, { event: 'boot-finished', on: 'a' }, away('a'));
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated', c: 'updated' });
    expect(report.failures).toBe(0);
  });

  test('that goes away during the drain is not taken for an empty host', async ({ startFleet, expect }) => {
    const fleet = await startFleet({
      instances: hosts('a', 'b'),
      services: [{ name: 'web', desiredCount: 2, stopSeconds: 20 }],
    });
    when(fleet, draining('a'), {
      kind: 'agent',
      instance: fleet.id('a'),
      connected: false,
      forSeconds: 100,
    });
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated', b: 'updated' });
    const [back] = eventsOn(fleet, 'a', 'agent-connected');
    const [reboot] = eventsOn(fleet, 'a', 'reboot-started');
    expect(back?.time.localeCompare(reboot?.time ?? '')).toBe(-1);
    expect(effectsOn(fleet, 'a')).toEqual(once);
  });
});
