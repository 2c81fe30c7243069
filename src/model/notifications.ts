/** What somebody may want to be told of. */
export const notificationEvents = [
  'rollout-started',
  'rollout-finished',
  /** It starts nothing more, because of failures, its time, a cancel or an error. */
  'rollout-stopped',
  /** Nothing goes on before somebody does something: a pause, an instance that is held or cannot be given back. */
  'waiting-for-person',
] as const;

export type NotificationEvent = (typeof notificationEvents)[number];

/** Where messages on a cluster's rollouts go. No secret stands here: only names of variables in the worker's environment. */
export type NotificationTarget = {
  events: NotificationEvent[];
} & (
  | { type: 'sns'; topicArn: string }
  /** A webhook that takes what Slack's do. */
  | { type: 'slack'; urlFromEnv: string }
  /** `secretFromEnv`: with this the message is signed; absent: it is not. */
  | { type: 'webhook'; urlFromEnv: string; secretFromEnv?: string }
);
