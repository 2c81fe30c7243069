import { cutText } from './bounds.js';
import { type Phase, phases } from './outcome.js';
import type { Capacity, PhaseStatistics, RolloutReport } from './report.js';

/** From so many milliseconds to so many. */
export interface RangeMs {
  low: number;
  high: number;
}

/** How long a rollout would take, as far as that can be known. */
export interface Estimate {
  updates: number;
  /** Instances that are handled at the same time. */
  atOnce: number;
  /** One instance, from the start of its work to its end. */
  instanceMs: RangeMs;
  totalMs: RangeMs;
  /** Updates that are begun before nothing new may start (`stopStartingAfter`); absent where that is all of them. */
  begun?: { low: number; high: number };
  /** What it is made from: instances of past rollouts, or figures that are typical of hosts and services. */
  from: { kind: 'past'; rollouts: number; instances: number } | Typical;
}

interface Typical {
  kind: 'typical';
  /** Why past rollouts could not be read; absent: none is known. */
  because?: string;
}

/** What an estimate needs of a past rollout. */
export type PastDurations = Pick<RolloutReport, 'phases'>;

const minute = 60_000;

/**
 * Times of a phase where nothing is known. Draining: from tasks without a load balancer to the default deregistration delay of 5 minutes and
 * some (ELB user guide). The host: figures of Bottlerocket on common machines.
 */
const typical: Record<Phase, RangeMs> = {
  waiting: { low: 0, high: 0 },
  draining: { low: minute, high: 8 * minute },
  updating: { low: minute / 2, high: 2 * minute },
  rebooting: { low: minute, high: 3 * minute },
  verifying: { low: minute / 4, high: minute },
  activating: { low: 0, high: minute / 4 },
  settling: { low: minute / 4, high: 2 * minute },
};

/**
 * Estimates a rollout of so many updates; null: there is nothing to update. `past` may be the error for which no past rollout could be read.
 */
export function estimate(
  updates: number,
  { outOfService, allowed }: Capacity,
  past: readonly PastDurations[] | Error,
  stopStartingAfterMs: number | null,
): Estimate | null {
  if (updates === 0) return null;
  // Where nothing is free now, the rollout waits until others have brought theirs back.
  const free = allowed > outOfService ? allowed - outOfService : allowed;
  const atOnce = Math.min(updates, Math.max(1, free));
  const { instanceMs, longestMs, from } = durationsOf(past);
  const totalMs = {
    low: Math.ceil(updates / atOnce) * instanceMs.low,
    // Each takes the next turn as soon as one is free: the longest may come last (Graham's bound).
    high: ((updates - 1) / atOnce) * instanceMs.high + longestMs,
  };
  const begun =
    stopStartingAfterMs === null ? null : begunWithin(stopStartingAfterMs, updates, atOnce, instanceMs);
  return { updates, atOnce, instanceMs, totalMs, ...(begun && { begun }), from };
}

function begunWithin(
  limitMs: number,
  updates: number,
  atOnce: number,
  { low, high }: RangeMs,
): Estimate['begun'] | null {
  const begun = (instanceMs: number): number =>
    Math.min(updates, atOnce * Math.ceil(limitMs / Math.max(1, instanceMs)));
  return begun(high) < updates ? { low: begun(high), high: begun(low) } : null;
}

/** How long instances took in past rollouts, or take by typical figures. */
export function durationsOf(
  past: readonly PastDurations[] | Error,
): Pick<Estimate, 'instanceMs' | 'from'> & { longestMs: number } {
  // One that rebooted nothing says nothing of the time that an update takes.
  const telling = (past instanceof Error ? [] : past).filter(
    ({ phases }) => (phases.rebooting?.instances ?? 0) > 0,
  );
  if (telling.length === 0) {
    const all = Object.values(typical);
    const instanceMs = { low: sum(all.map(({ low }) => low)), high: sum(all.map(({ high }) => high)) };
    const from: Typical = {
      kind: 'typical',
      ...(past instanceof Error && { because: cutText(past.message) }),
    };
    return { instanceMs, longestMs: instanceMs.high, from };
  }
  const means = telling.map((rollout) => sum(statisticsOf(rollout).map(meanOf)));
  return {
    instanceMs: { low: Math.min(...means), high: Math.max(...means) },
    longestMs: Math.max(
      ...telling.map((rollout) => sum(statisticsOf(rollout).map(({ longestMs }) => longestMs))),
    ),
    from: {
      kind: 'past',
      rollouts: telling.length,
      instances: sum(telling.map(({ phases }) => phases.rebooting?.instances ?? 0)),
    },
  };
}

const statisticsOf = (rollout: PastDurations): PhaseStatistics[] =>
  phases.flatMap((phase) => rollout.phases[phase] ?? []);

const meanOf = ({ totalMs, instances }: PhaseStatistics): number => totalMs / Math.max(1, instances);

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
