import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { cutText } from '../model/bounds.js';
import { failureTypes } from '../model/failure-types.js';
import { awaitingDetail, instanceWorkflowId, taskQueue, whyWorkflowId } from '../model/names.js';
import type { ExplainInput, InstanceSight, World } from '../model/sight.js';
import {
  clusterStatus,
  instanceStatus,
  lastRollout,
  NoWorker,
  orFailed,
  workerIsPolling,
} from './rollouts.js';
import { messageOf, valuesOf } from './payloads.js';
import { describeSchedule } from './schedules.js';
import { foundBy } from './search-attributes.js';

/** Has a worker look at one instance, within `limitMs` milliseconds; null: the cluster has none of that id. Throws `RolloutFailed`. */
export async function lookAtInstance(
  client: Client,
  input: ExplainInput,
  limitMs: number,
): Promise<InstanceSight | null> {
  const { cluster, ec2InstanceId } = input;
  return orFailed(`the look at ${cluster.name}/${ec2InstanceId}`, () =>
    client.workflow.execute<(input: ExplainInput) => Promise<InstanceSight | null>>('explainInstance', {
      taskQueue,
      workflowId: whyWorkflowId(cluster.name, ec2InstanceId),
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowExecutionTimeout: limitMs,
      args: [input],
      staticSummary: `Why is ${ec2InstanceId} not updated?`,
      ...foundBy(input, ec2InstanceId),
    }),
  );
}

/** Reads what Temporal knows of an instance and its cluster. Needs no worker, but tells less without one. */
export async function readWorld(client: Client, cluster: string, ec2InstanceId: string): Promise<World> {
  const [isWorkerThere, schedule, rollout, work] = await Promise.all([
    workerIsPolling(client),
    readSchedule(client, cluster),
    lastRollout(client, cluster),
    describeWork(client, instanceWorkflowId(cluster, ec2InstanceId)),
  ]);
  return {
    isWorkerThere,
    schedule,
    rollout: rollout?.running
      ? {
          startedAt: rollout.startedAt.toISOString(),
          status: isWorkerThere ? await unlessUnanswered(() => clusterStatus(client, cluster)) : null,
        }
      : null,
    work: work && {
      workflowId: work.workflowId,
      startedAt: work.startTime.toISOString(),
      status: isWorkerThere ? await unlessUnanswered(() => instanceStatus(client, work.workflowId)) : null,
      awaiting: await awaitedBy(client, work),
    },
  };
}

/** A worker may leave, and a workflow may end, between two questions. */
async function unlessUnanswered<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (err) {
    if (err instanceof NoWorker || err instanceof WorkflowNotFoundError) return null;
    throw err;
  }
}

async function readSchedule(client: Client, cluster: string): Promise<World['schedule']> {
  const schedule = await describeSchedule(client, cluster);
  return (
    schedule && {
      isPaused: schedule.state.paused,
      note: cutText(schedule.state.note ?? ''),
      next: schedule.info.nextActionTimes[0]?.toISOString() ?? null,
    }
  );
}

/** A workflow that runs; null: none of that id does. */
async function describeWork(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | null> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    return description.status.name === 'RUNNING' ? description : null;
  } catch (err) {
    if (err instanceof WorkflowNotFoundError) return null;
    throw err;
  }
}

/** What the activities of a workflow say that they wait for, and what error they met last. */
async function awaitedBy(client: Client, { raw }: WorkflowExecutionDescription): Promise<string | null> {
  const said: string[] = [];
  for (const { heartbeatDetails, lastFailure } of raw.pendingActivities ?? []) {
    const details = await valuesOf(client, heartbeatDetails?.payloads);
    const awaiting = details.flatMap((one) => waitingSchema.safeParse(one).data?.[awaitingDetail] ?? []);
    said.push(...awaiting);
    // That nothing had come yet is said by what is awaited, where that is known.
    const isWaiting = lastFailure?.applicationFailureInfo?.type === failureTypes.stillWaiting;
    const failed = isWaiting && awaiting.length > 0 ? '' : await messageOf(client, lastFailure);
    if (failed) said.push(failed);
  }
  return said.length > 0 ? cutText(said.join('; ')) : null;
}

const waitingSchema = z.object({ [awaitingDetail]: z.string() });
