import type { Client } from '@temporalio/client';
import { clusterWorkflowId, instanceWorkflowId } from '../src/model/names.js';
import { rolloutResult, triggerRollout } from '../src/temporal/rollouts.js';
import { type Figure, megabytes } from './figure.js';
import { startBenchFleet } from './fleet.js';
import { callsByAction, outOfService } from './journal.js';

const rolledInstances = 20;

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length);

/** Rolls a cluster of 20, five at a time, at real speed on quick hosts. */
export async function rollTwenty(): Promise<Figure[]> {
  const fleet = await startBenchFleet(rolledInstances, { maxUnavailable: '5' });
  try {
    const started = Date.now();
    await triggerRollout(fleet.client, 'bench', 60_000);
    const report = await rolloutResult(fleet.client, 'bench');
    const seconds = (Date.now() - started) / 1000;
    if (report.counts.updated !== rolledInstances) {
      throw new Error(
        `the rollout updated ${report.counts.updated} of ${rolledInstances}: ${JSON.stringify(report.groups)}`,
      );
    }
    const journal = fleet.simulator.fleet.journal.entries;
    const out = outOfService(journal);
    const overhead = out.map((one) => one.seconds - one.neededSeconds);
    const calls = callsByAction(journal, 'AKIABENCH');
    const histories = await Promise.all(
      report.groups.flatMap(({ ec2InstanceIds }) =>
        ec2InstanceIds.map((id) => historySize(fleet.client, instanceWorkflowId('bench', id))),
      ),
    );
    const parent = await historySize(fleet.client, clusterWorkflowId('bench'));
    return [
      { what: `rollout of ${rolledInstances}, 5 at a time`, value: seconds, unit: 's' },
      { what: 'out of service, mean of an instance', value: mean(out.map((one) => one.seconds)), unit: 's' },
      {
        what: 'of it, beyond what its tasks and host needed, mean',
        value: mean(overhead),
        unit: 's',
        aim: '≤ 4',
      },
      { what: 'the same, worst instance', value: Math.max(...overhead), unit: 's' },
      {
        what: 'AWS calls per updated instance',
        value: [...calls.values()].reduce((sum, count) => sum + count, 0) / rolledInstances,
        unit: 'calls',
        aim: '≤ 60',
      },
      ...[...calls]
        .toSorted(([, a], [, b]) => b - a)
        .map(([action, count]) => ({ what: `  ${action}`, value: count / rolledInstances, unit: 'calls' })),
      {
        what: 'workflow events per instance, its own',
        value: mean(histories.map((h) => h.events)),
        unit: 'events',
        aim: '≤ 100',
      },
      {
        what: 'workflow events per instance, of the rollout',
        value: parent.events / rolledInstances,
        unit: 'events',
      },
      { what: 'history per instance', value: mean(histories.map((h) => h.bytes)), unit: 'bytes' },
      { what: 'peak memory of the worker', value: await megabytes(fleet), unit: 'MB' },
      {
        what: 'violations that the audit found',
        value: fleet.simulator.violations().length,
        unit: '',
        aim: '0',
      },
    ];
  } finally {
    await fleet.close();
  }
}

async function historySize(client: Client, workflowId: string): Promise<{ events: number; bytes: number }> {
  const { historyLength, historySize: bytes } = await client.workflow.getHandle(workflowId).describe();
  return { events: historyLength, bytes: bytes ?? 0 };
}
