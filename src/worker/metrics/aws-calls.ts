import type { MetricMeter } from '@temporalio/common';
import type { CallObserver } from '../../aws/calls.js';
import { counters, histograms } from '../../model/metrics.js';

/** Counts the requests to AWS that it is told of, and how long each took. */
export function awsCallMetrics(meter: MetricMeter): CallObserver {
  const { awsCalls, awsRetries } = counters;
  const calls = meter.createCounter(awsCalls.name, undefined, awsCalls.help);
  const retries = meter.createCounter(awsRetries.name, undefined, awsRetries.help);
  const { name, help } = histograms.awsCall;
  const durations = meter.createHistogram(name, 'float', undefined, help);
  return ({ region, service, action, result, seconds, isRetry }) => {
    const labels = { region, service, action };
    calls.add(1, { ...labels, result });
    // Prometheus never sees an increase by the first event of a series, and these are to be seen.
    calls.add(0, { ...labels, result: 'throttled' });
    retries.add(isRetry ? 1 : 0, labels);
    durations.record(seconds, labels);
  };
}
