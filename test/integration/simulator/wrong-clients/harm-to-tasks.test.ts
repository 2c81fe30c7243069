import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { StopTaskCommand, UpdateTaskProtectionCommand } from '@aws-sdk/client-ecs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EcsInstance, EcsTask } from '../../../../src/simulator/ecs/model.js';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import {
  cluster,
  found,
  minutes,
  startBench,
  threeInstances,
  type Bench,
} from '../../../unit/simulator/support.js';
import { clientOf, until, type Client } from './client.js';

let bench: Bench;
let client: Client;
let a: EcsInstance;
beforeEach(async () => {
  bench = await startBench({
    instances: threeInstances.map((instance) => ({ ...instance, autoScalingGroup: 'hosts' })),
    services: [{ name: 'web', desiredCount: 3 }],
    agentFlapsPerHour: 0,
  });
  client = clientOf(bench);
  a = bench.instance('a');
});

const taskOnA = (): EcsTask => found(liveTasks(a)[0]);

const protect = (task: EcsTask, protectionEnabled = true, expiresInMinutes = 60) =>
  bench.clientsOf('other').ecs.send(
    new UpdateTaskProtectionCommand({
      cluster,
      tasks: [task.arn],
      protectionEnabled,
      ...(protectionEnabled && { expiresInMinutes }),
    }),
  );

const stop = ({ arn }: EcsTask) => bench.ecs.send(new StopTaskCommand({ cluster, task: arn }));

async function terminate(): Promise<void> {
  await bench.ec2.send(new TerminateInstancesCommand({ InstanceIds: [a.ec2InstanceId] }));
}

describe('a termination through EC2', () => {
  it('is caught while the instance is ACTIVE, and for every task', async () => {
    await terminate();
    expect(bench.simulator.violations().map(({ invariant, message }) => [invariant, message])).toEqual([
      [1, 'terminated while ACTIVE'],
      [1, expect.stringMatching(/^terminated while task .* of service:web was RUNNING$/)],
    ]);
  });

  it('is caught under a standalone task', async () => {
    bench.simulator.fault({ kind: 'run-task', instance: a.ec2InstanceId });
    await client.setState('DRAINING', a);
    await bench.clock.advanceUntil(() => liveTasks(a).every((task) => !task.service), minutes(10));
    await terminate();
    expect(client.blamedFor()).toEqual([1, 3]);
  });

  it('is no fault once the instance is drained', async () => {
    await client.setState('DRAINING', a);
    await bench.clock.advanceUntil(() => liveTasks(a).length === 0, minutes(10));
    await terminate();
    expect(bench.simulator.violations()).toEqual([]);
  });

  it.each(['terminate', 'asg-terminate'] as const)(
    'is held against nobody where no client asked for it (%s)',
    async (kind) => {
      await client.setState('DRAINING', a);
      bench.simulator.fault({ kind, instance: a.ec2InstanceId });
      await until(bench, 'termination-started');
      expect(bench.simulator.violations()).toEqual([]);
    },
  );
});

describe('a protected task', () => {
  it('must not be stopped as long as it is protected', async () => {
    const task = taskOnA();
    await protect(task);
    await stop(task);
    expect(client.blamedFor()).toEqual([3]);
  });

  it.each([
    ['ended', (task: EcsTask) => protect(task, false)],
    ['expired', () => bench.clock.advance(minutes(60))],
  ])('may be stopped when its protection has %s', async (_, endProtection) => {
    const task = taskOnA();
    await protect(task);
    await endProtection(task);
    await stop(task);
    expect(client.blamedFor()).toEqual([]);
  });

  it('must not have its host rebooted under it', async () => {
    await protect(taskOnA());
    await client.setState('DRAINING', a);
    await bench.clock.advance(minutes(5));
    await client.rebootByEc2(a);
    await until(bench, 'reboot-started');
    expect(client.blamedFor()).toEqual([1, 3]);
  });

  it('is one, too, if it was protected from the beginning', async () => {
    bench = await startBench({
      instances: threeInstances,
      services: [{ name: 'web', desiredCount: 3, protectedTasks: 3 }],
    });
    a = bench.instance('a');
    await stop(taskOnA());
    expect(clientOf(bench).blamedFor()).toEqual([3]);
  });
});
