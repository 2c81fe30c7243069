import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { notifyWorkflowId, taskQueue } from '../model/names.js';
import type { Delivery, NotifyInput, NotifyResult } from '../model/notice.js';
import { testNotice } from '../model/notice-events.js';
import type { RolloutInput } from '../model/steering.js';
import { NoWorker, orFailed, workerIsPolling } from './rollouts.js';
import { foundBy } from './search-attributes.js';

/**
 * Has a worker send a test message to all targets of a cluster, for at most `limitMs` milliseconds, and answers who got it. Throws
 * `NoWorker` and `RolloutFailed`.
 */
export async function sendTestMessage(
  client: Client,
  { cluster, settings, searchAttributes, notify = [] }: RolloutInput,
  by: string,
  limitMs: number,
): Promise<Delivery[]> {
  if (!(await workerIsPolling(client))) throw new NoWorker();
  const { answerMs, tryMs } = settings.notifications;
  const notice = testNotice(cluster, randomUUID(), by, new Date().toISOString());
  const input: NotifyInput = {
    notice,
    targets: notify,
    limits: { answerMs, tryMs: Math.min(tryMs, limitMs) },
  };
  const { deliveries } = await orFailed(`the test message for ${cluster.name}`, () =>
    client.workflow.execute<(input: NotifyInput) => Promise<NotifyResult>>('notify', {
      taskQueue,
      workflowId: notifyWorkflowId(cluster.name, notice.id),
      // Past the last attempt, which may begin just before the limit.
      workflowExecutionTimeout: limitMs + answerMs + 60_000,
      args: [input],
      staticSummary: `Test message by ${by}`,
      ...foundBy({ cluster, ...(searchAttributes && { searchAttributes }) }),
    }),
  );
  return deliveries;
}
