import type { Reason, ReasonCode, Steering } from './reason.js';
import type { SteeringRecord } from './steering-record.js';

/** Steps of one instance, in order. */
export const phases = [
  'waiting',
  'draining',
  'updating',
  'rebooting',
  'verifying',
  'activating',
  'settling',
] as const;

export type Phase = (typeof phases)[number];

/** The beginning of a phase. */
export interface PhaseEntry {
  phase: Phase;
  /** ISO 8601. */
  at: string;
}

/** How the work on one instance ended. */
export type Outcome =
  /** Runs the target and serves; the warning says what did not settle. */
  | { kind: 'updated'; from: string; to: string; warning?: Reason }
  /** Nothing was disturbed, or its tasks only moved. */
  | { kind: 'skipped'; reason: Reason }
  /** Given back, never rebooted. */
  | { kind: 'rolled-back'; reason: Reason }
  /** Rebooted, not proven. */
  | { kind: 'failed'; reason: Reason }
  /** Terminated or replaced meanwhile. */
  | { kind: 'gone'; reason: Reason };

/** What a report says of an instance: its outcome, or that its turn never came. */
export type InstanceResult =
  | (Outcome & Partial<Versions>)
  | { kind: 'not-started'; from: string | null; to: string | null; reason: Reason };

/** What an instance ran before, and what it was to run; there where its host was asked, and a newer version was offered. */
export interface Versions {
  from: string;
  to: string;
}

export const resultKinds = [
  'updated',
  'skipped',
  'rolled-back',
  'failed',
  'gone',
  'not-started',
] as const satisfies InstanceResult['kind'][];

export type ResultKind = InstanceResult['kind'];

/** What `updateInstance` returns. */
export type InstanceEnding = InstanceReport | { kind: 'paused'; steering: Steering };

/** The end of the work on an instance; `paused` is none: it had not begun, and its turn comes again. */
export interface InstanceReport {
  kind: 'ended';
  outcome: Outcome;
  /** The version that it was to run in the end, which may be another than was planned; absent where none is known. */
  target?: string;
  /** Milliseconds spent in each phase that was entered. */
  phaseMs: Partial<Record<Phase, number>>;
  /** Each phase in the order in which it was entered, and when. */
  entered: PhaseEntry[];
  /** Tasks that ran elsewhere once it was empty; absent where it was not drained to the end. */
  tasksMoved?: number;
  /** What operators ordered of its own workflow. */
  steering: SteeringRecord[];
  /** An error that concerns every instance (access denied, a changed document): the rollout starts nothing more. */
  stopsRollout: boolean;
}

const causedByPeople: ReadonlySet<ReasonCode> = new Set([
  'skipped-by-operator',
  'cancelled',
  'taken-over',
  'restored',
]);

/**
 * Whether an outcome counts against the failure budget: what an operator or somebody else's hand caused does not. A host that ends before its reboot was
 * proven does: an Auto Scaling group replaces one that hangs at boot, and a release that does not boot would take one after the other.
 */
export function isCharged(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'updated':
      return outcome.warning !== undefined && !causedByPeople.has(outcome.warning.code);
    case 'rolled-back':
    case 'failed':
      return !causedByPeople.has(outcome.reason.code);
    case 'gone':
      return outcome.reason.code === 'terminated' && outcome.reason.rebooted === true;
    case 'skipped':
      return false;
  }
}
