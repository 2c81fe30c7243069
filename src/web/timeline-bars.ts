import type { PhaseSpan } from '../model/rollout-record.js';
import type { Tone } from './look.js';

/** The work on one instance over time. */
export interface TimelineBar {
  instance: string;
  spans: readonly PhaseSpan[];
  /** Its phase now, or what became of it. */
  state: string;
  tone: Tone;
}

/** When the work on an instance began, milliseconds since the epoch. */
export const beginningOf = ({ spans }: TimelineBar): number => Date.parse(spans[0]?.from ?? '');

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const steps = [
  5 * second,
  10 * second,
  30 * second,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  6 * hour,
  12 * hour,
  24 * hour,
  7 * 24 * hour,
];

/** Instants for the marks of an axis, milliseconds since the epoch: round ones, at most `most`. */
export function ticksOf(fromMs: number, toMs: number, most = 6): number[] {
  const least = (toMs - fromMs) / most;
  const step = steps.find((one) => one >= least) ?? least;
  if (step <= 0) return [];
  const first = Math.ceil(fromMs / step) * step;
  return Array.from({ length: Math.floor((toMs - first) / step) + 1 }, (_, i) => first + i * step);
}
