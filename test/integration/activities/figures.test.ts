import { expect, test } from 'vitest';
import { behind, rolloutId, startFleet, type TestFleet } from './fleet.js';
import { checked, inAnHour, orderOf, waitOf } from './steps.js';

/** All activities of one instance, from its drain to its services being steady, one after the other. */
async function updateWhole(fleet: TestFleet): Promise<void> {
  const { cluster, pace } = fleet;
  const on = { ...fleet.on('a'), pace };
  const start = await fleet.run('startDraining', { ...on, rolloutId });
  if (start.kind !== 'draining') throw new Error(start.kind);
  expect(await fleet.run('waitUntilDrained', on)).toEqual({ kind: 'drained' });
  const command = fleet.command('apply');
  const applied = await fleet.run('applyUpdate', {
    ...on,
    command,
    check: fleet.documents.check,
    notAfter: inAnHour(fleet),
  });
  if (applied.kind !== 'applied') throw new Error(applied.kind);
  const order = orderOf(fleet, 'a', applied.host);
  expect(await fleet.run('orderReboot', order)).toEqual({ kind: 'sent' });
  expect(await fleet.run('waitForBoot', waitOf(fleet, order))).toMatchObject({ kind: 'booted' });
  expect(await fleet.run('waitUntilHealthy', on)).toEqual({ kind: 'healthy' });
  expect(await fleet.run('activate', { ...on, memory: { kind: 'forget' } })).toEqual({ kind: 'activated' });
  await fleet.run('waitUntilSteady', { cluster, services: start.steadyServices, pace });
}

/** How often our activities asked for each action, the most frequent first. */
function callsOf(fleet: TestFleet, since: number): [string, number][] {
  const counts = new Map<string, number>();
  for (const action of fleet.sent.slice(since)) counts.set(action, (counts.get(action) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

/** Times of the bench: hosts and schedulers a few times as quick as real ones. */
const timings = {
  ecs: {
    schedulerReaction: [0.5, 2] as const,
    taskStart: [1, 3] as const,
    healthyAfter: 5,
    taskStop: [1, 5] as const,
  },
  host: {
    prepare: [8000, 15_000] as const,
    shutdown: [1000, 3000] as const,
    boot: [8000, 15_000] as const,
    ecsAgent: [1000, 4000] as const,
    ssmAgent: [2000, 6000] as const,
  },
};

test('an update takes at most 60 calls of AWS, its check included', async () => {
  const fleet = await startFleet(
    {
      instances: ['a', 'b', 'c'].map((name) => ({ name, host: behind })),
      services: [
        { name: 'web', desiredCount: 4 },
        { name: 'api', desiredCount: 2 },
        { name: 'logs', schedulingStrategy: 'DAEMON' },
      ],
    },
    { timings },
  );
  const since = fleet.sent.length;
  await checked(fleet, 'a');
  await updateWhole(fleet);
  const calls = callsOf(fleet, since);
  const total = calls.reduce((sum, [, count]) => sum + count, 0);
  expect(fleet.simulator.violations()).toEqual([]);
  expect({ total, calls }).toSatisfy(() => total <= 60);
});
