import { Writable } from 'node:stream';
import { Client, Connection } from '@temporalio/client';
import { noopMetricMeter } from '@temporalio/common';
import { describe } from 'vitest';
import { freePort } from '../../src/temporal/servers/ports.js';
import { temporalTarget } from '../../src/temporal/target.js';
import { createLogger, temporalLogger } from '../../src/worker/logging.js';
import { watchFleet } from '../../src/worker/metrics/watch-fleet.js';
import { connectWorker } from '../../src/worker/native-connection.js';
import { eventually } from '../support/eventually.js';
import { filterPattern } from '../support/filter-pattern.js';
import { behind, type Fleet, hosts, stuckOn } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { sdkLogsTo } from '../support/sdk-log.js';
import { test } from '../support/rollouts.js';
import { metricFiltersOf, workerParameters, workerStack } from '../support/stacks.js';

type Line = Record<string, unknown>;

/** A log as a worker writes it, at the level that the template sets. */
function startLog() {
  const lines: Line[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { lines, log: createLogger({ level: 'info', destination }) };
}

/** Of all workers in this file. */
const { lines, log } = startLog();
sdkLogsTo(temporalLogger(log));

const linesOf = ({ cluster }: Fleet): Line[] => lines.filter((line) => line['cluster'] === cluster);

/** How many lines each metric of the template counts, by its name; those that count none are left out. */
const counted = (lines: readonly Line[]): Record<string, number> =>
  Object.fromEntries(
    metricFiltersOf(workerStack(workerParameters.least))
      .map(({ metric, pattern }): [string, number] => [
        metric.slice(metric.indexOf(' ') + 1),
        lines.filter(filterPattern(pattern)).length,
      ])
      .filter(([, count]) => count > 0),
  );

describe.concurrent('of the log of a worker the metrics of the template count', () => {
  test('nothing where a rollout goes well', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a') });
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated' });
    await eventually('its end in the log', () =>
      linesOf(fleet).some(({ msg }) => msg === 'the rollout ended'),
    );
    expect(counted(linesOf(fleet))).toEqual({});
  });

  test('instances that failed, and the rollout that they stopped', async ({ startFleet, expect }) => {
    const [a, b, c] = hosts('a', 'b', 'c');
    const fleet = await startFleet({
      instances: [{ ...a, host: { ...behind, boot: 'falls-back' } }, { ...b }, { ...c }],
      services: [stuckOn('b')],
    });
    expect(fleet.outcomes(await fleet.rollOut({ failureBudget: '1', drainLimit: '1m' }))).toEqual({
      a: 'failed: booted-old-version',
      b: 'rolled-back: drain-limit',
      c: 'not-started: rollout-stopped',
    });
    await eventually('its end in the log', () =>
      linesOf(fleet).some(({ msg }) => String(msg).startsWith('the rollout ended')),
    );
    expect(counted(linesOf(fleet))).toEqual({ InstancesFailed: 2, RolloutsStopped: 1 });
  });

  test('a rollout that failed', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a') });
    const { worker: principal } = principals;
    fleet.simulator.fault({ kind: 'refuse', as: 'denied', action: 'DescribeClusters', principal });
    await fleet.start();
    await expect(fleet.report()).rejects.toThrow();
    await eventually('the failure in the log', () => counted(linesOf(fleet))['RolloutsFailed']);
    expect(Object.keys(counted(linesOf(fleet)))).toEqual(['RolloutsFailed']);
  });

  test('an instance that cannot be given back', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a') });
    await fleet.start();
    await eventually('a is DRAINING', () => fleet.state('a').status === 'DRAINING');
    const { worker: principal } = principals;
    const action = 'UpdateContainerInstancesState';
    fleet.simulator.fault({ kind: 'refuse', as: 'denied', action, principal, times: 10_000 });
    await eventually('the alarm', () => counted(linesOf(fleet))['InstancesNeedingAttention'], 180_000);
    fleet.simulator.fleet.faults.clear();
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated' });
    expect(counted(linesOf(fleet))).toEqual({ InstancesNeedingAttention: 1 });
  });

  test('that Temporal does not answer', async ({ expect, onTestFinished }) => {
    const nowhere = `127.0.0.1:${await freePort()}`;
    const { lines, log } = startLog();
    const stop = new AbortController();
    const target = temporalTarget({ env: { TEMPORAL_ADDRESS: nowhere, TEMPORAL_CONFIG_FILE: '/none' } });
    const connecting = connectWorker(target, log, stop.signal);
    await eventually('an attempt to connect', () => lines.length > 0);
    stop.abort();
    await connecting;
    const whenItBegan = lines.length;
    expect(counted(lines)).toEqual({ TemporalNoAnswers: whenItBegan });

    const connection = Connection.lazy({ address: nowhere });
    onTestFinished(() => connection.close());
    const watch = new AbortController();
    const watching = watchFleet({
      client: new Client({ connection }),
      meter: noopMetricMeter,
      log,
      taskQueue: 'ecs-updater',
      everyMs: 1000,
      stop: watch.signal,
    });
    await eventually('a look in vain', () => lines.length > whenItBegan);
    watch.abort();
    await watching;
    expect(counted(lines)).toEqual({ TemporalNoAnswers: lines.length });
  });
});
