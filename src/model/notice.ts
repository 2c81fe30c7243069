import type { ClusterRef } from './names.js';
import type { NotificationEvent, NotificationTarget } from './notifications.js';
import type { ResultKind } from './outcome.js';

/** One message to people: what happened, to whom, and how to look further. Every text is one line, without control characters, and bounded. */
export interface Notice {
  /** The same however often it is sent; letters, digits, `-` and `_`. */
  id: string;
  event: NotificationEvent | 'test';
  /** ISO 8601: when it happened. */
  at: string;
  cluster: ClusterRef;
  /** Absent: it concerns no rollout. */
  rollout?: {
    id: string;
    /** Of the rollout, or of the instance that it is about. */
    workflowId: string;
    /** ISO 8601; absent where only the rollout's workflow knows it. */
    startedAt?: string;
  };
  /** What happened, in a few words: `rollout of prod finished`. */
  title: string;
  /** Sentences that say why, or what to do. */
  reasons: string[];
  counts?: NoticeCounts;
  /** Those that are worth a line, not-well ones first. */
  instances: NoticeInstance[];
  /** How many more would have been. */
  more: number;
  /** Commands to look further. */
  commands: string[];
}

/** How many instances a rollout has, by what became of them. */
export interface NoticeCounts {
  results: Record<ResultKind, number>;
  /** The skipped ones, by the code of their reason. */
  skipped: Record<string, number>;
  queued: number;
  inFlight: number;
}

/** One instance in a message. */
export interface NoticeInstance {
  id: string;
  /** As in `status`: a result, the code of a skip, or `queued`, `paused`, `in-flight`, `held`, `needs-attention`. */
  state: string;
  from: string | null;
  to: string | null;
  /** May be empty. */
  reason: string;
}

/** How hard a message is delivered, in milliseconds. */
export interface DeliveryLimits {
  /** How long a receiver may take to answer. */
  answerMs: number;
  /** How long it is tried. */
  tryMs: number;
}

/** Who is told, and how hard it is tried. */
export interface Recipients {
  targets: NotificationTarget[];
  limits: DeliveryLimits;
}

/** What `notify` is given. */
export interface NotifyInput extends Recipients {
  notice: Notice;
}

/** What became of a message at one target. */
export type Delivery =
  | { target: string; delivered: true }
  | {
      target: string;
      delivered: false;
      /** One line; neither URL nor secret stands in it. */
      why: string;
    };

/** What `notify` returns. */
export interface NotifyResult {
  deliveries: Delivery[];
}

/** A target in words that give no secret away: `slack (SLACK_WEBHOOK_URL)`. */
export const targetName = (target: NotificationTarget): string =>
  `${target.type} (${target.type === 'sns' ? target.topicArn : target.urlFromEnv})`;

/** Those who want to know of an event. */
export const wanting = ({ targets, limits }: Recipients, event: Notice['event']): Recipients => ({
  targets: targets.filter(({ events }) => event === 'test' || events.includes(event)),
  limits,
});
