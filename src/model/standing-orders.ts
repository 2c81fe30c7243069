import type { ClusterRef } from './names.js';
import type { SteeringName, SteeringPayload } from './steering-messages.js';

/** Orders that are written on the instances and the cluster, and outlive rollouts. */
export type StandingOrder =
  /** Leaves a mark on the instance that rollouts heed. */
  | { kind: MarkingOrder; instance: string; reason?: string }
  /** Removes that mark. */
  | { kind: UnmarkingOrder; instance: string }
  /** Forgets what failed on the instance; one that is held out of service is given back by the next rollout. */
  | { kind: 'clear-instance'; instance: string }
  /** Lifts the quarantine of a version, and forgets who fell back from it. */
  | { kind: 'clear-quarantine'; version: string }
  /** All of that, on the whole cluster. */
  | { kind: 'clear-all' };

/** `hold`: no rollout drains it. `pause`: it waits in every rollout. `skip`: the next rollout leaves it out. */
export type MarkingOrder = 'hold' | 'pause' | 'skip';

export type UnmarkingOrder = 'unhold' | 'resume' | 'unskip';

/** The standing order that a message means; null: it concerns the rollout that runs, or the Schedule. */
export function standingOrder(
  name: SteeringName,
  { instance, quarantine, all, reason }: SteeringPayload,
): StandingOrder | null {
  if (name === 'cancel') return null;
  if (name === 'clear') {
    if (all) return { kind: 'clear-all' };
    if (quarantine !== undefined) return { kind: 'clear-quarantine', version: quarantine };
    return instance === undefined ? null : { kind: 'clear-instance', instance };
  }
  if (instance === undefined) return null;
  return name === 'hold' || name === 'pause' || name === 'skip'
    ? { kind: name, instance, ...(reason !== undefined && { reason }) }
    : { kind: name, instance };
}

/** What carrying out an order found. */
export type OrderResult =
  | { kind: 'done'; order: MarkingOrder | UnmarkingOrder }
  /** There was no mark to remove. */
  | { kind: 'not-marked'; order: UnmarkingOrder }
  | { kind: 'unknown-instance' }
  | {
      kind: 'cleared';
      /** Instances whose failures were forgotten. */
      forgotten: string[];
      /** Instances that the next rollout gives back. */
      toGiveBack: string[];
      /** Versions whose quarantine was lifted. */
      lifted: string[];
    };

/** The answer to an order that no rollout was there to hear. */
export interface OrderAnswer {
  done: boolean;
  sentence: string;
}

/** Says what became of an order. */
export function answerOf(cluster: ClusterRef, order: StandingOrder, result: OrderResult): OrderAnswer {
  const subject = 'instance' in order ? `${cluster.name}/${order.instance}` : cluster.name;
  const done = (sentence: string): OrderAnswer => ({ done: true, sentence: `${subject}${sentence}` });
  switch (result.kind) {
    case 'done':
      return done(effectOf[result.order]);
    case 'not-marked':
      return { done: false, sentence: `${subject} is not ${markedAs[result.order]}.` };
    case 'unknown-instance':
      return { done: false, sentence: `${subject} is not an instance of the ECS cluster ${cluster.arn}.` };
    case 'cleared':
      return done(`: ${cleared(result)}.`);
  }
}

const effectOf: Record<MarkingOrder | UnmarkingOrder, string> = {
  hold: ' is held: no rollout drains it until unhold.',
  unhold: ' is released: the next rollout looks at it again.',
  pause: ' waits in every rollout until it is resumed.',
  resume: ' has its turn in the next rollout again.',
  skip: ' is left out of the next rollout.',
  unskip: ' has its turn in the next rollout again.',
};

const markedAs: Record<UnmarkingOrder, string> = { unhold: 'held', resume: 'paused', unskip: 'skipped' };

function cleared({ forgotten, toGiveBack, lifted }: Extract<OrderResult, { kind: 'cleared' }>): string {
  const parts = [
    ...(lifted.length > 0 ? [`${lifted.join(', ')} is no longer quarantined`] : []),
    ...(forgotten.length > 0 ? [`what failed on ${few(forgotten)} is forgotten`] : []),
    ...(toGiveBack.length > 0 ? [`the next rollout gives back ${few(toGiveBack)}`] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : 'there was nothing to clear';
}

const few = (ids: string[]): string =>
  ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more`;
