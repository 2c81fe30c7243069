import type { MetricMeter } from '@temporalio/common';
import { packageVersion } from '../../aws/package-files.js';
import { gauges } from '../../model/metrics.js';

/** Shows which release this worker is, on which Node. */
export function showBuildInfo(meter: MetricMeter): void {
  const { name, help } = gauges.buildInfo;
  meter
    .createGauge(name, 'int', undefined, help)
    .set(1, { version: packageVersion(), node: process.versions.node });
}
