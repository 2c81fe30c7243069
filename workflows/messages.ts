import { ApplicationFailure, defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { type ClusterStatus, type InstanceStatus, statusQueryName } from '../src/model/steering.js';
import type { Quarantines } from '../src/model/quarantine.js';
import type { SteeringInput, SteeringName } from '../src/model/steering-messages.js';

/** Each steering message exists as signal and as workflow update; the update answers with a sentence, or refuses with one. */
const each = <D>(define: (name: SteeringName) => D): Record<SteeringName, D> => ({
  pause: define('pause'),
  resume: define('resume'),
  skip: define('skip'),
  unskip: define('unskip'),
  hold: define('hold'),
  unhold: define('unhold'),
  cancel: define('cancel'),
  clear: define('clear'),
});

export const signals = each((name) => defineSignal<[SteeringInput]>(name));
export const updates = each((name) => defineUpdate<string, [SteeringInput]>(name));

/** Tells an instance's workflow which versions its rollout has quarantined since it began. */
export const quarantinedSignal = defineSignal<[Quarantines]>('quarantined');

export const clusterStatusQuery = defineQuery<ClusterStatus>(statusQueryName);
export const instanceStatusQuery = defineQuery<InstanceStatus>(statusQueryName);

const refusal = 'Refused';

/** Refuses an order: the caller reads the sentence. In a validator nothing is written to the history. */
export const refuse = (sentence: string): never => {
  throw ApplicationFailure.create({
    message: sentence,
    type: refusal,
    nonRetryable: true,
    category: 'BENIGN',
  });
};

/** Whether an error is one that {@link refuse} throws: nobody reads it whose order was a signal. */
export const isRefusal = (err: unknown): err is ApplicationFailure =>
  err instanceof ApplicationFailure && err.type === refusal;
