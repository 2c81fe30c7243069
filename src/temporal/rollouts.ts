import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  QueryNotRegisteredError,
  QueryRejectedError,
  type ScheduleDescription,
  ScheduleOverlapPolicy,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { rootCause, TerminatedFailure } from '@temporalio/common';
import { isDeadlineExceeded, isUnattended } from './errors.js';
import { fewOf } from '../model/few-at-once.js';
import { clusterWorkflowId, instanceWorkflowId, scheduleId, taskQueue } from '../model/names.js';
import type { ResultGroup, RolloutPlan, RolloutReport } from '../model/report.js';
import { explainSchedulePause, type SchedulePause } from '../model/schedule-pause.js';
import { pauseOf } from './schedules.js';
import { foundBy } from './search-attributes.js';
import {
  type ClusterStatus,
  type InstanceStatus,
  type RolloutInput,
  statusQueryName,
} from '../model/steering.js';

/** A rollout's workflow, as the server knows it without a worker. */
export interface Rollout {
  workflowId: string;
  runId: string;
  running: boolean;
  /** RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, … */
  status: string;
  startedAt: Date;
  closedAt: Date | undefined;
}

/** A rollout was not started because one is running. */
export class RolloutRunning extends Error {
  override readonly name = 'RolloutRunning';
}

/** The newest rollout of a cluster; null: there has been none within the server's retention. */
export async function lastRollout(client: Client, cluster: string): Promise<Rollout | null> {
  const description = await describe(client, clusterWorkflowId(cluster));
  return (
    description && {
      workflowId: description.workflowId,
      runId: description.runId,
      running: description.status.name === 'RUNNING',
      status: description.status.name,
      startedAt: description.startTime,
      closedAt: description.closeTime,
    }
  );
}

async function describe(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | null> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (err) {
    if (err instanceof WorkflowNotFoundError) return null;
    throw err;
  }
}

/** A rollout was not started because its cluster is paused. */
export class ClusterPaused extends Error {
  override readonly name = 'ClusterPaused';

  constructor(
    cluster: string,
    readonly pause: SchedulePause,
  ) {
    super(explainSchedulePause(cluster, pause));
  }
}

/**
 * Triggers a cluster's Schedule and waits, at most `limitMs` milliseconds, until its rollout has begun. Throws
 * {@link RolloutRunning} if one was running, {@link ClusterPaused} unless `ignorePause`, {@link NoWorker} if nobody is there to take it up,
 * or took it up in time.
 */
export async function triggerRollout(
  client: Client,
  cluster: string,
  limitMs: number,
  { ignorePause = false } = {},
): Promise<Rollout> {
  const previous = await lastRollout(client, cluster);
  if (previous?.running) {
    throw new RolloutRunning(`a rollout of ${cluster} is running: ${previous.workflowId}`);
  }
  const handle = client.schedule.getHandle(scheduleId(cluster));
  const schedule = await handle.describe();
  const pause = pauseOf(schedule);
  if (pause && !ignorePause) throw new ClusterPaused(cluster, pause);
  if (!(await workerAppears(client, appearsWithinMs))) throw new NoWorker();
  let skips = schedule.info.numActionsSkippedOverlap;
  // Without a policy of its own a trigger means ALLOW_ALL, and its run is not seen by later SKIPs.
  await handle.trigger(ScheduleOverlapPolicy.SKIP);
  const deadline = Date.now() + limitMs;
  for (;;) {
    const { info } = await handle.describe();
    const rollout = await lastRollout(client, cluster);
    if (info.numActionsSkippedOverlap > skips) {
      if (rollout?.running || Date.now() > deadline)
        throw new RolloutRunning(overlap(cluster, rollout, info));
      // Who started the rollout before ends some moments after it.
      skips = info.numActionsSkippedOverlap;
      await handle.trigger(ScheduleOverlapPolicy.SKIP);
    } else if (rollout && rollout.runId !== previous?.runId) return rollout;
    if (Date.now() > deadline) {
      throw new NoWorker(
        `the rollout of ${cluster} was triggered, but no worker has begun it within ${limitMs / 1000} s; it begins as soon as one does`,
      );
    }
    await sleep(200);
  }
}

/** Why the Schedule started nothing. */
function overlap(
  cluster: string,
  rollout: Rollout | null,
  { runningActions }: ScheduleDescription['info'],
): string {
  if (rollout?.running) return `a rollout of ${cluster} is running: ${rollout.workflowId}`;
  const starters = runningActions.map(({ workflow }) => workflow.workflowId).join(', ');
  return `the rollout of ${cluster} is over, but its Schedule still waits for ${starters}. Should no worker end that, terminate it`;
}

/** A worker that has just been started polls some moments later. */
const appearsWithinMs = 3000;

async function workerAppears(client: Client, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (!(await workerIsPolling(client))) {
    if (Date.now() > deadline) return false;
    await sleep(200);
  }
  return true;
}

/** Whether a worker asked for work lately; without one queries would hang. */
export async function workerIsPolling(client: Client): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
  });
  // A worker's poll lasts at most a minute, after which it is seen again (Temporal, long poll of task queues).
  const lately = Date.now() / 1000 - 90;
  return (pollers ?? []).some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) > lately);
}

/** No worker answered in time. */
export class NoWorker extends Error {
  override readonly name = 'NoWorker';

  constructor(fact = `no worker polls the task queue ${taskQueue}`) {
    super(`${fact}. Start one with: ecs-updater worker`);
  }
}

const answersWithinMs = 20_000;

/** Makes a call that a worker has to answer. Throws {@link NoWorker} instead of hanging. */
async function asking<T>(client: Client, call: () => Promise<T>): Promise<T> {
  if (!(await workerIsPolling(client))) throw new NoWorker();
  try {
    return await client.withDeadline(Date.now() + answersWithinMs, call);
  } catch (err) {
    if (isDeadlineExceeded(err) || isUnattended(err)) throw new NoWorker();
    throw err;
  }
}

/** Asks a cluster's newest rollout, running or ended, or the run of one that is named. Needs a worker. */
export async function clusterStatus(client: Client, cluster: string, runId?: string): Promise<ClusterStatus> {
  return asking(client, () =>
    client.workflow.getHandle(clusterWorkflowId(cluster), runId).query<ClusterStatus>(statusQueryName),
  );
}

/** Asks the workflow of an instance, its newest run or the one that is named; null: it has just ended, or not begun. */
export async function instanceStatus(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<InstanceStatus | null> {
  try {
    return await client.workflow.getHandle(workflowId, runId).query<InstanceStatus>(statusQueryName);
  } catch (err) {
    if (
      err instanceof WorkflowNotFoundError ||
      err instanceof QueryNotRegisteredError ||
      err instanceof QueryRejectedError
    ) {
      return null;
    }
    throw err;
  }
}

/** A rollout, or a plan, ended without a result; the message says why. */
export class RolloutFailed extends Error {
  override readonly name = 'RolloutFailed';
}

/** Waits for the newest rollout of a cluster. Throws {@link RolloutFailed} if it gave no report. */
export async function rolloutResult(client: Client, cluster: string): Promise<RolloutReport> {
  const workflowId = clusterWorkflowId(cluster);
  return orFailed(`the rollout of ${cluster}`, () =>
    client.workflow.getHandle<() => Promise<RolloutReport>>(workflowId).result(),
  );
}

/** The SDK's own sentence is `Workflow execution failed`; what a person wants to know is its innermost cause. */
export async function orFailed<T>(what: string, result: () => Promise<T>): Promise<T> {
  try {
    return await result();
  } catch (err) {
    if (!(err instanceof WorkflowFailedError)) throw err;
    const { cause = err } = err;
    const how = cause instanceof TerminatedFailure ? 'was terminated' : 'failed';
    throw new RolloutFailed(`${what} ${how}: ${rootCause(cause) ?? cause.message}`, { cause: err });
  }
}

/** Runs the plan of a cluster on a worker and returns it. Throws {@link RolloutFailed}. */
export async function planRollout(
  client: Client,
  input: RolloutInput,
  limitMs: number,
): Promise<RolloutPlan> {
  if (!(await workerIsPolling(client))) throw new NoWorker();
  const plan = await orFailed(`the plan of ${input.cluster.name}`, () =>
    client.workflow.execute<(input: RolloutInput) => Promise<RolloutPlan>>('planCluster', {
      taskQueue,
      workflowId: `${clusterWorkflowId(input.cluster.name)}:plan`,
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowExecutionTimeout: limitMs,
      args: [input],
      staticSummary: `Plan ${input.cluster.name}`,
      ...foundBy(input),
    }),
  );
  return { ...plan, groups: await withWorkInHand(client, plan) };
}

/** Workflows that are described at the same time. */
const describedAtOnce = 20;

const isLeft = ({ result }: ResultGroup): boolean =>
  result.kind === 'skipped' && result.reason.code === 'left-behind';

/** What a plan takes for left behind may be in the hands of a workflow, of which the workflow of the plan knows nothing. */
async function withWorkInHand(client: Client, { cluster, groups }: RolloutPlan): Promise<ResultGroup[]> {
  const left = groups
    .filter(isLeft)
    .flatMap(({ result, ec2InstanceIds }) =>
      ec2InstanceIds.map((ec2InstanceId) => ({ result, ec2InstanceId })),
    );
  const looked = await fewOf(
    describedAtOnce,
    left,
    async ({ result, ec2InstanceId }): Promise<ResultGroup> => {
      const workflowId = instanceWorkflowId(cluster, ec2InstanceId);
      const isRunning = (await describe(client, workflowId))?.status.name === 'RUNNING';
      return {
        result: isRunning
          ? { kind: 'skipped', reason: { code: 'handled-by-another-run', workflowId } }
          : result,
        ec2InstanceIds: [ec2InstanceId],
      };
    },
  );
  return [...groups.filter((group) => !isLeft(group)), ...looked];
}
