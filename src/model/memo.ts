import type { InstanceInput, PendingUpdate, RolloutInput } from './steering.js';

/** Memo of an `updateInstance`, from its start: its versions are brought up to date where the host names others. */
export type InstanceMemo = { rolloutId: string; from?: string; to?: string };

/** What Temporal shows of the work on an instance, and gives with every listing. */
export const instanceMemo = ({ rolloutId, work: { from, to } }: InstanceInput): InstanceMemo => ({
  rolloutId,
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
});

/** What Temporal shows of a rollout before it has planned. */
export const rolloutMemo = ({ cluster }: RolloutInput): { clusterArn: string } => ({
  clusterArn: cluster.arn,
});

/** What one run of a rollout planned. */
export interface PlanMemo {
  /** Of the cluster. */
  instances: number;
  /** To be updated. */
  updates: number;
  /** How many of them to which version; the most frequent. */
  targets: Record<string, number>;
}

/** A fleet seldom has more than two; what hosts offer is not to fill a memo. */
const mostTargets = 10;

/** What Temporal shows of a plan. */
export function planMemo(instances: number, queue: readonly Pick<PendingUpdate, 'to'>[]): PlanMemo {
  const counts = new Map<string, number>();
  for (const { to } of queue) counts.set(to, (counts.get(to) ?? 0) + 1);
  const targets = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, mostTargets);
  return { instances, updates: queue.length, targets: Object.fromEntries(targets) };
}
