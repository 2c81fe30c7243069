import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { scheduleId, taskQueue } from '../../model/names.js';
import type { EncryptionCodec } from './codec.js';

/** Newest workflows that are looked at: more would show no other key. */
const newest = 20;

/**
 * Looks whether the codec opens what is there, in the memos of our Schedules and of the newest workflows: whoever lacks a key hears of it
 * before anything is done. Throws a `PayloadKeyError`; where Temporal does not say, there is nothing to look at.
 */
export async function assertReadable(client: Client, codec: EncryptionCodec): Promise<void> {
  const { namespace } = client.options;
  const [schedules, executions] = await Promise.allSettled([
    client.workflowService.listSchedules({ namespace, maximumPageSize: 1000 }),
    client.workflowService.listWorkflowExecutions({
      namespace,
      pageSize: newest,
      query: `TaskQueue = '${taskQueue}'`,
    }),
  ]);
  const memos: Record<string, Payload>[] = [];
  if (schedules.status === 'fulfilled') {
    const ours = (schedules.value.schedules ?? []).filter((one) =>
      one.scheduleId?.startsWith(scheduleId('')),
    );
    memos.push(...ours.map(({ memo }) => memo?.fields ?? {}));
  }
  if (executions.status === 'fulfilled')
    memos.push(...(executions.value.executions ?? []).map(({ memo }) => memo?.fields ?? {}));
  await codec.decode(memos.flatMap((fields) => Object.values(fields)));
}
