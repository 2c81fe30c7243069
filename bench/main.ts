import { writeFile } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import Table from 'cli-table3';
import { clusterWorkflowId, instanceWorkflowId } from '../src/model/names.js';
import { planRollout, rolloutResult, triggerRollout } from '../src/temporal/rollouts.js';
import { type BenchFleet, startBenchFleet } from './fleet.js';
import { callsByAction, outOfService } from './journal.js';

interface Figure {
  what: string;
  value: number | null;
  unit: string;
  /** What the design aims for, where it names a number. */
  aim?: string;
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length);

const rolledInstances = 20;
const checkedInstances = 500;

/** Rolls a cluster of 20, five at a time, at real speed on quick hosts. */
async function rollTwenty(): Promise<Figure[]> {
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

/** Checks a cluster of 500: one plan, and beside it one plan of a single host, which is how long one check takes. */
async function checkFiveHundred(): Promise<Figure[]> {
  const one = await timePlan(1);
  const many = await timePlan(checkedInstances);
  return [
    { what: 'plan of 1 host', value: one.seconds, unit: 's' },
    { what: `plan of ${checkedInstances} hosts`, value: many.seconds, unit: 's' },
    {
      what: `what ${checkedInstances} hosts add to the time of one`,
      value: many.seconds - one.seconds,
      unit: 's',
      aim: '≤ 5',
    },
    { what: `peak memory of the worker, ${checkedInstances} hosts`, value: many.megabytes, unit: 'MB' },
  ];
}

async function timePlan(instances: number): Promise<{ seconds: number; megabytes: number | null }> {
  const fleet = await startBenchFleet(instances, {});
  try {
    // The first plan finds the worker warm.
    while (!(await planned(fleet))) await new Promise((resolve) => setTimeout(resolve, 500));
    const started = Date.now();
    await planRollout(fleet.client, fleet.input, 300_000);
    return { seconds: (Date.now() - started) / 1000, megabytes: await megabytes(fleet) };
  } finally {
    await fleet.close();
  }
}

async function planned(fleet: BenchFleet): Promise<boolean> {
  try {
    await planRollout(fleet.client, fleet.input, 300_000);
    return true;
  } catch (err) {
    if (err instanceof Error && err.name === 'NoWorker') return false;
    throw err;
  }
}

async function megabytes(fleet: BenchFleet): Promise<number | null> {
  const bytes = await fleet.workerPeakBytes();
  return bytes === null ? null : bytes / 1_048_576;
}

async function historySize(client: Client, workflowId: string): Promise<{ events: number; bytes: number }> {
  const { historyLength, historySize: bytes } = await client.workflow.getHandle(workflowId).describe();
  return { events: historyLength, bytes: bytes ?? 0 };
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`);
progress(`rolling ${rolledInstances} instances; this takes about five minutes`);
const rolled = await rollTwenty();
progress(`checking ${checkedInstances} instances`);
const figures = [...rolled, ...(await checkFiveHundred())];
const table = new Table({ head: ['figure', 'value', 'unit', 'aim'], style: { head: [], border: [] } });
for (const { what, value, unit, aim } of figures) {
  table.push([what, value === null ? '-' : value.toFixed(value < 100 ? 1 : 0), unit, aim ?? '']);
}
process.stdout.write(`${table.toString()}\n`);
const file = process.argv[2];
if (file) await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), figures }, null, 2)}\n`);
else process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);
