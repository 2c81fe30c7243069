import type { ClusterRef } from './names.js';

/** What `hold`, `unhold` and `clear` order. It is written on the instances and the cluster, and outlives rollouts. */
export type StandingOrder =
  /** No rollout drains the instance until it is released. */
  | { kind: 'hold'; instance: string; reason?: string }
  | { kind: 'unhold'; instance: string }
  /** Forgets what failed on the instance; one that is held out of service is given back by the next rollout. */
  | { kind: 'clear-instance'; instance: string }
  /** Lifts the quarantine of a version, and forgets who fell back from it. */
  | { kind: 'clear-quarantine'; version: string }
  /** All of that, on the whole cluster. */
  | { kind: 'clear-all' };

/** What `steerCluster` is given. */
export interface SteerInput {
  cluster: ClusterRef;
  /** Whose drains may be cleared. */
  installation: string;
  order: StandingOrder;
  by: string;
  /** ISO 8601. */
  at: string;
}

/** What carrying out an order found. */
export type OrderResult =
  | {
      kind: 'held';
      /** It is out of service now, so a rollout may be at it. */
      draining: boolean;
    }
  | { kind: 'released' }
  | { kind: 'not-held' }
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

/** The answer to an order, as the command line prints it. */
export interface OrderAnswer {
  done: boolean;
  sentence: string;
}

/** Says what became of an order. */
export function answerOf({ cluster, order }: SteerInput, result: OrderResult): OrderAnswer {
  const subject = 'instance' in order ? `${cluster.name}/${order.instance}` : cluster.name;
  switch (result.kind) {
    case 'held':
      return {
        done: true,
        sentence: `${subject} is held: no rollout drains it until unhold.${result.draining ? ' It is out of service now; if a rollout is at it, skip it there to have it given back.' : ''}`,
      };
    case 'released':
      return { done: true, sentence: `${subject} is released: the next rollout looks at it again.` };
    case 'not-held':
      return { done: false, sentence: `${subject} is not held.` };
    case 'unknown-instance':
      return { done: false, sentence: `${subject} is not an instance of the ECS cluster ${cluster.arn}.` };
    case 'cleared':
      return { done: true, sentence: `${subject}: ${cleared(result)}.` };
  }
}

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
