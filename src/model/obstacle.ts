import type { ReasonCode } from './reason.js';

/** Reasons that only tell how something ended: they do not stand in the way of what comes next. */
type EndCode =
  | 'up-to-date'
  | 'drain-limit'
  | 'taken-over'
  | 'update-withdrawn'
  | 'apply-failed'
  | 'update-limit'
  | 'reboot-refused'
  | 'reboot-limit'
  | 'booted-old-version'
  | 'wrong-version'
  | 'verify-limit'
  | 'settle-limit'
  | 'terminated'
  | 'cancelled'
  | 'restored'
  | 'aws-error'
  | 'workflow-ended';

/** Reasons that stand between an instance and its update. */
export type StandingCode = Exclude<ReasonCode, EndCode>;

/** What stands in the way beside the instance itself: Temporal, the Schedule, the rollout. */
export type WorldCode =
  | 'no-worker'
  | 'no-schedule'
  | 'schedule-paused'
  /** The cluster, its documents or a permission are not as they must be. */
  | 'cannot-begin'
  /** No rollout runs. */
  | 'next-rollout'
  /** The rollout still asks the hosts. */
  | 'checking'
  | 'rollout-paused'
  | 'instance-paused'
  | 'queued'
  | 'in-flight'
  /** The rollout that runs is done with it. */
  | 'had-its-turn'
  /** The rollout that runs does not know it. */
  | 'joined-later';

type ObstacleCode = StandingCode | WorldCode;

/** One thing that stands between an instance and the newest version. */
export interface Obstacle {
  code: ObstacleCode;
  /** What is the case, for a person. */
  what: string;
  /** ISO 8601. */
  since?: string;
  clears: Clearing;
}

/** When or how an obstacle clears. */
export interface Clearing {
  /** Whether nobody has to do anything. */
  byItself: boolean;
  /** For a person. */
  how: string;
  /** ISO 8601: then, or at the latest then. */
  at?: string;
}
