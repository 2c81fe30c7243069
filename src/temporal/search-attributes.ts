import { type Client, Connection } from '@temporalio/client';
import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  TypedSearchAttributes,
} from '@temporalio/common';
import { searchAttributes } from '../model/names.js';
import type { RolloutInput } from '../model/steering.js';
import { isCloud } from './cloud.js';
import { isForbidden } from './errors.js';

/** What Temporal has of the search attributes that our workflows set. */
export type SearchAttributes =
  | { kind: 'there' }
  | {
      kind: 'missing';
      names: string[];
      /** Temporal Cloud takes them from its own tools only. */
      elsewhere?: true;
    }
  /** Others use one of these names for values of another type. */
  | { kind: 'taken'; name: string; type: string }
  /** Temporal does not say which of them are there. */
  | { kind: 'unknown'; names: string[] };

/** The search attribute by which what is about a cluster is found. */
const clusterKey = defineSearchAttributeKey(searchAttributes.cluster, 'KEYWORD');
const instanceKey = defineSearchAttributeKey(searchAttributes.instance, 'KEYWORD');

/** How a workflow is found that is about a cluster, or about one of its instances: options for its start, none where nothing is registered. */
export const foundBy = (
  { cluster, searchAttributes: registered }: Pick<RolloutInput, 'cluster' | 'searchAttributes'>,
  ec2InstanceId?: string,
): { typedSearchAttributes?: SearchAttributePair[] } =>
  registered
    ? {
        typedSearchAttributes: [
          { key: clusterKey, value: cluster.name },
          ...(ec2InstanceId === undefined ? [] : [{ key: instanceKey, value: ec2InstanceId }]),
        ],
      }
    : {};

/** The cluster that search attributes name; empty: they name none. */
export const clusterIn = (attributes: TypedSearchAttributes | SearchAttributePair[] | undefined): string =>
  (attributes instanceof TypedSearchAttributes
    ? attributes
    : new TypedSearchAttributes(attributes ?? [])
  ).get(clusterKey) ?? '';

const names: readonly string[] = Object.values(searchAttributes);

/** All of them, for a server that is started with them. */
export const searchAttributeKeys = names.map((name) => defineSearchAttributeKey(name, 'KEYWORD'));

/** Number of the type in Temporal's API (`IndexedValueType`). */
const keyword = 2;
const typeNames: Record<number, string> = {
  1: 'Text',
  3: 'Int',
  4: 'Double',
  5: 'Bool',
  6: 'Datetime',
  7: 'KeywordList',
};

/** Looks which of the search attributes are registered in the namespace. */
export async function lookAtSearchAttributes(client: Client): Promise<SearchAttributes> {
  const { namespace } = client.options;
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    const found = new Map(Object.entries(customAttributes ?? {}));
    const taken = names.find((name) => (found.get(name) ?? keyword) !== keyword);
    if (taken !== undefined) {
      const type = found.get(taken);
      return { kind: 'taken', name: taken, type: typeNames[Number(type)] ?? String(type) };
    }
    const missing = names.filter((name) => !found.has(name));
    if (missing.length === 0) return { kind: 'there' };
    return { kind: 'missing', names: missing, ...(isOfCloud(client) && { elsewhere: true }) };
  } catch (err) {
    if (!isForbidden(err)) throw err;
    return { kind: 'unknown', names: [...names] };
  }
}

const isOfCloud = ({ connection }: Client): boolean =>
  connection instanceof Connection && isCloud(connection.options.address);

/** Registers search attributes as Keywords; false: Temporal does not let us, as Temporal Cloud lets nobody. */
export async function registerSearchAttributes(client: Client, missing: readonly string[]): Promise<boolean> {
  const { namespace } = client.options;
  try {
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
    });
    return true;
  } catch (err) {
    if (isForbidden(err)) return false;
    throw err;
  }
}
