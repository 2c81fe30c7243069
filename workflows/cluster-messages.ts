import { log, setHandler } from '@temporalio/workflow';
import {
  clusterSteering,
  misuse,
  type SteeringInput,
  type SteeringName,
  type SteeringPayload,
  steeringNames,
} from '../src/model/steering-messages.js';
import type { ClusterRun } from './cluster-run.js';
import { clusterStatusQuery, isRefusal, refuse, signals, updates } from './messages.js';
import type { Message } from './steering/message.js';
import { clear, hold, unhold } from './steering/orders.js';
import { pause, resume } from './steering/pausing.js';
import { cancel, skip, unskip } from './steering/skipping.js';

const form =
  'Send {"instance", "reason", "by"}, an instance id, or nothing; to clear, also {"quarantine"} or {"all"}.';

/** Lets an operator ask a cluster's rollout and steer it, by signal or by workflow update. */
export function handleClusterMessages(run: ClusterRun): void {
  setHandler(clusterStatusQuery, () => run.status, {
    description: 'The whole rollout, instance by instance',
  });
  const messages: Record<SteeringName, Message> = {
    pause: pause(run),
    resume: resume(run),
    skip: skip(run),
    unskip: unskip(run),
    hold: hold(run),
    unhold: unhold(run),
    cancel: cancel(run),
    clear: clear(run),
  };
  for (const name of steeringNames) {
    const { description, objection, act } = messages[name];
    const accept = (message: SteeringInput): SteeringPayload => {
      const payload = clusterSteering(message) ?? refuse(form);
      const why = misuse(name, payload) ?? objection(payload);
      return why === null ? payload : refuse(why);
    };
    setHandler(updates[name], async (message: SteeringInput) => act(accept(message)), {
      description,
      validator: (message: SteeringInput) => {
        accept(message);
      },
    });
    setHandler(
      signals[name],
      async (message: SteeringInput) => {
        try {
          await act(accept(message));
        } catch (err) {
          if (!isRefusal(err)) throw err;
          log.warn(`${name} was not done: ${err.message}`, { message });
        }
      },
      { description },
    );
  }
}
