import { describe } from 'vitest';
import type { FleetEvent } from '../../src/simulator/kernel.js';
import { eventually } from '../support/eventually.js';
import { behind, type Fleet, hosts } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';

const web = { name: 'web', desiredCount: 4 };

/** How many instances were out of service through us at each change, from the journal. */
function outOfService({ simulator }: Fleet): number[] {
  const away = new Set<string>();
  return simulator.fleet.journal.entries
    .filter((entry): entry is FleetEvent => entry.kind === 'event' && entry.event === 'instance-status')
    .map(({ ec2InstanceId = '', to, principal }) => {
      if (to === 'DRAINING' && principal === principals.worker) away.add(ec2InstanceId);
      else away.delete(ec2InstanceId);
      return away.size;
    });
}

describe.concurrent('a rollout', () => {
  test('takes as many instances out of service as it may, and never one more', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b', 'c', 'd', 'e'), services: [web] });
    const report = await fleet.rollOut({ maxUnavailable: '2' });
    expect(report.counts.updated).toBe(5);
    expect(Math.max(...outOfService(fleet))).toBe(2);
  });

  test('counts what others took out of service', async ({ startFleet, expect }) => {
    const fleet = await startFleet({
      instances: [...hosts('a', 'b', 'c'), { name: 'theirs', host: behind, status: 'DRAINING' }],
      services: [web],
    });
    const report = await fleet.rollOut({ maxUnavailable: '2' });
    expect(fleet.outcomes(report)).toEqual({
      a: 'updated',
      b: 'updated',
      c: 'updated',
      theirs: 'skipped: draining-by-others',
    });
    expect(Math.max(...outOfService(fleet))).toBe(1);
    expect(fleet.state('theirs')).toMatchObject({ status: 'DRAINING', statusBy: 'operator' });
  });

  test('waits for a place, and goes on once somebody else has given his back', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({
      instances: [...hosts('a', 'b'), { name: 'theirs', host: behind, status: 'DRAINING' }],
    });
    await fleet.start();
    await eventually('both are queued', async () => {
      const { stage, queued } = await fleet.status();
      return stage === 'rolling' && queued.length === 2;
    });
    fleet.simulator.fault({ kind: 'set-state', instance: fleet.id('theirs'), status: 'ACTIVE' });
    expect(fleet.outcomes(await fleet.report())).toMatchObject({ a: 'updated', b: 'updated' });
  });

  test('starts nothing more once its failure budget is passed', async ({ startFleet, expect }) => {
    const failing = { ...behind, apply: 'fails-prepare' } as const;
    const [a, b, c] = hosts('a', 'b', 'c');
    const fleet = await startFleet({
      instances: [{ ...a, host: failing }, { ...b, host: failing }, { ...c }],
    });
    const report = await fleet.rollOut({ failureBudget: '1' });
    expect(fleet.outcomes(report)).toEqual({
      a: 'rolled-back: apply-failed',
      b: 'rolled-back: apply-failed',
      c: 'not-started: rollout-stopped',
    });
    expect(report.stopped).toEqual({ by: 'failure-budget', failures: 2, budget: 1 });
    expect(fleet.state('c').host).toMatchObject({ activeVersion: '1.26.0' });
  });

  test('of more updates than one run bears goes on as a new run, over small pages, and reports them all', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet(
      {
        instances: [...hosts('a', 'b', 'c', 'd', 'e'), { name: 'current', host: { version: '1.26.1' } }],
        services: [web],
      },
      { pageSize: 2 },
    );
    await fleet.schedule({ maxUnavailable: '2', updatesPerRun: 2 });
    const run = await fleet.ecsUpdater('run');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const [, firstRunId] = /\(run (.+)\)/.exec(run.stdout) ?? [];
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({
      a: 'updated',
      b: 'updated',
      c: 'updated',
      d: 'updated',
      e: 'updated',
      current: 'skipped: up-to-date',
    });
    const { runId } = await fleet.handle().describe();
    expect(firstRunId).toBe(report.rolloutId);
    expect(runId).not.toBe(report.rolloutId);
    expect(fleet.requests(principals.worker, 'UpdateContainerInstancesState')).toHaveLength(10);
  });
});
