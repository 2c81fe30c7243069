import { ActivityFailure, CancellationScope, log, rootCause } from '@temporalio/workflow';
import {
  answerOf,
  type OrderResult,
  type StandingOrder,
  standingOrder,
} from '../../src/model/standing-orders.js';
import { orderText, type SteeringName, type SteeringPayload } from '../../src/model/steering-messages.js';
import type { ClusterRun } from '../cluster-run.js';
import { refuse } from '../messages.js';
import { answering } from '../proxies.js';
import { type Message, said } from './message.js';

/** Has an order written on the instances, as one that outlives the rollout. */
async function carryOut(
  run: ClusterRun,
  name: SteeringName,
  payload: SteeringPayload,
): Promise<{ order: StandingOrder; result: OrderResult }> {
  const order = standingOrder(name, payload);
  if (!order) throw new TypeError(`${name} is no standing order`);
  const { cluster, settings } = run.input;
  const { by } = payload;
  const result = await CancellationScope.nonCancellable(() =>
    answering(orderText(name, payload)).carryOut({
      cluster,
      installation: settings.installation,
      order,
      ...(by !== undefined && { by }),
      at: new Date().toISOString(),
    }),
  );
  return { order, result };
}

/** Has what this rollout heeds already written on the instance, too, for later ones. Answers what to say where that fails. */
export async function note(run: ClusterRun, name: SteeringName, payload: SteeringPayload): Promise<string> {
  try {
    await carryOut(run, name, payload);
    return '';
  } catch (err) {
    if (!(err instanceof ActivityFailure)) throw err;
    const error = rootCause(err) ?? err.message;
    log.warn(`${name} cannot be noted on the instance`, { ...payload, error });
    return ` That could not be noted on the instance (${error}), so it counts for this rollout only.`;
  }
}

/** The orders that are nothing but what is written: answers what became of one, or refuses. */
async function order(run: ClusterRun, name: SteeringName, payload: SteeringPayload): Promise<string> {
  try {
    const { order, result } = await carryOut(run, name, payload);
    const { done, sentence } = answerOf(run.input.cluster, order, result);
    if (!done) return refuse(sentence);
    run.record(name, payload);
    return sentence;
  } catch (err) {
    if (!(err instanceof ActivityFailure)) throw err;
    return refuse(`${name} could not be carried out: ${rootCause(err) ?? err.message}.`);
  }
}

const none = (): null => null;

/** Keeps this rollout and later ones off an instance. */
export const hold = (run: ClusterRun): Message => ({
  description: 'Keeps rollouts off one instance until unhold; what has begun there finishes',
  objection: none,
  act: async (payload) => {
    const sentence = await order(run, 'hold', payload);
    const { instance = '' } = payload;
    run.holdBack(instance, { ...said(payload), since: new Date().toISOString() });
    return run.inFlight.has(instance)
      ? `${sentence} It is in flight: what has begun finishes. Skip or cancel it to have it given back.`
      : sentence;
  },
});

/** Lets rollouts at an instance again. */
export const unhold = (run: ClusterRun): Message => ({
  description: 'Ends a hold; the next rollout looks at the instance again',
  objection: none,
  act: (payload) => order(run, 'unhold', payload),
});

/** Forgets what failed. */
export const clear = (run: ClusterRun): Message => ({
  description:
    'Forgets what failed on one instance, of one version (quarantine), or in the whole cluster (all)',
  objection: none,
  act: async (payload) => {
    const sentence = await order(run, 'clear', payload);
    return run.stage === 'checking' ? sentence : `${sentence} The rollout that runs keeps to its plan.`;
  },
});
