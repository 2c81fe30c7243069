import type { Behind } from './behind.js';
import type { UpdateState } from './host.js';
import type { InstanceRef } from './instance.js';
import type { ClusterRef, Documents } from './names.js';
import type { Recipients } from './notice.js';
import type { NotificationTarget } from './notifications.js';
import type { Outcome, Phase, PhaseEntry } from './outcome.js';
import type { Quarantines } from './quarantine.js';
import type { Paused, Steering, Stop } from './reason.js';
import type { PhaseStatistics, ResultGroup } from './report.js';
import type { RolloutSettings } from './settings.js';
import type { SteeringRecord } from './steering-record.js';

/** Name of the query that both workflows answer. */
export const statusQueryName = 'status';

/** What `updateCluster`, and with it `startRollout` and the Schedule, is given. */
export interface RolloutInput {
  cluster: ClusterRef;
  documents: Documents;
  settings: RolloutSettings;
  /** The search attributes are registered. Absent: they may not be, and an upsert of one would hang a workflow. */
  searchAttributes?: true;
  /** Absent: nobody is told. */
  notify?: NotificationTarget[];
}

/** Whether this is what a Schedule of ours starts its rollouts with. */
export const isRolloutInput = (input: unknown): input is RolloutInput =>
  typeof input === 'object' &&
  input !== null &&
  'cluster' in input &&
  'documents' in input &&
  'settings' in input;

/** An instance that waits for its turn, or has it. */
export interface PendingUpdate {
  instance: InstanceRef;
  from: string;
  to: string;
  found: Exclude<UpdateState, 'Idle'>;
  /** ISO 8601: when its host was asked. */
  checkedAt: string;
  /** What the host's clock showed then, seconds since the epoch. */
  hostNow: number;
}

/** What a rollout hands to its next run. */
export interface RolloutCarry {
  rolloutId: string;
  /** ISO 8601. */
  startedAt: string;
  /** Results of all that were attempted: none is attempted twice in a rollout. */
  attempted: ResultGroup[];
  /** Ids of those that had none when the run ended. */
  known: string[];
  phases: Partial<Record<Phase, PhaseStatistics>>;
  failures: number;
  /** Updates that were begun, and have ended. */
  updates: number;
  /** What was quarantined when the run ended. */
  quarantined: Quarantines;
  skips: Record<string, Steering>;
  paused: Paused | null;
  pausedInstances: Record<string, Paused>;
  steering: SteeringRecord[];
}

/** What `updateInstance` is given. */
export interface InstanceInput {
  cluster: ClusterRef;
  rolloutId: string;
  documents: Documents;
  settings: Pick<RolloutSettings, 'limits' | 'pace' | 'afterFailedReboot' | 'installation'>;
  instance: InstanceRef;
  /** Versions that it must not be rebooted into. */
  quarantined: Quarantines;
  searchAttributes?: true;
  /** Absent: nobody is told. */
  notify?: Recipients;
  work:
    | ({ mode: 'update' } & Pick<PendingUpdate, 'from' | 'to' | 'found' | 'checkedAt' | 'hostNow'>)
    /** Gives back what an interrupted rollout left; `since` (ISO 8601) is when that one drained it, the versions are those that it knew. */
    | ({ mode: 'restore'; since: string } & Partial<Pick<PendingUpdate, 'from' | 'to'>>);
}

/** Answer of an instance's `status` query. */
export interface InstanceStatus {
  phase: Phase;
  /** ISO 8601: when the phase began. */
  since: string;
  /** Each phase in the order in which it was entered, this one included. */
  entered: readonly PhaseEntry[];
  from: string | null;
  to: string | null;
  /** What stands out: a skip that came too late, an instance that cannot be given back. */
  note: string | null;
  /** Whether somebody should look at it now: the note says why. */
  needsAttention: boolean;
  outcome: Outcome | null;
}

/** Answer of a cluster's `status` query. */
export interface ClusterStatus {
  cluster: ClusterRef;
  rolloutId: string;
  /** ISO 8601. */
  startedAt: string;
  stage: 'checking' | 'rolling' | 'finished';
  paused: Paused | null;
  stopped: Stop | null;
  /** Their phases are asked from their own workflows. */
  inFlight: {
    ec2InstanceId: string;
    workflowId: string;
    from: string | null;
    to: string | null;
    since: string;
  }[];
  queued: {
    ec2InstanceId: string;
    from: string;
    to: string;
    paused: Paused | null;
    skipped: Steering | null;
  }[];
  results: ResultGroup[];
  /** ISO 8601, for those whose work ended in this run. */
  endedAt: Record<string, string>;
  /** Ids by Availability Zone. */
  zones: Record<string, string[]>;
  failures: number;
  /** As in the report, as are those that follow. */
  failureBudget: number | null;
  behind: Behind;
  quarantined: Quarantines;
  steering: SteeringRecord[];
  /** As in the report, so far. */
  phases: Partial<Record<Phase, PhaseStatistics>>;
  settings: RolloutSettings;
  /** What had failed on instances before this run looked at them, by id. */
  remembered: Record<string, { version: string; tries: number }>;
}
