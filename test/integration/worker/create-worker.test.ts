import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createWorker } from '../../../src/worker/create-worker.js';
import { sharedDevServer } from '../../support/servers.js';
import type { waiting } from '../../support/waiting-workflow.js';

const server = sharedDevServer();
let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('../../support/waiting-workflow.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
});

/** A worker of its own task queue whose only activity is `wait`, and a workflow on it. */
async function start(taskQueue: string, wait: () => Promise<string>) {
  const { nativeConnection: connection, namespace, client } = server();
  const activities = { wait };
  const worker = await createWorker({
    connection,
    namespace,
    taskQueue,
    workflowBundle,
    activities,
    shutdownGraceMs: 5000,
  });
  const running = worker.run();
  const handle = await client.workflow.start<typeof waiting>('waiting', {
    taskQueue,
    workflowId: taskQueue,
    args: [],
  });
  return { worker, running, handle };
}

describe('a worker', () => {
  test('hands a cancel to an activity long before the SDK would by itself, whatever its heartbeat time limit', async () => {
    let begun = false;
    let cancelledAt = 0;
    const { worker, running, handle } = await start('cancel-latency', async () => {
      begun = true;
      const beat = setInterval(() => Context.current().heartbeat(), 100);
      await Context.current()
        .cancelled.catch((err: unknown) => {
          cancelledAt = Date.now();
          throw err;
        })
        .finally(() => clearInterval(beat));
      return 'never';
    });
    await vi.waitFor(() => expect(begun).toBe(true), 10_000);
    const askedAt = Date.now();
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
    // A cancel comes with the answer to a heartbeat, and the SDK by itself would send one after 48 s: 80 % of the time limit.
    expect(cancelledAt - askedAt).toBeLessThan(30_000);
    worker.shutdown();
    await running;
  });

  test('lets an activity that is in flight end when it is shut down', async () => {
    let begun = false;
    const { worker, running, handle } = await start('drain', async () => {
      begun = true;
      await sleep(1000);
      return 'done by the worker that was told to stop';
    });
    await vi.waitFor(() => expect(begun).toBe(true), 10_000);
    worker.shutdown();
    await running;
    const { nativeConnection: connection, namespace } = server();
    const next = await createWorker({
      connection,
      namespace,
      taskQueue: 'drain',
      workflowBundle,
      activities: { wait: async () => 'done a second time' },
    });
    await expect(next.runUntil(handle.result())).resolves.toBe('done by the worker that was told to stop');
  });
});
