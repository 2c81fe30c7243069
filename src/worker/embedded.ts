import type { NativeConnection, Worker, WorkflowBundleOption } from '@temporalio/worker';
import type { DataConverter, WorkerDeploymentVersion } from '@temporalio/common';
import type { Activities } from '../../activities/types.js';

/** What a worker in a process of yours works on and with. */
export interface EmbeddedWorkerSettings {
  /** Of the same `@temporalio/worker` that this package has: `npm ls @temporalio/worker` shows one. */
  connection: NativeConnection;
  /** Default: `default`. */
  namespace?: string | undefined;
  /** Default: {@link taskQueue}, to which the Schedules of `ecs-updater apply` send their rollouts. */
  taskQueue?: string | undefined;
  /** Activities of your own, beside ours and under other names. Default: none. */
  activities?: object | undefined;
  /** A bundle that has our workflows among others, with the `failureConverterPath` of {@link createDataConverter}. Default: {@link workflowCode}. */
  workflowBundle?: WorkflowBundleOption | undefined;
  /** Name of the worker in histories. Default: the ECS task that it runs as, or process and host. */
  identity?: string | undefined;
  /** Workflows kept in memory, 200 KB each. Default: 1000. */
  maxCachedWorkflows?: number | undefined;
  /** Version of the worker in a Worker Deployment. Default: none, it works for every version. */
  version?: WorkerDeploymentVersion | undefined;
  /** How long activities may go on after a shutdown is asked for, in milliseconds. Default: 10,000. */
  shutdownGraceMs?: number | undefined;
}

/**
 * Makes a worker that does what `ecs-updater worker` does, in your process; its `run` or `runUntil` starts it. Metrics go where the `Runtime` of
 * the process sends them. It encrypts as {@link createDataConverter} says. Throws if an activity of yours has the name of one of ours, or the
 * keys do not open what stands in the namespace, and whatever `Worker.create` throws.
 */
export async function createWorker({
  activities = {},
  ...settings
}: EmbeddedWorkerSettings): Promise<Worker> {
  const ours = await createActivities();
  const [taken] = Object.keys(activities).filter((name) => name in ours);
  if (taken !== undefined)
    throw new Error(`activities has ${taken}, which is the name of one of ours. Give it another.`);
  const { conversionFor, keyRingFrom } = await encryption();
  const { dataConverter, codec } = await conversionFor(keyRingFrom(process.env));
  const { Client } = await import('@temporalio/client');
  const { assertReadable } = await import('../temporal/encryption/readable.js');
  const { connection, namespace = 'default' } = settings;
  await assertReadable(new Client({ connection, namespace, dataConverter }), codec);
  const worker = await import('./create-worker.js');
  return worker.createWorker({
    ...settings,
    activities: { ...ours, ...activities },
    dataConverter,
    workflowBundle: settings.workflowBundle ?? (await workflowCode()),
  });
}

/**
 * For every `Client` of your own, and for a `Worker.create`: encrypts what is written to Temporal with the keys of `ECS_UPDATER_ENCRYPTION_KEYS`, or of
 * the file that `ECS_UPDATER_ENCRYPTION_KEYS_FILE` names, and reads it again. Without keys it encrypts nothing, and what is encrypted is an error
 * that names the key. Throws where keys cannot be read, or KMS does not decrypt one.
 */
export async function createDataConverter(): Promise<DataConverter> {
  const { conversionFor, keyRingFrom } = await encryption();
  return (await conversionFor(keyRingFrom(process.env))).dataConverter;
}

async function encryption() {
  const { conversionFor } = await import('../temporal/encryption/data-converter.js');
  const { keyRingFrom } = await import('../temporal/encryption/key-ring.js');
  return { conversionFor, keyRingFrom };
}

/**
 * Our activities, for a `Worker.create` of your own. The AWS SDK finds credentials and endpoints by its usual variables and profiles; requests are
 * counted in the metrics of the process's `Runtime`, which must be installed before.
 */
export async function createActivities(): Promise<Activities> {
  const { Runtime } = await import('@temporalio/worker');
  const { createActivities: make } = await import('../../activities/index.js');
  const { clientsByPlace } = await import('../aws/clients.js');
  const { awsCallMetrics } = await import('./metrics/aws-calls.js');
  return make(clientsByPlace(awsCallMetrics(Runtime.instance().metricMeter)));
}

/** Our workflows, bundled, as the `workflowBundle` of a `Worker.create` of your own that has {@link createDataConverter}. */
export async function workflowCode(): Promise<WorkflowBundleOption> {
  const { workflowCode: bundled } = await import('./workflow-code.js');
  const { keyRingFrom } = await encryption();
  return bundled({ encoding: keyRingFrom(process.env) !== undefined });
}
