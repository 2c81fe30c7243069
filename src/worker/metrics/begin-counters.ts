import type { MetricMeter } from '@temporalio/common';
import { counters, rolloutOutcomes } from '../../model/metrics.js';
import { resultKinds } from '../../model/outcome.js';

/** What the SDK adds to whatever workflows count on a worker. */
interface WorkerLabels {
  namespace: string;
  taskQueue: string;
}

/**
 * Begins the counters of a cluster with 0, under the very labels that workflows will count them: of a series that begins with its first
 * event Prometheus never sees an increase by that event.
 */
export function beginCounters(meter: MetricMeter, cluster: string, worker: WorkerLabels): void {
  const begin = (
    { name, help }: { name: string; help: string },
    workflowType: string,
    labels: Record<string, string>,
  ): void =>
    meter.createCounter(name, undefined, help).add(0, { ...worker, workflowType, cluster, ...labels });
  for (const outcome of rolloutOutcomes) begin(counters.rollouts, 'updateCluster', { outcome });
  for (const outcome of resultKinds) begin(counters.instances, 'updateCluster', { outcome });
  begin(counters.outOfService, 'updateInstance', {});
}
