import { planRollout } from '../src/temporal/rollouts.js';
import { type Figure, megabytes } from './figure.js';
import { type BenchFleet, startBenchFleet } from './fleet.js';
import { checkSeconds } from './journal.js';

const checkedInstances = 500;

/** Checks one host, which is how long one check takes, and a cluster of 500. */
export async function checkFiveHundred(): Promise<Figure[]> {
  const one = await plan(1);
  const many = await plan(checkedInstances);
  return [
    { what: 'check of 1 host', value: one.checked, unit: 's' },
    { what: `check of ${checkedInstances} hosts`, value: many.checked, unit: 's' },
    {
      what: `what ${checkedInstances} hosts add to the time of one`,
      value: many.checked - one.checked,
      unit: 's',
      aim: '≤ 5',
    },
    { what: `the whole plan of ${checkedInstances} hosts`, value: many.planned, unit: 's' },
    { what: `peak memory of the worker, ${checkedInstances} hosts`, value: many.megabytes, unit: 'MB' },
  ];
}

/** Plans a cluster; seconds of the whole plan, and of its checks from the first command to the last read of an answer. */
async function plan(
  instances: number,
): Promise<{ planned: number; checked: number; megabytes: number | null }> {
  const fleet = await startBenchFleet(instances, {});
  try {
    await workerIsUp(fleet);
    const { entries } = fleet.simulator.fleet.journal;
    const before = entries.length;
    const started = Date.now();
    await planRollout(fleet.client, fleet.input, 300_000);
    return {
      planned: (Date.now() - started) / 1000,
      checked: checkSeconds(entries.slice(before)),
      megabytes: await megabytes(fleet),
    };
  } finally {
    await fleet.close();
  }
}

/** A first plan also makes the worker warm. */
async function workerIsUp(fleet: BenchFleet): Promise<void> {
  for (;;) {
    try {
      await planRollout(fleet.client, fleet.input, 300_000);
      return;
    } catch (err) {
      if (!(err instanceof Error) || err.name !== 'NoWorker') throw err;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
