import type { Estimate, RangeMs } from './estimate.js';
import type { Progress } from './progress.js';
import { formatMs } from './explain.js';

/** What a person reads of an estimate. */
export function explainEstimate({ updates, atOnce, instanceMs, totalMs, begun, from }: Estimate): string {
  const pace = `${atOnce} at a time, ${range(instanceMs)} each`;
  const source =
    from.kind === 'past'
      ? `by ${from.rollouts === 1 ? 'the last rollout' : `the last ${from.rollouts} rollouts`}, in which ${from.instances} rebooted`
      : `by typical figures, as ${from.because ? `past rollouts could not be read: ${from.because}` : 'no past rollout is known'}`;
  const late = begun
    ? ` Before nothing new may start, ${begun.low === begun.high ? begun.low : `${begun.low} to ${begun.high}`} of ${updates} would be begun.`
    : '';
  return `Estimate: ${range(totalMs)} (${pace}; ${source}).${late}`;
}

/** `6m to 9m`, or `about 6m`. */
const range = ({ low, high }: RangeMs): string => {
  const [from, to] = [formatMs(roughly(low)), formatMs(roughly(high))];
  return from === to ? `about ${from}` : `${from} to ${to}`;
};

/** `6m to 9m left, until about 14:08 UTC`, as far as that can be known at `nowMs` (ms since the epoch). */
function explainTimeLeft(left: RangeMs, nowMs: number): string {
  if (left.high < 15_000) return 'about to end';
  const end = new Date(nowMs + left.high + 30_000).toISOString();
  return `${range(left)} left, until about ${end.slice(11, 16)} UTC`;
}

/** To the half minute, and to the minute from ten on: more would look as if it were known. */
function roughly(ms: number): number {
  if (ms < 120_000) return Math.round(ms / 1000) * 1000;
  const step = ms < 600_000 ? 30_000 : 60_000;
  return Math.round(ms / step) * step;
}

/** `3 of 10 updates ended, 6m to 9m left, until about 14:08 UTC`; empty where nobody knows how far it is. */
export function progressWords(
  { progress, leftMs }: { progress: Progress | null; leftMs: RangeMs | null },
  nowMs: number,
): string {
  if (!progress || progress.of === 0) return '';
  const { done, of } = progress;
  const left = leftMs === null ? '' : `, ${explainTimeLeft(leftMs, nowMs)}`;
  return `${done} of ${of} update${of === 1 ? '' : 's'} ended${left}`;
}
