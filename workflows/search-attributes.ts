import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes as names } from '../src/model/names.js';
import type { RolloutInput } from '../src/model/steering.js';

const keyword = (name: string) => {
  const key = defineSearchAttributeKey(name, 'KEYWORD');
  return (value: string): SearchAttributePair => ({ key, value });
};

/** Our search attributes with a value. They are set only where the input says that they are registered: an unregistered one hangs a workflow. */
export const searchAttributes = {
  cluster: keyword(names.cluster),
  instance: keyword(names.instance),
  phase: keyword(names.phase),
  outcome: keyword(names.outcome),
};

/** What an input says of them. */
type Registered = Pick<RolloutInput, 'searchAttributes'>;

/** How a child is found that is about a cluster, or about one of its instances: options for its start, which cost no event. */
export const foundBy = (
  { cluster, searchAttributes: registered }: Pick<RolloutInput, 'cluster'> & Registered,
  ec2InstanceId?: string,
): { typedSearchAttributes?: SearchAttributePair[] } =>
  registered
    ? {
        typedSearchAttributes: [
          searchAttributes.cluster(cluster.name),
          ...(ec2InstanceId === undefined ? [] : [searchAttributes.instance(ec2InstanceId)]),
        ],
      }
    : {};

/** Lets this workflow be found by the phase that it is in, or by how it ended. One event. */
export function findBy(
  { searchAttributes: registered }: Registered,
  what: 'phase' | 'outcome',
  value: string,
): void {
  if (registered) upsertSearchAttributes([searchAttributes[what](value)]);
}
