import { createActivities } from '../../../activities/index.js';
import type { TemporalTarget } from '../../temporal/target.js';
import { createWorker } from '../../worker/create-worker.js';
import { createLogger } from '../../worker/logging.js';
import { connectWorker } from '../../worker/native-connection.js';
import { installRuntime } from '../../worker/telemetry.js';

/** A worker in this process. */
export interface DemoWorker {
  /** Drains it; it must be the last that uses the connection. */
  stop: () => Promise<void>;
}

/** Starts a worker that logs errors only: the demo shows the rest. */
export async function startDemoWorker(target: TemporalTarget): Promise<DemoWorker> {
  const log = createLogger({ level: 'error' });
  const runtime = installRuntime({ log, metricsPort: 0 });
  const connection = await connectWorker(target, log, new AbortController().signal);
  if (!connection) throw new Error(`the demo's worker cannot reach Temporal at ${target.address}`);
  const worker = await createWorker({
    connection,
    namespace: target.namespace,
    activities: createActivities(),
    shutdownGraceMs: 0,
  });
  const running = worker.run();
  return {
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
      await connection.close();
      await runtime.shutdown();
    },
  };
}
