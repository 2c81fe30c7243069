import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { isStopped, type EcsInstance } from '../../../../src/simulator/ecs/model.js';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import type { ScenarioInput } from '../../../../src/simulator/scenario.js';
import {
  behind,
  cluster,
  found,
  minutes,
  seconds,
  startBench,
  threeInstances,
  type Bench,
} from '../support.js';

const setStatus = (bench: Bench, instance: EcsInstance, status: 'ACTIVE' | 'DRAINING') =>
  bench.ecs.send(
    new UpdateContainerInstancesStateCommand({ cluster, containerInstances: [instance.arn], status }),
  );

const isEmpty = (instance: EcsInstance) => () => liveTasks(instance).length === 0;

const fleetWith = (
  services: ScenarioInput['services'],
  more: Partial<ScenarioInput> = {},
): ScenarioInput => ({
  instances: threeInstances,
  services,
  ...more,
});

describe('draining', () => {
  it('moves service tasks elsewhere, new before old, and gives them back their place later', async () => {
    const bench = await startBench(fleetWith([{ name: 'web', desiredCount: 3 }]));
    const a = bench.instance('a');
    const { containerInstances } = await setStatus(bench, a, 'DRAINING');
    expect(containerInstances?.[0]).toMatchObject({ status: 'DRAINING', runningTasksCount: 1, version: 4 });
    await bench.clock.advanceUntil(() => bench.service('web').tasks.size === 4);
    expect(liveTasks(a)).toHaveLength(1);
    await bench.clock.advanceUntil(isEmpty(a), minutes(5));
    const running = [...bench.service('web').tasks];
    expect(running).toHaveLength(3);
    expect(running.every((task) => task.instance !== a)).toBe(true);
  });

  it('shows a stopping task under desired status STOPPED while its containers still run', async () => {
    const bench = await startBench(
      fleetWith([
        { name: 'web', desiredCount: 3, minimumHealthyPercent: 0, maximumPercent: 100, stopSeconds: 20 },
      ]),
    );
    const a = bench.instance('a');
    await setStatus(bench, a, 'DRAINING');
    await bench.clock.advanceUntil(() => liveTasks(a)[0]?.lastStatus === 'STOPPING');
    const listed = async (desiredStatus: 'RUNNING' | 'PENDING' | 'STOPPED') =>
      (await bench.ecs.send(new ListTasksCommand({ cluster, containerInstance: a.arn, desiredStatus })))
        .taskArns;
    expect(await listed('RUNNING')).toEqual([]);
    expect(await listed('PENDING')).toEqual([]);
    const tasks = found(await listed('STOPPED'));
    const { tasks: described } = await bench.ecs.send(new DescribeTasksCommand({ cluster, tasks }));
    expect(described?.[0]).toMatchObject({
      lastStatus: 'STOPPING',
      desiredStatus: 'STOPPED',
      group: 'service:web',
      stopCode: 'ServiceSchedulerInitiated',
      containers: [{ lastStatus: 'RUNNING' }],
    });
    expect(described?.[0]?.startedBy).toMatch(/^ecs-svc\/\d+$/);
  });

  it('takes a task through every status of its life', async () => {
    const bench = await startBench(
      fleetWith([{ name: 'web', networkMode: 'awsvpc', deregistrationDelaySeconds: 5 }]),
    );
    const [task] = bench.service('web').tasks;
    const { instance } = found(task);
    await setStatus(bench, instance, 'DRAINING');
    await bench.clock.advanceUntil(isEmpty(instance), minutes(10));
    const statuses = (arn: string): unknown[] =>
      bench.simulator.fleet.journal.entries.flatMap((entry) =>
        entry.kind === 'event' && entry.event === 'task-status' && entry['taskArn'] === arn
          ? [entry['lastStatus']]
          : [],
      );
    expect(statuses(found(task).arn)).toEqual([
      'RUNNING',
      'DEACTIVATING',
      'STOPPING',
      'DEPROVISIONING',
      'STOPPED',
    ]);
    const [replacement] = bench.service('web').tasks;
    expect(statuses(found(replacement).arn)).toEqual(['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING']);
  });

  it('leaves standalone tasks alone, pending ones too', async () => {
    const bench = await startBench(fleetWith([], { tasks: [{ family: 'batch', on: 'a' }] }));
    const a = bench.instance('a');
    bench.simulator.fault({ kind: 'run-task', instance: a.ec2InstanceId });
    await setStatus(bench, a, 'DRAINING');
    await bench.clock.advance(minutes(60));
    expect(liveTasks(a).map(({ lastStatus }) => lastStatus)).toEqual(['RUNNING', 'RUNNING']);
  });

  it('stops daemons and does not replace them there', async () => {
    const bench = await startBench(fleetWith([{ name: 'logs', schedulingStrategy: 'DAEMON' }]));
    const a = bench.instance('a');
    await setStatus(bench, a, 'DRAINING');
    await bench.clock.advanceUntil(isEmpty(a), minutes(5));
    await bench.clock.advance(minutes(5));
    expect(liveTasks(a)).toEqual([]);
    await setStatus(bench, a, 'ACTIVE');
    await bench.clock.advanceUntil(() => liveTasks(a)[0]?.lastStatus === 'RUNNING', minutes(5));
  });

  it('gets nowhere at min = max = 100', async () => {
    const bench = await startBench(
      fleetWith([
        { name: 'db', desiredCount: 1, minimumHealthyPercent: 100, maximumPercent: 100, on: ['a'] },
      ]),
    );
    await setStatus(bench, bench.instance('a'), 'DRAINING');
    await bench.clock.advance(minutes(120));
    expect(liveTasks(bench.instance('a')).map(({ desiredStatus }) => desiredStatus)).toEqual(['RUNNING']);
  });

  it('gets nowhere without room elsewhere, says so once, and goes on when there is', async () => {
    const bench = await startBench({
      instances: [
        { name: 'a', host: behind, cpu: 1024 },
        { name: 'b', host: behind, cpu: 512 },
      ],
      services: [{ name: 'web', desiredCount: 1, cpu: 1024 }],
    });
    const a = bench.instance('a');
    await setStatus(bench, a, 'DRAINING');
    await bench.clock.advance(minutes(60));
    expect(liveTasks(a)).toHaveLength(1);
    const { services } = await bench.ecs.send(new DescribeServicesCommand({ cluster, services: ['web'] }));
    expect(services?.[0]?.events?.map(({ message }) => message)).toEqual([
      `(service web) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance ${bench.instance('b').id}) has insufficient CPU units available. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
    ]);
  });

  it('leaves protected tasks until their protection ends', async () => {
    const bench = await startBench(
      fleetWith([{ name: 'web', desiredCount: 1, minimumHealthyPercent: 0, on: ['a'] }]),
    );
    const a = bench.instance('a');
    bench.simulator.fault({ kind: 'protect-task', instance: a.ec2InstanceId, minutes: 30 });
    await setStatus(bench, a, 'DRAINING');
    await bench.clock.advance(minutes(29));
    expect(liveTasks(a)).toHaveLength(1);
    await bench.clock.advanceUntil(isEmpty(a), minutes(5));
  });

  it('cannot be told of stops by an agent that is cut off', async () => {
    const bench = await startBench(fleetWith([{ name: 'web', desiredCount: 3, minimumHealthyPercent: 0 }]));
    const a = bench.instance('a');
    bench.simulator.fault({ kind: 'agent', instance: a.ec2InstanceId, connected: false, forSeconds: 600 });
    await setStatus(bench, a, 'DRAINING');
    await bench.clock.advance(seconds(590));
    expect(liveTasks(a).map(({ lastStatus, desiredStatus }) => [lastStatus, desiredStatus])).toEqual([
      ['RUNNING', 'STOPPED'],
    ]);
    await bench.clock.advanceUntil(isEmpty(a), minutes(3));
  });
});

describe('a reboot', () => {
  it('shows in agentConnected, and kills what still runs; ECS hears of it when the agent is back', async () => {
    const bench = await startBench(fleetWith([{ name: 'web', desiredCount: 3 }]));
    const a = bench.instance('a');
    const [victim] = liveTasks(a);
    const version = a.version;
    bench.simulator.fault({ kind: 'reboot', instance: a.ec2InstanceId });
    await bench.clock.advanceUntil(() => !a.agentConnected, minutes(1));
    await bench.clock.advance(seconds(15));
    expect(found(victim).lastStatus).toBe('RUNNING');
    await bench.clock.advanceUntil(() => a.agentConnected, minutes(5));
    expect(found(victim)).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'EssentialContainerExited' });
    expect(a).toMatchObject({ status: 'ACTIVE' });
    expect(a.version).toBeGreaterThan(version);
    await bench.clock.advanceUntil(
      () => bench.service('web').steady && bench.service('web').tasks.size === 3,
    );
  });

  it('gets no new tasks while the agent is away', async () => {
    const bench = await startBench(fleetWith([{ name: 'web', desiredCount: 3 }]));
    const [a, b, c] = [bench.instance('a'), bench.instance('b'), bench.instance('c')];
    bench.simulator.fault({ kind: 'agent', instance: b.ec2InstanceId, connected: false });
    await setStatus(bench, a, 'DRAINING');
    await bench.clock.advanceUntil(isEmpty(a), minutes(10));
    expect(liveTasks(b)).toHaveLength(1);
    expect(liveTasks(c)).toHaveLength(2);
  });
});

describe('a terminated host', () => {
  it('leaves the cluster, its tasks count as stopped, services start copies elsewhere', async () => {
    const bench = await startBench(fleetWith([{ name: 'web', desiredCount: 3 }]));
    const a = bench.instance('a');
    const [task] = liveTasks(a);
    bench.simulator.fault({ kind: 'terminate', instance: a.ec2InstanceId });
    await bench.clock.advanceUntil(() => a.status === 'INACTIVE', minutes(2));
    expect(isStopped(found(task))).toBe(true);
    await bench.clock.advanceUntil(
      () => bench.service('web').steady && bench.service('web').tasks.size === 3,
    );
    await bench.clock.advance(minutes(61));
    expect(bench.cluster.instances.size).toBe(2);
  });

  it('stays as a ghost if its agent was cut off', async () => {
    const bench = await startBench(fleetWith([{ name: 'web', desiredCount: 3 }]));
    const a = bench.instance('a');
    bench.simulator.fault({ kind: 'agent', instance: a.ec2InstanceId, connected: false });
    bench.simulator.fault({ kind: 'terminate', instance: a.ec2InstanceId });
    await bench.clock.advance(minutes(120));
    expect(a).toMatchObject({ status: 'ACTIVE', agentConnected: false });
    expect(liveTasks(a)).toHaveLength(1);
  });
});
