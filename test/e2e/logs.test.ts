import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { hosts, startFleet } from '../support/fleet.js';
import { startProcessInstallation } from '../support/worker-processes.js';

const secret = 'IQoJb3JpZ2luX2VjEHkaCXVzLWVhc3QtMSJ';

describe('the log of a worker that carries out a rollout', () => {
  test('is JSON lines that name cluster, instance and workflow, and tell no secret', async () => {
    const installation = await startProcessInstallation(inject('devServer').address);
    onTestFinished(() => installation.close());
    const fleet = await startFleet(installation, { instances: hosts('a', 'b') }, {});
    onTestFinished(() => fleet.close());
    const worker = installation.startWorker({ AWS_SESSION_TOKEN: secret }, ['--log-level', 'info']);
    await installation.workerPolls();
    // AWS quotes a request whose signature it refuses.
    const message = `The canonical request was: x-amz-security-token:${secret}`;
    fleet.simulator.fault({
      kind: 'aws-error',
      code: 'InternalServerError',
      status: 500,
      message,
      action: 'DescribeClusters',
      times: 3,
    });
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated' });
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);

    const lines = worker
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Record<string, unknown> => JSON.parse(line));
    const ofWork = lines.filter(({ workflowId }) => workflowId !== undefined);
    expect(ofWork.length).toBeGreaterThan(10);
    for (const line of ofWork)
      expect(line).toMatchObject({ cluster: fleet.cluster, level: expect.any(String) });

    const ofInstance = ofWork.filter(({ instance }) => instance === fleet.id('a'));
    expect(new Set(ofInstance.map(({ workflowId }) => workflowId))).toEqual(
      new Set([`${fleet.workflowId}/${fleet.id('a')}`]),
    );
    expect(ofInstance.flatMap(({ phase }) => phase ?? [])).toEqual([
      'draining',
      'updating',
      'rebooting',
      'verifying',
      'activating',
      'settling',
    ]);
    expect(ofInstance.at(-1)).toMatchObject({ msg: 'updated from 1.26.0 to 1.26.1.', outcome: 'updated' });
    const refused = ofWork.filter(({ err }) => JSON.stringify(err ?? '').includes('canonical request'));
    expect(refused.length, 'an activity failed by what AWS said').toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ cluster: fleet.cluster, activityType: expect.any(String) });
    expect(worker.log()).not.toContain(secret);
  });
});
