import { durationsOf, type PastDurations, type RangeMs } from './estimate.js';
import { allowedUnavailable } from './settings.js';
import type { ClusterStatus } from './steering.js';

/**
 * How long a rollout will still take, by the durations of its own updates and of past rollouts; null: nothing is known of these, or it waits
 * for somebody. What an instance in flight has behind it counts from `since`.
 */
export function timeLeft(
  status: Pick<
    ClusterStatus,
    'startedAt' | 'inFlight' | 'queued' | 'paused' | 'stopped' | 'phases' | 'settings' | 'zones'
  >,
  past: readonly PastDurations[],
  nowMs: number,
): RangeMs | null {
  const { instanceMs, longestMs, from } = durationsOf([{ phases: status.phases }, ...past]);
  const waiting = status.stopped
    ? 0
    : status.queued.filter(({ paused, skipped }) => !paused && !skipped).length;
  if (from.kind === 'typical' || (status.paused && waiting > 0)) return null;
  if (waiting + status.inFlight.length === 0) return null;
  const { settings, zones } = status;
  const atOnce = Math.max(1, allowedUnavailable(settings.maxUnavailable, Object.values(zones).flat().length));
  const behind = status.inFlight.map(({ since }) => nowMs - Date.parse(since));
  const rest = (ms: number): number[] => behind.map((done) => Math.max(0, ms - done));
  const mean = (ms: number): number => (sum(rest(ms)) + waiting * ms) / atOnce;
  const low = Math.max(
    0,
    ...rest(instanceMs.low),
    ...(waiting > 0 ? [instanceMs.low] : []),
    mean(instanceMs.low),
  );
  // The longest may come last.
  const high =
    waiting === 0
      ? Math.max(...rest(longestMs))
      : mean(instanceMs.high) - instanceMs.high / atOnce + longestMs;
  const { stopStartingAfterMs } = settings;
  const lastEndMs =
    stopStartingAfterMs === null
      ? Infinity
      : Math.max(0, Date.parse(status.startedAt) + stopStartingAfterMs - nowMs) + longestMs;
  const most = Math.min(Math.max(low, high), lastEndMs);
  return { low: Math.min(low, most), high: most };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
