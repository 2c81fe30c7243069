import { Runtime } from '@temporalio/worker';
import type { RuntimeOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { histograms } from '../model/metrics.js';
import { temporalLogger } from './logging.js';

/** What the SDK's runtime of this process does beside its work. */
export interface TelemetryOptions {
  log: Logger;
  /** Port of `/metrics` for Prometheus; 0 for none. */
  metricsPort: number;
}

/** Installs the SDK's runtime: once in a process, before anything else of the worker, and only where this process is ours. */
export function installRuntime({ log, metricsPort }: TelemetryOptions): Runtime {
  const options: RuntimeOptions = {
    logger: temporalLogger(log),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'WARN' } },
      ...(metricsPort === 0
        ? {}
        : {
            metrics: {
              prometheus: {
                bindAddress: `0.0.0.0:${metricsPort}`,
                countersTotalSuffix: true,
                unitSuffix: true,
                useSecondsForDurations: true,
                histogramBucketOverrides: Object.fromEntries(
                  Object.values(histograms).map(({ name, buckets }) => [name, [...buckets]]),
                ),
              },
            },
          }),
    },
  };
  try {
    return Runtime.install(options);
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    if (metricsPort === 0 || !/address|bind|metric|prometheus/i.test(reason)) throw err;
    throw new Error(
      `metrics cannot be served on port ${metricsPort}: ${reason}. Choose another --metrics-port, or 0 for none.`,
      { cause: err },
    );
  }
}
