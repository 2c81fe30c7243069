import type { MetricGauge, MetricMeter } from '@temporalio/common';
import type { Sample } from '../../model/fleet-gauges.js';
import type { Gauge } from '../../model/metrics.js';

interface Series {
  gauge: Gauge;
  labels: Readonly<Record<string, string>>;
}

/**
 * Shows gauges of clusters. The SDK's exporter shows a series for ever with the value that was set last, so what is over has to be said: what
 * is not the case any more becomes 0 or, where 0 would be a lie, NaN, which `max` and comparisons of Prometheus pass over.
 */
export class ClusterGauges {
  readonly #meters = new Map<string, MetricGauge>();
  /** Series shown so far, by cluster. */
  readonly #shown = new Map<string, Map<string, Series>>();

  constructor(private readonly meter: Pick<MetricMeter, 'createGauge'>) {}

  /** Shows what is known of a cluster now. */
  show(cluster: string, samples: readonly Sample[]): void {
    const shown = this.#shown.get(cluster) ?? new Map<string, Series>();
    const current = new Set<string>();
    for (const { gauge, labels, value } of samples) {
      const key = JSON.stringify([gauge.name, labels]);
      current.add(key);
      shown.set(key, { gauge, labels });
      this.#set({ gauge, labels }, value);
    }
    for (const [key, series] of shown) {
      if (!current.has(key)) this.#set(series, series.gauge.whenGone === 0 ? 0 : Number.NaN);
    }
    this.#shown.set(cluster, shown);
  }

  /** Says that nothing is known of a cluster any more. */
  forget(cluster: string): void {
    for (const series of this.#shown.get(cluster)?.values() ?? []) this.#set(series, Number.NaN);
  }

  #set({ gauge, labels }: Series, value: number): void {
    const { name, help } = gauge;
    const known = this.#meters.get(name) ?? this.meter.createGauge(name, 'float', undefined, help);
    this.#meters.set(name, known);
    known.set(value, labels);
  }
}
