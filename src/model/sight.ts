import type { CheckResult } from './host.js';
import type { Instance, Workload } from './instance.js';
import type { Quarantines } from './quarantine.js';
import type { Capacity } from './report.js';
import type { ClusterStatus, InstanceStatus, RolloutInput } from './steering.js';

/** What `explainInstance` is given. */
export interface ExplainInput extends RolloutInput {
  ec2InstanceId: string;
}

/** What a worker saw of one instance. */
export interface InstanceSight {
  /** ISO 8601. */
  lookedAt: string;
  instance: Instance;
  /** The expression of the settings that leaves it out; null: none does. */
  leftOutBy: 'include' | 'exclude' | null;
  /** Whether two reads agreed that its agent is away. */
  isDisconnected: boolean;
  /** EC2 has it no more (`state`; null: unknown to EC2). */
  ghost: { state: string | null } | null;
  /** Null: its host was not asked. */
  check: CheckResult | null;
  /** Null: nothing runs on it. */
  workload: Workload | null;
  quarantined: Quarantines;
  /** Why a rollout could not begin; null: it could. */
  cannotBegin: string | null;
  capacity: Capacity;
}

/** What Temporal knows of an instance and its cluster. */
export interface World {
  isWorkerThere: boolean;
  /** Null: there is none. */
  schedule: {
    isPaused: boolean;
    note: string;
    /** ISO 8601: its next start; null: it has none. */
    next: string | null;
  } | null;
  /** The rollout that runs; null: none does. */
  rollout: {
    /** ISO 8601. */
    startedAt: string;
    /** Null: nobody answered. */
    status: ClusterStatus | null;
  } | null;
  /** The workflow of the instance that runs; null: none does. */
  work: {
    workflowId: string;
    /** ISO 8601. */
    startedAt: string;
    /** Null: nobody answered. */
    status: InstanceStatus | null;
    /** What its activity waits for; null: none says so. */
    awaiting: string | null;
  } | null;
}
