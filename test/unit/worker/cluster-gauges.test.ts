import type { MetricGauge, MetricMeter } from '@temporalio/common';
import { beforeEach, describe, expect, test } from 'vitest';
import { gauges } from '../../../src/model/metrics.js';
import { ClusterGauges } from '../../../src/worker/metrics/cluster-gauges.js';

/** What the SDK's exporter would show: the value that was set last, for ever. */
let exported: Record<string, number>;

const meter: Pick<MetricMeter, 'createGauge'> = {
  createGauge: (name): MetricGauge => {
    const gauge: MetricGauge = {
      name,
      kind: 'gauge',
      valueType: 'float',
      set: (value, labels) => {
        exported[[name, ...Object.values(labels ?? {})].join(' ')] = value;
      },
      withTags: () => gauge,
    };
    return gauge;
  },
};

const version = (cluster: string, label: string, value: number) => ({
  gauge: gauges.hostsVersion,
  labels: { cluster, version: label },
  value,
});
const lastEnd = { gauge: gauges.rolloutEnd, labels: { cluster: 'prod' }, value: 1_700_000_000 };

describe('the gauges of clusters', () => {
  let shown: ClusterGauges;
  beforeEach(() => {
    exported = {};
    shown = new ClusterGauges(meter);
  });

  test('show 0 for a version that nobody runs any more', () => {
    shown.show('prod', [version('prod', '1.26.0', 2)]);
    shown.show('prod', [version('prod', '1.26.1', 2)]);
    expect(exported).toEqual({
      'ecs_updater_hosts_version prod 1.26.0': 0,
      'ecs_updater_hosts_version prod 1.26.1': 2,
    });
  });

  test('show no number where 0 would be a time', () => {
    shown.show('prod', [lastEnd]);
    shown.show('prod', []);
    expect(exported).toEqual({ 'ecs_updater_rollout_last_end_timestamp_seconds prod': Number.NaN });
  });

  test('show no number for all of a cluster of which nothing is known any more, and of no other', () => {
    shown.show('prod', [version('prod', '1.26.0', 2), lastEnd]);
    shown.show('test', [version('test', '1.26.0', 3)]);
    shown.forget('prod');
    expect(exported).toEqual({
      'ecs_updater_hosts_version prod 1.26.0': Number.NaN,
      'ecs_updater_rollout_last_end_timestamp_seconds prod': Number.NaN,
      'ecs_updater_hosts_version test 1.26.0': 3,
    });
    shown.show('prod', [version('prod', '1.26.0', 1)]);
    expect(exported['ecs_updater_hosts_version prod 1.26.0']).toBe(1);
  });
});
