import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { taskFailures } from '../../../chaos/task-failures.js';
import { eventually } from '../../support/eventually.js';
import { sharedDevServer } from '../../support/servers.js';

const server = sharedDevServer();

/** Temporal's numbers for them: temporal.api.enums.v1.WorkflowTaskFailedCause. */
const nonDeterministicError = 24;
const unhandledFailure = 14;

/** Starts a workflow, and takes its first task as a worker would. */
async function inTheMiddleOfATask(client: Client) {
  const cluster = `judged-${randomUUID()}`;
  const taskQueue = randomUUID();
  const handle = await client.workflow.start('anything', {
    workflowId: `ecs-updater/${cluster}`,
    taskQueue,
  });
  const { taskToken } = await client.withDeadline(Date.now() + 30_000, () =>
    client.workflowService.pollWorkflowTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      identity: 'test',
    }),
  );
  return { cluster, handle, taskToken };
}

/** The judgement, once the workflow can be found. */
const judged = async (client: Client, cluster: string, frozen = ''): Promise<string[]> => {
  await eventually('the workflow is listed', async () => {
    const { count } = await client.workflow.count(`WorkflowId = "ecs-updater/${cluster}"`);
    return count === 1;
  });
  const crew = { wasFrozen: (identity: string) => identity === frozen };
  return taskFailures({ client, ask: (call) => call(), crew }, cluster);
};

test('a workflow that is terminated in the middle of a task is blamed for nothing', async () => {
  const { client } = server();
  const { cluster, handle } = await inTheMiddleOfATask(client);
  await handle.terminate('by hand');
  const { events } = await handle.fetchHistory();
  expect(events?.some((event) => event.workflowTaskFailedEventAttributes)).toBe(true);
  expect(await judged(client, cluster)).toEqual([]);
});

test('a task whose code did not repeat its history is told of', async () => {
  const { client } = server();
  const { cluster, handle, taskToken } = await inTheMiddleOfATask(client);
  await client.workflowService.respondWorkflowTaskFailed({
    namespace: client.options.namespace,
    taskToken,
    cause: nonDeterministicError,
    failure: { message: 'Nondeterminism error' },
  });
  expect(await judged(client, cluster)).toEqual([
    `a task of ecs-updater/${cluster} failed (cause 24): Nondeterminism error`,
  ]);
  await handle.terminate('test over');
});

test('a task that took too long is told of, unless its worker was frozen', async () => {
  const { client } = server();
  const { cluster, handle, taskToken } = await inTheMiddleOfATask(client);
  await client.workflowService.respondWorkflowTaskFailed({
    namespace: client.options.namespace,
    taskToken,
    identity: '7@host',
    cause: unhandledFailure,
    failure: { message: 'Script execution timed out after 5000ms' },
  });
  expect(await judged(client, cluster, '7@host')).toEqual([]);
  expect(await judged(client, cluster, '8@host')).toEqual([
    `a task of ecs-updater/${cluster} failed (cause 14): Script execution timed out after 5000ms`,
  ]);
  await handle.terminate('test over');
});
