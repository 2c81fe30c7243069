import type { InstanceReport } from './outcome.js';
import type { RolloutReport } from './report.js';
import type { RolloutCarry, RolloutInput } from './steering.js';

/** What the history of one run of `updateCluster` tells. Instants are ISO 8601. */
export interface RunFacts {
  runId: string;
  /** The first run of the rollout. */
  firstRunId: string;
  previousRunId: string | null;
  startedAt: string;
  /** Id of the workflow that started it; null: none did. */
  startedBy: string | null;
  input: RolloutInput | null;
  carry: RolloutCarry | null;
  /** Identities of the workers that moved it on. */
  workers: string[];
  children: ChildFacts[];
  end: RunEnd;
}

/** How a run ended. */
export type RunEnd =
  | { kind: 'running' }
  | { kind: 'continued'; at: string; nextRunId: string }
  | { kind: 'completed'; at: string; report: RolloutReport | null }
  | { kind: 'failed' | 'cancelled' | 'terminated' | 'timed-out'; at: string; detail: string };

/** What such a history tells of one run of `updateInstance`. */
export interface ChildFacts {
  ec2InstanceId: string;
  zone: string | null;
  workflowId: string;
  runId: string;
  /** Whether it was to update the instance; else it gave back what an interrupted rollout had left. */
  updates: boolean;
  from: string | null;
  to: string | null;
  startedAt: string;
  /** Null: it had not ended when the run did. */
  endedAt: string | null;
  ending: ChildEnding | null;
}

/** How a run of `updateInstance` ended; `paused`: before it had begun, `broke-off`: without saying anything. */
export type ChildEnding =
  | (Pick<InstanceReport, 'outcome' | 'entered' | 'tasksMoved'> & { kind: 'ended' })
  | { kind: 'paused' }
  | { kind: 'broke-off'; how: 'failed' | 'cancelled' | 'terminated' | 'timed-out'; detail: string };
