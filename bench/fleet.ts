import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { createClients } from '../src/aws/clients.js';
import { findCluster } from '../src/aws/cluster.js';
import { putDocuments } from '../src/aws/documents.js';
import { parseSettings, type SettingsText } from '../src/config/settings.js';
import type { RolloutInput } from '../src/model/steering.js';
import { plainScenario } from '../src/simulator/plain-scenario.js';
import { type Simulator, startSimulator } from '../src/simulator/simulator.js';
import { connectClient } from '../src/temporal/connection.js';
import { startDevServer } from '../src/temporal/dev-server.js';
import { putSchedule } from '../src/temporal/schedules.js';

const principal = 'AKIABENCH';

/** A plain fleet at real speed, a Temporal server, and a worker in a process of its own. */
export interface BenchFleet {
  simulator: Simulator;
  client: Client;
  input: RolloutInput;
  /** Most memory that the worker has had so far, bytes; null where the system does not tell. */
  workerPeakBytes: () => Promise<number | null>;
  close: () => Promise<void>;
}

/** Hosts and schedulers a few times as quick as real ones, so that what we add stands out and the bench ends. */
const timings = {
  ecs: {
    schedulerReaction: [0.5, 2] as const,
    taskStart: [1, 3] as const,
    healthyAfter: 5,
    taskStop: [1, 5] as const,
  },
  host: {
    prepare: [8000, 15_000] as const,
    shutdown: [1000, 3000] as const,
    boot: [8000, 15_000] as const,
    ecsAgent: [1000, 4000] as const,
    ssmAgent: [2000, 6000] as const,
  },
};

/** Starts everything and schedules the cluster. */
export async function startBenchFleet(instances: number, settings: SettingsText): Promise<BenchFleet> {
  const cluster = 'bench';
  const server = await startDevServer({ uiPort: false });
  const simulator = await startSimulator({ scenario: plainScenario({ instances, cluster }), timings });
  const environment = {
    AWS_ENDPOINT_URL: simulator.url,
    AWS_REGION: simulator.fleet.scenario.region,
    AWS_ACCESS_KEY_ID: principal,
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  Object.assign(process.env, environment);
  const program = fileURLToPath(new URL('../../bin/ecs-updater.js', import.meta.url));
  const worker = spawn(
    process.execPath,
    [program, 'worker', '--metrics-port', '0', '--health-port', '0', '--log-level', 'error', '--grace', '1s'],
    { stdio: 'inherit', env: { ...process.env, ...environment, TEMPORAL_ADDRESS: server.address } },
  );
  const { client, close } = await connectClient({
    address: server.address,
    namespace: server.namespace,
    connectionOptions: { address: server.address },
  });
  const { ecs, ssm } = createClients();
  const { arn, region } = await findCluster(ecs, cluster);
  const { documents } = await putDocuments(ssm, false);
  const input = { cluster: { name: cluster, arn, region }, documents, settings: parseSettings(settings) };
  await putSchedule(client, input, { cron: ['0 0 1 1 *'], timeZone: 'Etc/UTC', jitterMs: 0 });
  return {
    simulator,
    client,
    input,
    workerPeakBytes: () => peakBytes(worker.pid),
    close: async () => {
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      worker.kill('SIGTERM');
      await ended;
      await close();
      await simulator.close();
      await server.close();
    },
  };
}

/** Linux keeps the peak of each process's resident memory. */
async function peakBytes(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid ?? 0}/status`, 'utf8').catch(() => '');
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}
