import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { MetricMeter } from '@temporalio/common';
import type { Logger } from 'pino';
import { samplesOf } from '../../model/fleet-gauges.js';
import { gauges } from '../../model/metrics.js';
import { FleetSight, scheduledClusters } from '../../temporal/fleet-sight.js';
import { beginCounters } from './begin-counters.js';
import { ClusterGauges } from './cluster-gauges.js';

/** What a worker shows of all clusters. */
export interface FleetWatch {
  client: Client;
  meter: MetricMeter;
  log: Logger;
  taskQueue: string;
  /** Pause between two looks, in milliseconds. */
  everyMs: number;
  /** Ends it. */
  stop: AbortSignal;
}

/** What was learnt longer ago than this many pauses, and a look, is not shown any more. */
const staleAfter = 3;

/** How long one look at one cluster may take, at least and at most; in between as long as a pause. */
const lookLimits = { leastMs: 5000, mostMs: 20_000 };

/**
 * Shows what Temporal knows of every cluster that has a Schedule, again and again until it is stopped. All workers do, so that it does not
 * matter which of them ran what: a gauge set by whoever did something would stay as it was on a worker that did nothing since. Nothing of
 * it holds up work: what cannot be learnt is logged, and shown as unknown (NaN) after three pauses.
 */
export async function watchFleet({
  client,
  meter,
  log,
  taskQueue,
  everyMs,
  stop,
}: FleetWatch): Promise<void> {
  const sight = new FleetSight(client);
  const shown = new ClusterGauges(meter);
  const lookLimitMs = Math.min(lookLimits.mostMs, Math.max(lookLimits.leastMs, everyMs));
  const learntAt = new Map<string, number>();
  const begun = new Set<string>();
  const asked = meter.createGauge(gauges.asked.name, 'float', undefined, gauges.asked.help);
  const limited = async <T>(call: () => Promise<T>): Promise<T> =>
    client.withAbortSignal(stop, () => client.withDeadline(Date.now() + lookLimitMs, call));

  async function look(): Promise<boolean> {
    const clusters = await limited(() => scheduledClusters(client));
    let learntAll = true;
    for (const scheduled of clusters) {
      const { cluster } = scheduled;
      if (!begun.has(cluster))
        beginCounters(meter, cluster, { namespace: client.options.namespace, taskQueue });
      begun.add(cluster);
      try {
        shown.show(cluster, samplesOf(await limited(() => sight.of(scheduled)), Date.now()));
        learntAt.set(cluster, Date.now());
      } catch (err) {
        if (stop.aborted) return false;
        learntAll = false;
        log.warn({ err, cluster }, 'cannot learn the state of a cluster for the metrics');
      }
    }
    const names = new Set(clusters.map(({ cluster }) => cluster));
    sight.keepOnly(names);
    for (const cluster of learntAt.keys()) {
      if (names.has(cluster)) continue;
      shown.show(cluster, []);
      learntAt.delete(cluster);
    }
    return learntAll;
  }

  while (!stop.aborted) {
    try {
      if (await look()) asked.set(Date.now() / 1000);
    } catch (err) {
      if (!stop.aborted) log.warn({ err }, 'cannot learn for the metrics which clusters there are');
    }
    for (const [cluster, at] of learntAt) {
      if (Date.now() - at > staleAfter * everyMs + lookLimitMs) shown.forget(cluster);
    }
    await sleep(everyMs, undefined, { signal: stop }).catch(() => {});
  }
}
