import { describe, expect, test } from 'vitest';
import type { PastDurations } from '../../../src/model/estimate.js';
import { timeLeft } from '../../../src/model/time-left.js';
import { parseSettings } from '../../../src/config/settings.js';
import type { ClusterStatus } from '../../../src/model/steering.js';
import { clusterStatusOf } from '../../support/cluster-status.js';

const minute = 60_000;
const now = Date.UTC(2026, 2, 1, 13);
const ago = (minutes: number): string => new Date(now - minutes * minute).toISOString();

/** Updates that took ten minutes each, the longest fifteen. */
const past: PastDurations = {
  phases: { rebooting: { instances: 4, totalMs: 40 * minute, longestMs: 15 * minute } },
};

const versions = { from: '1.26.0', to: '1.26.1' };
const flying = (since: string): ClusterStatus['inFlight'][number] => ({
  ec2InstanceId: 'i-a',
  workflowId: 'w',
  since,
  ...versions,
});
const waiting = (count: number, more: object = {}): ClusterStatus['queued'] =>
  Array.from({ length: count }, (_, i) => ({
    ec2InstanceId: `i-${i}`,
    paused: null,
    skipped: null,
    ...versions,
    ...more,
  }));

const left = (given: Partial<ClusterStatus>, known: PastDurations[] = [past]) => {
  const range = timeLeft(clusterStatusOf({ startedAt: ago(60), ...given }), known, now);
  return range && [range.low, range.high].map((ms) => Math.round(ms / 6000) / 10);
};

describe('the time that a rollout still takes', () => {
  test('is that of those in flight and of those that wait, one after the other', () => {
    // One has 6 of 10 minutes to go, then 3 of 10; the last may be the longest.
    expect(left({ inFlight: [flying(ago(4))], queued: waiting(3) })).toEqual([36, 41]);
  });

  test('is shorter where more are handled at once', () => {
    const settings = parseSettings({ maxUnavailable: '3' });
    expect(left({ queued: waiting(9), settings })).toEqual([30, 41.7]);
  });

  test('is that of the last in flight where none waits, or none may start', () => {
    expect(left({ inFlight: [flying(ago(4))] })).toEqual([6, 11]);
    const stopped = { by: 'cancelled' } as const;
    expect(left({ inFlight: [flying(ago(4))], queued: waiting(9), stopped })).toEqual([6, 11]);
  });

  test('is nothing for one that has taken longer than any before', () => {
    expect(left({ inFlight: [flying(ago(40))] })).toEqual([0, 0]);
  });

  test('leaves out those that are paused or skipped', () => {
    const paused = { since: ago(1) };
    expect(
      left({ queued: [...waiting(1), ...waiting(5, { paused }), ...waiting(5, { skipped: {} })] }),
    ).toEqual([10, 15]);
  });

  test('ends with the time in which instances may be started', () => {
    const settings = parseSettings({ stopStartingAfter: '70m' });
    expect(left({ queued: waiting(20), settings })).toEqual([25, 25]);
  });

  test('goes by its own updates, too', () => {
    const phases = { rebooting: { instances: 2, totalMs: 8 * minute, longestMs: 5 * minute } };
    expect(left({ queued: waiting(1), phases }, [])).toEqual([4, 5]);
    expect(left({ queued: waiting(1), phases })).toEqual([4, 15]);
  });

  test('is not known where nothing tells, or somebody has to resume it', () => {
    expect(left({ queued: waiting(1) }, [])).toBeNull();
    expect(left({ queued: waiting(1), paused: { since: ago(1) } })).toBeNull();
    expect(left({})).toBeNull();
  });
});
