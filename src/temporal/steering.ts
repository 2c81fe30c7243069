import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { steerWorkflowId, taskQueue } from '../model/names.js';
import { orderText, type SteerInput } from '../model/steering-messages.js';
import { NoWorker, orFailed, workerIsPolling } from './rollouts.js';

/** An order was not carried out; the message says why. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/**
 * Has a worker carry out an operator's order, whether a rollout runs or not, and answers in a sentence what follows. While another order on the
 * same cluster or instance is being carried out, this one waits for its end. At most `limitMs` milliseconds. Throws {@link Refused} with
 * the reason, `NoWorker` and `RolloutFailed`.
 */
export async function steer(client: Client, input: SteerInput, limitMs = 600_000): Promise<string> {
  if (!(await workerIsPolling(client))) throw new NoWorker();
  const { cluster, order, instance } = input;
  const workflowId = steerWorkflowId(cluster, instance);
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      const handle = await client.workflow.start<(input: SteerInput) => Promise<string>>('steerCluster', {
        taskQueue,
        workflowId,
        workflowIdConflictPolicy: 'FAIL',
        workflowExecutionTimeout: limitMs,
        args: [input],
        staticSummary: orderText(order, input),
      });
      return await orFailed(`${order} on ${cluster}`, () => orRefused(handle.result()));
    } catch (err) {
      if (!(err instanceof WorkflowExecutionAlreadyStartedError) || Date.now() > deadline) throw err;
      await endOf(client, workflowId);
    }
  }
}

async function orRefused(result: Promise<string>): Promise<string> {
  try {
    return await result;
  } catch (err) {
    const { cause } = err instanceof WorkflowFailedError ? err : {};
    if (cause instanceof ApplicationFailure && cause.type === 'Refused')
      throw new Refused(cause.message, { cause: err });
    throw err;
  }
}

/** Waits until a workflow has closed, however it ends. */
async function endOf(client: Client, workflowId: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await handle.result().catch((err: unknown) => {
    if (!(err instanceof Error) || err instanceof WorkflowNotFoundError) throw err;
  });
}
