import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { workflowCode } from '../../src/worker/workflow-code.js';
import { type Fleet, hosts, startFleet } from '../support/fleet.js';
import { quietSdk } from '../support/sdk-log.js';
import { type ReceivedSpan, startSpanReceiver } from '../support/span-receiver.js';
import { startProcessInstallation } from '../support/worker-processes.js';

quietSdk();

/** Names of a span and of those above it, the topmost first. */
function pathOf(span: ReceivedSpan, all: readonly ReceivedSpan[]): string[] {
  const above = all.find(({ spanId }) => spanId === span.parentSpanId);
  return [...(above ? pathOf(above, all) : []), span.name];
}

/** The workflow that has started the rollout, and ends after it. */
async function starterOf(fleet: Fleet): Promise<WorkflowHandle> {
  const { raw } = await fleet.handle().describe();
  const { workflowId, runId } = raw.workflowExecutionInfo?.parentExecution ?? {};
  if (!workflowId || !runId) throw new Error(`nobody has started ${fleet.workflowId}`);
  return fleet.client.workflow.getHandle(workflowId, runId);
}

async function replays(fleet: Fleet): Promise<unknown[]> {
  const kept = await Promise.all(
    [undefined, 'a', 'b'].map(async (name) => {
      const handle = fleet.handle(name);
      return { workflowId: handle.workflowId, history: await handle.fetchHistory() };
    }),
  );
  const errors: unknown[] = [];
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: await workflowCode() }, kept)) {
    if (error) errors.push(error);
  }
  return errors;
}

describe('a worker that is told of an OTLP endpoint', () => {
  test('sends a rollout as one trace, from its start to the requests to AWS', async () => {
    const receiver = await startSpanReceiver();
    onTestFinished(receiver.close);
    const installation = await startProcessInstallation(inject('devServer').address);
    onTestFinished(() => installation.close());
    const fleet = await startFleet(installation, { instances: hosts('a', 'b') }, {});
    onTestFinished(() => fleet.close());
    const worker = installation.startWorker({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    });
    await installation.workerPolls();
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated', b: 'updated' });
    await (await starterOf(fleet)).result();
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);

    const { spans } = receiver;
    const root = spans.find(({ name }) => name === 'RunWorkflow:startRollout');
    const trace = spans.filter(({ traceId }) => traceId === root?.traceId);
    const paths = new Set(trace.map((span) => pathOf(span, trace).join(' > ')));
    const rollout = 'RunWorkflow:startRollout > StartChildWorkflow:updateCluster > RunWorkflow:updateCluster';
    const instance = `${rollout} > StartChildWorkflow:updateInstance > RunWorkflow:updateInstance`;
    expect([...paths]).toEqual(
      expect.arrayContaining([
        `${rollout} > StartActivity:checkForUpdates > RunActivity:checkForUpdates > ssm:SendCommand`,
        `${instance} > StartActivity:startDraining > RunActivity:startDraining > ecs:UpdateContainerInstancesState`,
        `${instance} > StartActivity:activate > RunActivity:activate > ecs:UpdateContainerInstancesState`,
      ]),
    );
    // Whatever belongs to the rollout hangs below its start: only queries stand for themselves.
    const others = spans.filter((span) => !trace.includes(span)).map(({ name }) => name);
    expect(others.filter((name) => name !== 'HandleQuery:status')).toEqual([]);
    expect(root?.resource).toMatchObject({
      'service.name': 'ecs-updater',
      'deployment.environment': 'test',
    });
    const updates = trace.filter(({ name }) => name === 'RunWorkflow:updateInstance');
    expect(new Set(updates.map(({ attributes }) => attributes['workflowId']))).toEqual(
      new Set(['a', 'b'].map((name) => `${fleet.workflowId}/${fleet.id(name)}`)),
    );
    expect(await replays(fleet), 'a worker that does not trace goes on with it').toEqual([]);
  });
});
