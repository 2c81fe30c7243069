import type { BehindMark } from './behind.js';
import type { FailureMark } from './failures.js';
import type { OrderMark } from './order-mark.js';
import type { DrainMark } from './ownership.js';

/** A container instance as ECS shows it, cut to what the rules ask. */
export interface Instance {
  /** `i-…`; for ECS Anywhere `mi-…`. */
  ec2InstanceId: string;
  containerInstanceArn: string;
  availabilityZone: string | null;
  /** ACTIVE, DRAINING, REGISTERING, DEREGISTERING, REGISTRATION_FAILED or INACTIVE. */
  status: string;
  agentConnected: boolean;
  /** Value of `bottlerocket.variant`; null where the OS is another. */
  variant: string | null;
  /** Who runs the host: we may touch only `ec2`. */
  host: 'ec2' | 'external' | 'managed';
  /** What `ecs-updater.drained` says; null without the attribute. */
  mark: DrainMark | null;
  /** What `ecs-updater.failed` says; null without the attribute. */
  failure: FailureMark | null;
  /** What `ecs-updater.behind` says; null without the attribute. */
  behind: BehindMark | null;
  /** What `ecs-updater.hold` says; null without the attribute. */
  hold: OrderMark | null;
  /** What `ecs-updater.pause` says: it waits in every rollout. Null without the attribute. */
  pause: OrderMark | null;
  /** What `ecs-updater.skip` says: the next rollout leaves it out. Null without the attribute. */
  skip: OrderMark | null;
  /** False where `include` or `exclude` of the settings leave it out. */
  included: boolean;
}

/** The part of an instance that a child workflow needs to find it. */
export type InstanceRef = Pick<Instance, 'ec2InstanceId' | 'containerInstanceArn' | 'availabilityZone'>;

/** A task that stands in the way, or that stayed. */
export interface TaskRef {
  taskArn: string;
  /** `service:<name>` for a service's task, else `family:<name>` or what RunTask was given. */
  group: string;
  lastStatus: string;
}

/** What runs on an instance, as far as it decides whether the instance can be drained. */
export interface Workload {
  /** Tasks that no service started. */
  standaloneTasks: TaskRef[];
  /** Beside those. */
  moreStandalone?: number;
  /** Service tasks under scale-in protection. */
  protectedTasks: TaskRef[];
  /** Beside those. */
  moreProtected?: number;
  /** When the last of these protections ends, ISO 8601. */
  protectedUntil?: string;
  /** Services that may have neither one task less nor one more: they do not drain. */
  stuckServices: string[];
  /** Services of which a deployment is in progress. */
  deployingServices?: string[];
}
