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

test(
  'what is carried through a thousand runs stays bounded, whatever becomes of thousands of instances',
  {
    timeout: 15 * minute,
  },
  async () => {
    const runs = 1000;
    const before = new Results();
    for (let n = 0; n < 4000; n++) {
      before.add(`i-before-${n}`, {
        kind: 'failed',
        reason: { code: 'apply-failed', detail: `${n} ${'x'.repeat(800)}` },
      });
    }
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
          throw hopeless(`${instance.ec2InstanceId} ${'y'.repeat(800)}`);
        },
      },
    );
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
    expect(sizes.length).toBeGreaterThanOrEqual(runs - 1);
    expect(Math.max(...sizes)).toBeLessThan(1_000_000);
    expect(report.counts).toMatchObject({ failed: 4000, 'rolled-back': runs });
  },
);

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
