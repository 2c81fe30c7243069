import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { clusterWorkflowId, instanceWorkflowId } from '../src/model/names.js';
import type { SteerInput, SteeringPayload } from '../src/model/steering-messages.js';
import type { Activities } from './types.js';

/**
 * Passes an order on to the rollout of a cluster that runs. What may come too late for an instance in flight goes to that instance's own
 * workflow, which alone knows its phase.
 */
export async function tellRollout(order: SteerInput): ReturnType<Activities['tellRollout']> {
  const { cluster, order: name, ...payload } = order;
  const { instance, reason, by } = payload;
  if (instance !== undefined && (name === 'skip' || name === 'cancel')) {
    const own = { ...(reason !== undefined && { reason }), ...(by !== undefined && { by }) };
    const told = await tell(instanceWorkflowId(cluster, instance), name, own);
    if (told.kind !== 'no-rollout') return told;
  }
  return tell(clusterWorkflowId(cluster), name, payload);
}

async function tell(
  workflowId: string,
  name: string,
  payload: SteeringPayload,
): ReturnType<Activities['tellRollout']> {
  const { client, info } = Context.current();
  try {
    const sentence = await client.workflow
      .getHandle(workflowId)
      .executeUpdate<string, [SteeringPayload]>(name, {
        args: [payload],
        // A second attempt is answered what the first would have been.
        updateId: `${info.workflowExecution?.runId ?? ''}.${info.activityId}`,
      });
    return { kind: 'done', sentence };
  } catch (err) {
    if (err instanceof WorkflowNotFoundError) return { kind: 'no-rollout' };
    if (err instanceof WorkflowUpdateFailedError)
      return { kind: 'refused', sentence: err.cause?.message ?? err.message };
    throw err;
  }
}
