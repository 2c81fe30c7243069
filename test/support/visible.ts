import type { Client, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { z } from 'zod';
import { searchAttributes } from '../../src/model/names.js';
import { lookAtSearchAttributes, registerSearchAttributes } from '../../src/temporal/search-attributes.js';
import { eventually } from './eventually.js';

/** Registers our search attributes in the namespace of a client. */
export async function registerAll(client: Client): Promise<void> {
  const found = await lookAtSearchAttributes(client);
  if (found.kind === 'taken') throw new Error(`${found.name} is there as ${found.type}`);
  if (found.kind === 'there') return;
  await registerSearchAttributes(client, found.names);
  // The time-skipping server has them at once, and tells of none.
  if (found.kind === 'unknown') return;
  await eventually(
    'the search attributes are there',
    async () => (await lookAtSearchAttributes(client)).kind === 'there',
  );
}

type Fields = Record<string, Payload> | null | undefined;

const values = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, payload]) => [
      name,
      defaultPayloadConverter.fromPayload(payload),
    ]),
  );

/** What a history says of how its workflow is found, and shown in lists. */
export interface Visible {
  /** Search attributes and memo of its start. */
  start: { attributes: Record<string, unknown>; memo: Record<string, unknown> };
  /** Each upsert of search attributes of ours, in order. */
  upserts: Record<string, unknown>[];
  /** Each upsert of the memo, in order. */
  memos: Record<string, unknown>[];
}

const ours: ReadonlySet<string> = new Set(Object.values(searchAttributes));

/** Those of our search attributes: the SDK upserts some of its own. */
const onlyOurs = (attributes: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => ours.has(name)));

/** Reads that from a workflow's history. */
export async function visibleOf(handle: WorkflowHandle): Promise<Visible> {
  const { events } = await handle.fetchHistory();
  const all = events ?? [];
  const start = all[0]?.workflowExecutionStartedEventAttributes;
  return {
    start: {
      attributes: onlyOurs(values(start?.searchAttributes?.indexedFields)),
      memo: values(start?.memo?.fields),
    },
    upserts: all
      .flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upsert }) =>
        upsert ? [onlyOurs(values(upsert.searchAttributes?.indexedFields))] : [],
      )
      .filter((upsert) => Object.keys(upsert).length > 0),
    memos: all.flatMap(({ workflowPropertiesModifiedEventAttributes: change }) =>
      change ? [values(change.upsertedMemo?.fields)] : [],
    ),
  };
}

const metadata = z.object({ currentDetails: z.string() });

/** What Temporal's UI shows as the current details of a workflow. */
export async function detailsOf(handle: WorkflowHandle): Promise<string> {
  return metadata.parse(await handle.query('__temporal_workflow_metadata')).currentDetails;
}
