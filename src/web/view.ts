import type { Progress } from '../model/progress.js';
import type { Standing } from '../model/standing.js';
import type { SteeringRecord } from '../model/steering-record.js';
import type { ToneCounts } from './look.js';
import type { MarksByInstance } from './marks.js';
import type { TimelineBar } from './timeline-bars.js';

/** A cluster in the list of all. */
export interface ClusterSummary {
  name: string;
  rollout: RolloutFacts | null;
  schedule: ScheduleFacts | null;
  /** How many instances have which tone; null: nobody could say. */
  counts: ToneCounts | null;
}

/** What the server knows of a rollout. Instants are ISO 8601. */
export interface RolloutFacts {
  startedAt: string;
  endedAt: string | null;
  running: boolean;
  /** RUNNING, COMPLETED, FAILED, … */
  status: string;
}

/** What the server knows of a Schedule. */
export interface ScheduleFacts {
  /** ISO 8601; null: it starts nothing. */
  next: string | null;
  /** Why it is paused; null: it is not. */
  paused: string | null;
}

/** One instance, as `status` shows it. */
export interface InstanceView {
  instance: string;
  zone: string;
  /** Its phase, or its verdict. */
  state: string;
  standing: Standing;
  version: string;
  target: string;
  /** ISO 8601; empty where it says nothing. */
  since: string;
  attempts: number;
  reason: string;
}

/** A cluster with its newest rollout. */
export interface ClusterView extends Omit<ClusterSummary, 'counts'> {
  /** One sentence on the whole rollout. */
  headline: string;
  /** Why something of this is not known; empty: all is. */
  gaps: readonly string[];
  /** How far it is; null: that is not known, or it has ended. */
  progress: Progress | null;
  /** The same in words, with the time that is left; empty where it is not known. */
  progressWords: string;
  /** The pause of the whole rollout in words; null: it is not paused. */
  paused: string | null;
  instances: InstanceView[];
  /** Which orders stand on instances; also on some that the newest rollout does not know. */
  marks: MarksByInstance;
  /** What was ordered in the newest rollout and since, in that order. */
  orders: SteeringRecord[];
  bars: TimelineBar[];
}
