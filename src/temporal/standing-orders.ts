import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { steerWorkflowId, taskQueue } from '../model/names.js';
import type { OrderAnswer, SteerInput } from '../model/standing-orders.js';
import { NoWorker, orFailed, workerIsPolling } from './rollouts.js';

/**
 * Has a worker carry out a standing order, and answers what became of it. While another order on the cluster is being carried out, this
 * one waits for its end. At most `limitMs` milliseconds. Throws `NoWorker` and `RolloutFailed`.
 */
export async function carryOut(client: Client, input: SteerInput, limitMs: number): Promise<OrderAnswer> {
  if (!(await workerIsPolling(client))) throw new NoWorker();
  const workflowId = steerWorkflowId(input.cluster.name);
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      const handle = await client.workflow.start<(input: SteerInput) => Promise<OrderAnswer>>(
        'steerCluster',
        {
          taskQueue,
          workflowId,
          workflowIdConflictPolicy: 'FAIL',
          workflowExecutionTimeout: limitMs,
          args: [input],
          staticSummary: summaryOf(input),
        },
      );
      return await orFailed(`${input.order.kind} on ${input.cluster.name}`, () => handle.result());
    } catch (err) {
      if (!(err instanceof WorkflowExecutionAlreadyStartedError) || Date.now() > deadline) throw err;
      await endOf(client, workflowId);
    }
  }
}

/** Waits until a workflow has closed, however it ends. */
async function endOf(client: Client, workflowId: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await handle.result().catch((err: unknown) => {
    if (!(err instanceof Error) || err instanceof WorkflowNotFoundError) throw err;
  });
}

const summaryOf = ({ order, by }: SteerInput): string =>
  `${order.kind}${'instance' in order ? ` ${order.instance}` : ''} by ${by}`;
