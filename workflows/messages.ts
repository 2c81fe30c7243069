import { ApplicationFailure, defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import {
  type ClusterStatus,
  type InstanceStatus,
  statusQueryName,
  type SteeringInput,
} from '../src/model/steering.js';

/** Each steering message exists as signal and as workflow update; the update answers with a sentence, or refuses with one. */
export const signals = {
  pause: defineSignal<[SteeringInput]>('pause'),
  resume: defineSignal<[SteeringInput]>('resume'),
  skip: defineSignal<[SteeringInput]>('skip'),
  unskip: defineSignal<[SteeringInput]>('unskip'),
};

export const updates = {
  pause: defineUpdate<string, [SteeringInput]>('pause'),
  resume: defineUpdate<string, [SteeringInput]>('resume'),
  skip: defineUpdate<string, [SteeringInput]>('skip'),
  unskip: defineUpdate<string, [SteeringInput]>('unskip'),
};

export const clusterStatusQuery = defineQuery<ClusterStatus>(statusQueryName);
export const instanceStatusQuery = defineQuery<InstanceStatus>(statusQueryName);

/** Refuses a workflow update: the caller reads the sentence, nothing is written to the history. */
export const refuse = (sentence: string): never => {
  throw ApplicationFailure.nonRetryable(sentence, 'Refused');
};
