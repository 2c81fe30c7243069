import { expect, it } from 'vitest';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import { found, minutes, startBench, threeInstances } from '../support.js';

it('tells a container about its task, as the ECS agent does', async () => {
  const bench = await startBench({
    instances: threeInstances,
    services: [{ name: 'web', desiredCount: 1, on: ['b'] }],
  });
  const task = found(liveTasks(bench.instance('b'))[0]);
  const ask = (path: string) => fetch(`${bench.simulator.url}/v4/${path}`);
  const answer = await ask(`${task.id}-0123456789/task`);
  expect(await answer.json()).toMatchObject({
    Cluster: bench.cluster.arn,
    TaskARN: task.arn,
    Family: 'web',
    Revision: '1',
    ServiceName: 'web',
    DesiredStatus: 'RUNNING',
    KnownStatus: 'RUNNING',
    LaunchType: 'EC2',
    AvailabilityZone: 'eu-central-1b',
  });
  expect((await ask(`${'0'.repeat(32)}/task`)).status).toBe(404);
  bench.simulator.fault({ kind: 'stop-task', task: task.arn });
  await bench.clock.advanceUntil(() => task.hostStatus === 'STOPPED', minutes(5));
  expect((await ask(`${task.id}/task`)).status).toBe(404);
});
