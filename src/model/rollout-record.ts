import type { ClusterRef, Documents } from './names.js';
import type { InstanceResult, Phase, PhaseEntry } from './outcome.js';
import type { Paused, Stop } from './reason.js';
import type { RolloutReport } from './report.js';
import type { RolloutSettings } from './settings.js';
import type { Standing } from './standing.js';
import type { SteeringRecord } from './steering-record.js';

/** What became of a rollout, by the word of the server. One that was stopped, as by its failure budget, is completed. */
export type RolloutState = 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out';

/** Everything that Temporal knows of one rollout, running or over: for the report, the history and whoever draws it. */
export interface RolloutRecord {
  cluster: ClusterRef;
  /** Null: the server has lost what the rollout was started with. */
  settings: RolloutSettings | null;
  documents: Documents | null;
  rolloutId: string;
  workflowId: string;
  /** Runs of the workflow in their order, as far as the server still has them. */
  runIds: string[];
  /** The workflow that started it; null: somebody did by hand. */
  startedBy: string | null;
  /** Identities of the workers that carried it out, in the order in which they came. */
  workers: string[];
  state: RolloutState;
  /** What the server says of one that broke off. */
  brokeOff: string | null;
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601; null: it runs. */
  endedAt: string | null;
  /** Why nothing new was, or is, started. */
  stopped: Stop | null;
  paused: Paused | null;
  counts: RolloutReport['counts'];
  /** Failures charged to the budget. */
  failures: number;
  phases: RolloutReport['phases'];
  steering: SteeringRecord[];
  /** Every instance of the cluster, by id. */
  instances: InstanceRecord[];
  /** What of this is not known, and why, as sentences. */
  gaps: string[];
}

/** What happened to one instance in a rollout. */
export interface InstanceRecord {
  ec2InstanceId: string;
  zone: string | null;
  /** Its phase, `queued`, `paused`, or its verdict. */
  state: string;
  standing: Standing;
  /** Null: it has none, or nobody knows. */
  result: InstanceResult | null;
  /** What it ran before; null: not known. */
  from: string | null;
  /** What it ran afterwards, or runs now; null: not known. */
  runs: string | null;
  /** What it was to run; null: nothing, or not known. */
  to: string | null;
  /** For a person. */
  reason: string;
  /** When it was in which phase. */
  spans: PhaseSpan[];
  /** Tasks that left it as it was drained; null: it was not, or it is not known. */
  tasksMoved: number | null;
  /** Runs of its workflow in this rollout. */
  runIds: string[];
}

/** A stay in a phase. */
export interface PhaseSpan {
  /** `unknown`: its workflow cannot tell. */
  phase: Phase | 'unknown';
  /** ISO 8601. */
  from: string;
  /** ISO 8601; null: it is in it now. */
  to: string | null;
}

/** Phases as stays, the last one until `end` (ISO 8601); null: it goes on. */
export const spansOf = (entered: readonly PhaseEntry[], end: string | null): PhaseSpan[] =>
  entered
    .map(({ phase, at }, i): PhaseSpan => ({ phase, from: at, to: entered[i + 1]?.at ?? end }))
    // Waiting is entered by every workflow, and left at once where nothing is waited for.
    .filter(({ phase, from, to }) => phase !== 'waiting' || to === null || to > from);

/** Milliseconds from the first stay to the end of the last, the present at `nowMs`; null: there is none. */
export function tookMs(spans: readonly PhaseSpan[], nowMs: number): number | null {
  const [first] = spans;
  const last = spans.at(-1);
  if (!first || !last) return null;
  return (last.to === null ? nowMs : Date.parse(last.to)) - Date.parse(first.from);
}
