import { hostname } from 'node:os';
import { Worker } from '@temporalio/worker';
import type { NativeConnection, WorkerOptions, WorkflowBundleOption } from '@temporalio/worker';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { taskQueue } from '../model/names.js';
import { workflowCode } from './workflow-code.js';

/** What a worker works on and with; several may live in one process. */
export interface WorkerSettings {
  connection: NativeConnection;
  /** An `Activities`, or what a test puts in its place. */
  activities: object;
  /** Default: `default`. */
  namespace?: string | undefined;
  /** Default: the product's. */
  taskQueue?: string | undefined;
  /** Default: {@link workflowCode}. */
  workflowBundle?: WorkflowBundleOption | undefined;
  /** How data is written and read; with a failure converter the bundle must have it, too. Default: the SDK's own way. */
  dataConverter?: WorkerOptions['dataConverter'] | undefined;
  /** Interceptors and sinks. Default: none. */
  more?: Pick<WorkerOptions, 'interceptors' | 'sinks'> | undefined;
  /** Name of this worker in histories. Default: {@link workerIdentity}. */
  identity?: string | undefined;
  /** Workflows kept in memory, 200 KB each. Default: 1000. */
  maxCachedWorkflows?: number | undefined;
  /** Version of this worker in a Worker Deployment. Default: none, it works for every version. */
  version?: WorkerDeploymentVersion | undefined;
  /** How long activities may go on after a shutdown is asked for, before they are cancelled. Default: 10 s. */
  shutdownGraceMs?: number | undefined;
}

/** Makes a worker for our workflows and activities; `run` or `runUntil` starts it. */
export async function createWorker(settings: WorkerSettings): Promise<Worker> {
  const shutdownGraceMs = settings.shutdownGraceMs ?? 10_000;
  return Worker.create({
    connection: settings.connection,
    namespace: settings.namespace ?? 'default',
    taskQueue: settings.taskQueue ?? taskQueue,
    workflowBundle: settings.workflowBundle ?? (await workflowCode()),
    activities: settings.activities,
    ...(settings.dataConverter && { dataConverter: settings.dataConverter }),
    ...settings.more,
    identity: settings.identity ?? workerIdentity(),
    ...(settings.version && { workerDeploymentOptions: versioned(settings.version) }),
    maxCachedWorkflows: settings.maxCachedWorkflows ?? 1000,
    // Waiting for hosts holds a slot while it polls, but costs next to nothing.
    maxConcurrentActivityTaskExecutions: 500,
    maxConcurrentWorkflowTaskExecutions: 100,
    workflowTaskPollerBehavior: { type: 'autoscaling' },
    activityTaskPollerBehavior: { type: 'autoscaling' },
    // A cancel reaches an activity with the answer to a heartbeat; the SDK would send one only every 80 % of its time limit.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: shutdownGraceMs,
    // Well within the 30 s that ECS gives a container to stop.
    shutdownForceTime: shutdownGraceMs + 15_000,
  });
}

/**
 * A rollout moves on with the current version: it may be paused for a month, in which no worker of its own version need be kept, and a
 * host that is out of service must be given back by whoever works now. That it can move is what the recorded histories prove.
 */
const versioned = (
  version: WorkerDeploymentVersion,
): NonNullable<WorkerOptions['workerDeploymentOptions']> => ({
  version,
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'AUTO_UPGRADE',
});

/** The ECS task this runs as, or process and host. */
export function workerIdentity(env: NodeJS.ProcessEnv = process.env): string {
  // …/v4/<id of the task, without dashes>-<container>: ECS developer guide, task metadata endpoint version 4.
  const task = /\/v4\/([0-9a-f]+)-/.exec(env['ECS_CONTAINER_METADATA_URI_V4'] ?? '')?.[1];
  return task === undefined ? `${process.pid}@${hostname()}` : `ecs-task/${task}`;
}
