import { expect, test } from 'vitest';
import { Results } from '../../../src/model/results.js';
import type { RolloutCarry } from '../../../src/model/steering.js';
import { fleet, hopeless, minute } from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { type Stage, timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const carryOf = (attempted: Results): RolloutCarry => ({
  rolloutId: 'rollout-1',
  startedAt: new Date().toISOString(),
  attempted: attempted.groups,
  known: [],
  phases: {},
  failures: 0,
  updates: 0,
  quarantined: {},
  skips: {},
  paused: null,
  pausedInstances: {},
  steering: [],
});

/** How a run continued as new; null: it did not. */
async function continuation(stage: Stage, workflowId: string, runId: string) {
  const { events } = await stage.client.workflow.getHandle(workflowId, runId).fetchHistory();
  return events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
}

/** Failed instances, each for a reason of its own. */
function manyFailed(count: number): Results {
  const failed = new Results();
  for (let n = 0; n < count; n++) {
    failed.add(`i-before-${n}`, {
      kind: 'failed',
      reason: { code: 'apply-failed', detail: `${n} ${'x'.repeat(800)}` },
    });
  }
  return failed;
}

/** A rollout of as many runs, each of which rolls one instance back for a reason of this many characters. */
async function carryThrough(runs: number, before: Results, characters: number) {
  const left = Array.from({ length: runs }, (_, n) => `i-${n}`);
  const hosts = fleet(
    left.map((id) => ({ id })),
    {
      // Two at a time, so that a run is quick.
      discoverInstances: async () => ({
        instances: left.slice(0, 2).map((id) => hosts.host(id).instance),
        cursor: null,
      }),
      startDraining: async ({ instance }) => {
        left.splice(left.indexOf(instance.ec2InstanceId), 1);
        throw hopeless(`${instance.ec2InstanceId} ${'y'.repeat(characters)}`);
      },
    },
  );
  /** What each run left to the next, in characters. */
  const sizes: number[] = [];
  const report = await play(hosts, async (stage) => {
    const started = await stage.startCluster({
      settings: { updatesPerRun: 1, failureBudget: 'unlimited' },
      carry: carryOf(before),
    });
    const result = await started.result();
    let runId: string | undefined = started.firstExecutionRunId;
    while (runId) {
      const next = await continuation(stage, started.workflowId, runId);
      const carried = next?.input?.payloads?.[1]?.data?.length;
      if (carried !== undefined) sizes.push(carried);
      runId = next?.newExecutionRunId ?? undefined;
    }
    return result;
  });
  return { report, sizes };
}

test('what is carried through a thousand runs stays bounded', { timeout: 15 * minute }, async () => {
  const { report, sizes } = await carryThrough(1000, new Results(), 10);
  expect(sizes.length).toBeGreaterThanOrEqual(999);
  expect(Math.max(...sizes)).toBeLessThan(1_000_000);
  expect(report.counts).toMatchObject({ 'rolled-back': 1000 });
});

test('what is carried stays bounded, whatever becomes of the instances', async () => {
  // So many reasons are kept apart, but not those of thirty runs more.
  const { report, sizes } = await carryThrough(30, manyFailed(880), 800);
  expect(sizes.length).toBeGreaterThanOrEqual(29);
  expect(Math.max(...sizes)).toBeGreaterThan(500_000);
  expect(Math.max(...sizes)).toBeLessThan(1_000_000);
  expect(sizes.at(-1)).toBeLessThan(500_000);
  expect(report.counts).toMatchObject({ failed: 880, 'rolled-back': 30 });
});

test('an instance that leaves the cluster between two runs of a rollout is in its report', async () => {
  const left = new Set<string>();
  const hosts = fleet(
    ['i-1', 'i-2', 'i-3'].map((id) => ({ id })),
    {
      discoverInstances: async () => ({
        instances: hosts.ids.filter((id) => !left.has(id)).map((id) => hosts.host(id).instance),
        cursor: null,
      }),
    },
  );
  hosts.when('activate', async () => left.add('i-2'));
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { updatesPerRun: 1 } })).result(),
  );
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'gone: terminated', 'i-3': 'updated' });
});
