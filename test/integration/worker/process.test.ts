import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { scheduleId, taskQueue } from '../../../src/model/names.js';
import { startAgain } from '../../../chaos/server.js';
import type { DevServer } from '../../../src/temporal/dev-server.js';
import { freePort } from '../../../src/temporal/servers/ports.js';

const ecsUpdater = fileURLToPath(new URL('../../../bin/ecs-updater.js', import.meta.url));

interface WorkerProcess {
  child: ChildProcess;
  metrics: string;
  health: string;
  log: () => string;
}

async function startWorkerProcess(address: string): Promise<WorkerProcess> {
  const [metricsPort, healthPort] = [await freePort(), await freePort()];
  const ports = ['--metrics-port', String(metricsPort), '--health-port', String(healthPort)];
  const paces = ['--grace', '1s', '--metrics-interval', '1s'];
  const child = spawn(process.execPath, [ecsUpdater, 'worker', ...ports, ...paces], {
    env: { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
  return {
    child,
    metrics: `http://127.0.0.1:${metricsPort}/metrics`,
    health: `http://127.0.0.1:${healthPort}`,
    log: () => log,
  };
}

async function status(url: string): Promise<number> {
  return fetch(url).then(
    (response) => response.status,
    () => 0,
  );
}

/** What a worker shows of a cluster whose Schedule is paused. */
const paused = (value: string) => `ecs_updater_paused{cluster="prod",what="schedule"} ${value}\n`;

const textOf = (url: string) => fetch(url).then((response) => response.text());

const eventually = { timeout: 30_000, interval: 200 };

describe('the worker process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'worker-process-'));
  const dbFile = join(folder, 'temporal.db');
  let port = 0;
  let server: DevServer;
  let worker: WorkerProcess;

  beforeAll(async () => {
    port = await freePort();
    worker = await startWorkerProcess(`127.0.0.1:${port}`);
  });
  afterAll(async () => {
    worker.child.kill('SIGKILL');
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('waits for a Temporal that is not there yet: alive, not ready, and saying so', async () => {
    await vi.waitFor(async () => expect(await status(`${worker.health}/livez`)).toBe(200), eventually);
    expect(await status(`${worker.health}/readyz`)).toBe(503);
    await vi.waitFor(() =>
      expect(worker.log()).toContain(`"msg":"Temporal at 127.0.0.1:${port} (namespace default)`),
    );
    expect(worker.log()).toMatch(/cannot be reached: Connection refused\. .* Trying again in 0\.5 s/);
  });

  test('is ready when Temporal has come, and serves metrics', async () => {
    server = await startAgain(dbFile, port);
    await vi.waitFor(async () => expect(await status(`${worker.health}/readyz`)).toBe(200), eventually);
    expect(await status(`${worker.health}/livez`)).toBe(200);
    const metrics = await textOf(worker.metrics);
    expect(metrics).toContain('temporal_worker_start');
    expect(metrics).toContain('ecs_updater_build_info{');
    expect(await status(`${worker.health}/`)).toBe(404);
  });

  test('shows the clusters that have a Schedule, and those that it cannot learn of as unknown', async () => {
    const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
    onTestFinished(() => connection.close());
    await new Client({ connection }).schedule.create({
      scheduleId: scheduleId('prod'),
      spec: {},
      action: { type: 'startWorkflow', workflowType: 'startRollout', taskQueue },
      state: { paused: true },
    });
    await vi.waitFor(async () => expect(await textOf(worker.metrics)).toContain(paused('1')), eventually);
    await server.close();
    await vi.waitFor(async () => expect(await textOf(worker.metrics)).toContain(paused('NaN')), eventually);
    server = await startAgain(dbFile, port);
    await vi.waitFor(async () => expect(await textOf(worker.metrics)).toContain(paused('1')), eventually);
  });

  test('stays alive but is not ready while Temporal is dead, and recovers by itself', async () => {
    await server.close();
    expect(await status(`${worker.health}/readyz`)).toBe(503);
    expect(await status(`${worker.health}/livez`)).toBe(200);
    server = await startAgain(dbFile, port);
    await vi.waitFor(async () => expect(await status(`${worker.health}/readyz`)).toBe(200), eventually);
  });

  test('drains and leaves with 0 on SIGTERM', async () => {
    worker.child.kill('SIGTERM');
    const [code] = await once(worker.child, 'exit');
    expect(code).toBe(0);
    expect(worker.log()).toContain('"msg":"drained; nothing of this worker is in flight any more"');
  });

  test('leaves at once on SIGTERM while it still waits for Temporal', async () => {
    const waiting = await startWorkerProcess('127.0.0.1:1');
    await vi.waitFor(() => expect(waiting.log()).toContain('Trying again'), eventually);
    waiting.child.kill('SIGTERM');
    const [code] = await once(waiting.child, 'exit');
    expect(code).toBe(0);
  });
});
