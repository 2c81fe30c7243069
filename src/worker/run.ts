import { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { type NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Activities } from '../../activities/types.js';
import type { CallObserver } from '../aws/calls.js';
import { conversionFor } from '../temporal/encryption/data-converter.js';
import { assertReadable } from '../temporal/encryption/readable.js';
import { temporalTarget } from '../temporal/target.js';
import type { TemporalTarget } from '../temporal/target.js';
import { createWorker } from './create-worker.js';
import { startHealthServer, temporalAnswers } from './health.js';
import type { HealthServer, HealthSources } from './health.js';
import { createLogger } from './logging.js';
import { awsCallMetrics } from './metrics/aws-calls.js';
import { showBuildInfo } from './metrics/build-info.js';
import { watchFleet } from './metrics/watch-fleet.js';
import { connectWorker, keepApiKey } from './native-connection.js';
import { installRuntime } from './telemetry.js';
import type { Tracing } from './tracing.js';
import { workflowCode } from './workflow-code.js';

/** How the worker process runs; everything but the activities has a default. */
export interface RunWorkerOptions {
  /** Makes the activities; their AWS clients are to tell the observer of each request. */
  createActivities: (observe: CallObserver) => Activities;
  /** Default: what Temporal's variables and profiles say. */
  target?: TemporalTarget;
  /** Port of `/metrics`; 0 for none. Default: 9464. */
  metricsPort?: number;
  /** Port of `/livez` and `/readyz`; 0 for none. Default: 8080. */
  healthPort?: number;
  /** Pause between two looks at all clusters for the metrics, in milliseconds. Default: 30 s. */
  metricsEveryMs?: number;
  /** Default: `info`. */
  logLevel?: string;
  /** Version of this worker in a Worker Deployment. Default: none, it works for every version. */
  version?: WorkerDeploymentVersion | undefined;
  /** How long activities may go on after SIGTERM. Default: 10 s. */
  shutdownGraceMs?: number;
}

/** Runs a worker in this process until SIGTERM or SIGINT; then lets what is in flight end or hand over, and returns. */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const target = options.target ?? temporalTarget();
  const { dataConverter, codec, secrets } = await conversionFor(target.encryption);
  const log = createLogger({
    level: options.logLevel ?? 'info',
    secrets: [...secretsOf(target), ...secrets],
  });
  const metricsPort = options.metricsPort ?? 9464;
  const runtime = installRuntime({ log, metricsPort });
  const tracing = await tracingFor(process.env, log);
  const stop = stopSignal();

  let connection: NativeConnection | undefined;
  let worker: Worker | undefined;
  const over = new AbortController();
  let watching = Promise.resolve();
  let keeping = Promise.resolve();
  const health = await healthServer(options.healthPort ?? 8080, {
    state: () => worker?.getState() ?? 'CONNECTING',
    temporalAnswers: async () => connection !== undefined && temporalAnswers(connection),
  });
  try {
    connection = await connectWorker(target, log, stop);
    if (connection === undefined) return;
    if (target.apiKeyFile !== undefined)
      keeping = keepApiKey(connection, target.apiKeyFile, log, over.signal);
    // Not the runtime from above: the SDK ends it with a connection that failed, and makes another.
    const { metricMeter: meter } = Runtime.instance();
    showBuildInfo(meter);
    const activities = options.createActivities(observing(awsCallMetrics(meter), tracing?.observe));
    const { namespace } = target;
    const { shutdownGraceMs, version } = options;
    const client = new Client({ connection, namespace, dataConverter });
    await assertReadable(client, codec);
    worker = await createWorker({
      connection,
      namespace,
      activities,
      shutdownGraceMs,
      version,
      dataConverter,
      workflowBundle: await workflowCode({
        traced: tracing !== undefined,
        encoding: codec.writer !== undefined,
      }),
      more: tracing?.worker,
    });
    log.info(`working on ${worker.options.taskQueue} at ${target.address} (namespace ${namespace})`);
    if (codec.writer !== undefined) log.info(`data is encrypted with the key ${codec.writer}`);
    if (version) log.info(getsWork(version));
    const running = worker.run();
    if (metricsPort !== 0) {
      const everyMs = options.metricsEveryMs ?? 30_000;
      const { taskQueue } = worker.options;
      watching = watchFleet({
        client,
        meter,
        log,
        taskQueue,
        everyMs,
        stop: AbortSignal.any([stop, over.signal]),
      }).catch((err: unknown) =>
        log.error({ err }, 'the state of the clusters is not in the metrics any more'),
      );
    }
    if (stop.aborted && worker.getState() === 'RUNNING') worker.shutdown();
    await running;
    log.info('drained; nothing of this worker is in flight any more');
  } finally {
    over.abort();
    await watching;
    await keeping;
    await health?.close();
    await connection?.close();
    await tracing?.close().catch((err: unknown) => log.warn({ err }, 'traces are lost'));
    await runtime.shutdown();
  }
}

/** A versioned worker that nobody made current waits in silence: its log says what it waits for. */
const getsWork = ({ deploymentName, buildId }: WorkerDeploymentVersion): string =>
  `version ${buildId} of the deployment ${deploymentName} gets work once it is current: temporal worker deployment ` +
  `set-current-version --deployment-name ${deploymentName} --build-id ${buildId}`;

/** Where tracing is asked for by OpenTelemetry's own variables, it is loaded. */
async function tracingFor(env: NodeJS.ProcessEnv, log: Logger): Promise<Tracing | undefined> {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint || env['OTEL_SDK_DISABLED'] === 'true') return undefined;
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  if (protocol && protocol !== 'http/protobuf')
    log.warn(`OTEL_EXPORTER_OTLP_PROTOCOL ${protocol} is not spoken here: traces are sent as http/protobuf.`);
  const { startTracing } = await import('./tracing.js');
  const tracing = startTracing(log);
  log.info(`traces are sent to ${endpoint}`);
  return tracing;
}

const observing =
  (...observers: (CallObserver | undefined)[]): CallObserver =>
  (call) => {
    for (const observe of observers) observe?.(call);
  };

/** What of a profile in `temporal.toml` must not be logged. */
const secretsOf = ({ connectionOptions: { apiKey } }: TemporalTarget): string[] =>
  typeof apiKey === 'string' ? [apiKey] : [];

/** Of a signal that comes before there is a worker; the SDK shuts a worker down by itself. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

async function healthServer(port: number, sources: HealthSources): Promise<HealthServer | undefined> {
  return port === 0 ? undefined : startHealthServer(port, sources);
}
