import { type InstanceReport, type InstanceResult, type Phase, phases, type ResultKind } from './outcome.js';
import type { Behind } from './behind.js';
import type { Quarantines } from './quarantine.js';
import type { Paused, Stop } from './reason.js';
import type { Risks } from './risk.js';
import type { SteeringRecord } from './steering-record.js';

/** Instances with one and the same result: a report of thousands stays small. */
export interface ResultGroup {
  result: InstanceResult;
  ec2InstanceIds: string[];
  /** There where a report would be too large: how many reasons of one kind were put together, of which `result` gives one. */
  reasons?: number;
}

/** Time that instances spent in a phase, in milliseconds. */
export interface PhaseStatistics {
  instances: number;
  totalMs: number;
  longestMs: number;
}

/** What a rollout did: every instance of the cluster stands in exactly one group. */
export interface RolloutReport {
  cluster: string;
  rolloutId: string;
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601. */
  endedAt: string;
  counts: Record<ResultKind, number>;
  groups: ResultGroup[];
  phases: Partial<Record<Phase, PhaseStatistics>>;
  /** Why nothing new was started; null when every planned instance had its turn. */
  stopped: Stop | null;
  /** Failures charged to the budget. */
  failures: number;
  /** Failures that it bore; null: any number. */
  failureBudget: number | null;
  /** Who does not run what is offered to it. */
  behind: Behind;
  /** Versions that no instance was updated to. */
  quarantined: Quarantines;
  /** What operators ordered, in that order; the newest, where that was much. */
  steering: SteeringRecord[];
}

/** What a rollout would do now. */
export interface RolloutPlan {
  cluster: string;
  /** Instances that would be updated, in this order. */
  updates: { ec2InstanceId: string; from: string; to: string; found: string; paused?: Paused | undefined }[];
  /** The others, by their verdict. */
  groups: ResultGroup[];
  /** Ids by Availability Zone. */
  zones: Record<string, string[]>;
  /** What it may do to services and tasks. */
  risks: Risks;
  capacity: Capacity;
}

/** How many instances of a cluster may be out of service. */
export interface Capacity {
  /** Instances that are, or whose agent is away. */
  outOfService: number;
  /** Instances that may be. */
  allowed: number;
}

/** How many instances ended in which way. */
export function countResults(groups: readonly ResultGroup[]): Record<ResultKind, number> {
  const counts = { updated: 0, skipped: 0, 'rolled-back': 0, failed: 0, gone: 0, 'not-started': 0 };
  for (const { result, ec2InstanceIds } of groups) counts[result.kind] += ec2InstanceIds.length;
  return counts;
}

/** Instances that are DRAINING on purpose, by the word of a report: each stays so until somebody clears it. */
export const heldIn = ({ groups }: Pick<RolloutReport, 'groups'>): string[] =>
  groups.flatMap(({ result, ec2InstanceIds }) => (isHeldBy(result) ? ec2InstanceIds : []));

function isHeldBy(result: InstanceResult): boolean {
  if (result.kind === 'updated') return false;
  const { reason } = result;
  if (reason.code === 'held') return reason.drained === true;
  return 'afterwards' in reason && reason.afterwards?.did === 'hold';
}

/** Adds one instance's phase durations to the rollout's. */
export function addPhases(
  statistics: Partial<Record<Phase, PhaseStatistics>>,
  phaseMs: InstanceReport['phaseMs'],
): void {
  for (const phase of phases) {
    const ms = phaseMs[phase];
    if (ms === undefined) continue;
    const before = statistics[phase] ?? { instances: 0, totalMs: 0, longestMs: 0 };
    statistics[phase] = {
      instances: before.instances + 1,
      totalMs: before.totalMs + ms,
      longestMs: Math.max(before.longestMs, ms),
    };
  }
}

/** Exit code of a command that waited for this rollout: 1 when an instance failed or the rollout was stopped by an error. */
export function exitCodeOf(report: RolloutReport): 0 | 1 {
  const { failed, 'rolled-back': rolledBack } = report.counts;
  return failed + rolledBack > 0 || report.stopped?.by === 'error' || report.stopped?.by === 'failure-budget'
    ? 1
    : 0;
}
