import {
  DeleteAttributesCommand,
  DeregisterContainerInstanceCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  GetTaskProtectionCommand,
  ListAttributesCommand,
  ListClustersCommand,
  ListContainerInstancesCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  ListTasksCommand,
  paginateListContainerInstances,
  paginateListServices,
  paginateListTasks,
  PutAttributesCommand,
  RunTaskCommand,
  StopTaskCommand,
  TagResourceCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { beforeEach, describe, expect, it } from 'vitest';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import type { ScenarioInput } from '../../../../src/simulator/scenario.js';
import { behind, cluster, found, minutes, startBench, threeInstances, us, type Bench } from '../support.js';

const scenario: ScenarioInput = {
  instances: threeInstances,
  services: [
    { name: 'web', desiredCount: 3 },
    { name: 'logs', schedulingStrategy: 'DAEMON', cpu: 64, memory: 64 },
  ],
  tasks: [{ family: 'batch', on: 'a' }],
};

const invalid = (message: string | RegExp) => ({
  name: 'InvalidParameterException',
  message: typeof message === 'string' ? message : expect.stringMatching(message),
  $metadata: expect.objectContaining({ httpStatusCode: 400, requestId: expect.any(String) }),
});

let bench: Bench;
beforeEach(async () => {
  bench = await startBench(scenario);
});

const put = (
  attributes: { name: string; value?: string; targetId?: string; targetType?: 'container-instance' }[],
) => bench.ecs.send(new PutAttributesCommand({ cluster, attributes }));

/** Sizes of all pages; nothing is on two of them. */
const collect = async <T>(pages: AsyncIterable<T>, pick: (page: T) => string[] | undefined) => {
  const sizes: number[] = [];
  const all: string[] = [];
  for await (const page of pages) {
    sizes.push(pick(page)?.length ?? 0);
    all.push(...(pick(page) ?? []));
  }
  expect(new Set(all).size).toBe(all.length);
  return sizes;
};

describe('clusters', () => {
  it('are listed and described, missing ones as failures', async () => {
    const { clusterArns } = await bench.ecs.send(new ListClustersCommand({}));
    const arn = 'arn:aws:ecs:eu-central-1:123456789012:cluster/demo';
    expect(clusterArns).toEqual([arn]);
    const answer = await bench.ecs.send(new DescribeClustersCommand({ clusters: ['demo', 'other'] }));
    expect(answer.clusters).toMatchObject([
      {
        clusterName: 'demo',
        clusterArn: arn,
        status: 'ACTIVE',
        registeredContainerInstancesCount: 3,
        runningTasksCount: 7,
        activeServicesCount: 2,
      },
    ]);
    expect(answer.failures).toEqual([{ arn: arn.replace('demo', 'other'), reason: 'MISSING' }]);
  });

  it('that do not exist are refused by everything else', async () => {
    await expect(bench.ecs.send(new ListTasksCommand({ cluster: 'other' }))).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
      message: 'Cluster not found.',
    });
    await expect(bench.ecs.send(new ListTasksCommand({}))).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    });
  });
});

describe('container instances', () => {
  it('are listed by status and filter, DRAINING ones by default too', async () => {
    const [a, b] = [bench.instance('a'), bench.instance('b')];
    const list = async (input: object) =>
      (await bench.ecs.send(new ListContainerInstancesCommand({ cluster, ...input }))).containerInstanceArns;
    await bench.ecs.send(
      new UpdateContainerInstancesStateCommand({ cluster, containerInstances: [a.id], status: 'DRAINING' }),
    );
    expect(await list({})).toHaveLength(3);
    expect(await list({ status: 'DRAINING' })).toEqual([a.arn]);
    expect(await list({ status: 'ACTIVE' })).toHaveLength(2);
    expect(await list({ filter: `ec2InstanceId == ${b.ec2InstanceId}` })).toEqual([b.arn]);
    expect(await list({ filter: 'attribute:bottlerocket.variant exists', status: 'DRAINING' })).toEqual([
      a.arn,
    ]);
    expect(await list({ filter: 'task:group == family:batch' })).toEqual([a.arn]);
    await expect(list({ filter: 'nonsense ~ 1' })).rejects.toMatchObject(
      invalid(/^Invalid filter expression/),
    );
  });

  it('are described by ARN or id, missing ones as failures, 100 at most', async () => {
    const a = bench.instance('a');
    const describeThem = (containerInstances: string[]) =>
      bench.ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances }));
    const { containerInstances, failures } = await describeThem([a.arn, a.id, 'f00', a.ec2InstanceId]);
    expect(containerInstances).toHaveLength(1);
    expect(containerInstances?.[0]).toMatchObject({
      ec2InstanceId: a.ec2InstanceId,
      runningTasksCount: 3,
      pendingTasksCount: 0,
      agentConnected: true,
    });
    expect(containerInstances?.[0]?.attributes).toContainEqual({
      name: 'bottlerocket.variant',
      value: 'aws-ecs-2',
    });
    expect(failures?.map(({ reason }) => reason)).toEqual(['MISSING', 'MISSING']);
    expect(failures?.[0]?.arn).toBe('arn:aws:ecs:eu-central-1:123456789012:container-instance/demo/f00');
    await expect(describeThem([])).rejects.toMatchObject(invalid('Container instance cannot be empty.'));
    await expect(describeThem(Array.from({ length: 101 }, String))).rejects.toMatchObject(
      invalid('instanceIds can have at most 100 items.'),
    );
    await expect(describeThem([a.arn.replace('/demo/', '/prod/')])).rejects.toMatchObject(
      invalid('Invalid identifier: Identifier is for prod. Your cluster is demo'),
    );
  });

  it('count tasks by desired status, so that a stopping one is not counted', async () => {
    const a = bench.instance('a');
    const [task] = liveTasks(a);
    await bench.ecs.send(new StopTaskCommand({ cluster, task: found(task).arn }));
    const { containerInstances } = await bench.ecs.send(
      new DescribeContainerInstancesCommand({ cluster, containerInstances: [a.arn] }),
    );
    expect(containerInstances?.[0]?.runningTasksCount).toBe(2);
    expect(liveTasks(a)).toHaveLength(3);
  });

  it('change state ten at most, ACTIVE and DRAINING only, with failures for what is gone', async () => {
    const [a, b] = [bench.instance('a'), bench.instance('b')];
    const set = (containerInstances: string[], status: string) =>
      bench.ecs.send(
        new UpdateContainerInstancesStateCommand({
          cluster,
          containerInstances,
          // @ts-expect-error the SDK's type keeps out what the test is about
          status,
        }),
      );
    await expect(set(Array.from({ length: 11 }, String), 'DRAINING')).rejects.toMatchObject(
      invalid('instanceIds can have at most 10 items.'),
    );
    await expect(set([a.arn], 'REGISTERING')).rejects.toMatchObject(invalid(/ACTIVE, DRAINING/));
    await expect(set([a.arn], 'GONE')).rejects.toMatchObject(invalid(/invalid/));
    await bench.ecs.send(
      new DeregisterContainerInstanceCommand({ cluster, containerInstance: b.arn, force: true }),
    );
    const answer = await set([a.arn, b.arn, 'f00'], 'DRAINING');
    expect(answer.containerInstances?.map(({ status }) => status)).toEqual(['DRAINING']);
    expect(answer.failures?.map(({ reason }) => reason)).toEqual(['MISSING', 'INACTIVE']);
  });

  it('are deregistered by force only while tasks are on them', async () => {
    const a = bench.instance('a');
    const deregister = (force: boolean) =>
      bench.ecs.send(new DeregisterContainerInstanceCommand({ cluster, containerInstance: a.arn, force }));
    await expect(deregister(false)).rejects.toMatchObject(invalid(/tasks/));
    const { containerInstance } = await deregister(true);
    expect(containerInstance).toMatchObject({ status: 'INACTIVE', agentConnected: false });
    expect(liveTasks(a)).toEqual([]);
    await expect(deregister(true)).rejects.toMatchObject(invalid(/not found/));
  });
});

describe('attributes', () => {
  it('are put, listed, seen on the instance, and deleted', async () => {
    const a = bench.instance('a');
    const attribute = {
      name: 'ecs-updater.drained',
      value: 'home/r-1/2026-07-10T06:00:00.000Z',
      targetId: a.arn,
    };
    await put([attribute]);
    await put([{ name: 'other', targetId: a.id, targetType: 'container-instance' }]);
    const list = async () =>
      (
        await bench.ecs.send(
          new ListAttributesCommand({
            cluster,
            targetType: 'container-instance',
            attributeName: attribute.name,
          }),
        )
      ).attributes;
    expect(await list()).toEqual([{ ...attribute, targetType: 'container-instance' }]);
    const { containerInstances } = await bench.ecs.send(
      new DescribeContainerInstancesCommand({ cluster, containerInstances: [a.arn] }),
    );
    expect(containerInstances?.[0]?.attributes).toContainEqual({
      name: attribute.name,
      value: attribute.value,
    });
    await bench.ecs.send(
      new DeleteAttributesCommand({ cluster, attributes: [{ name: attribute.name, targetId: a.arn }] }),
    );
    expect(await list()).toEqual([]);
  });

  it('are refused beyond ten on an instance, on targets unknown, and with bad names and values', async () => {
    const a = bench.instance('a');
    await put(Array.from({ length: 10 }, (_, index) => ({ name: `n${index}`, targetId: a.arn })));
    await put([{ name: 'n1', value: 'again', targetId: a.arn }]);
    await expect(put([{ name: 'n10', targetId: a.arn }])).rejects.toMatchObject({
      name: 'AttributeLimitExceededException',
    });
    await expect(put([{ name: 'x', targetId: `${a.arn}0` }])).rejects.toMatchObject({
      name: 'TargetNotFoundException',
    });
    await expect(put([{ name: 'x', targetId: a.id }])).rejects.toMatchObject(invalid(/type/));
    await expect(put([{ name: 'a b', targetId: a.arn }])).rejects.toMatchObject(invalid(/name/));
    await expect(put([{ name: 'x', value: ' x', targetId: a.arn }])).rejects.toMatchObject(invalid(/blank/));
    await expect(put([{ name: 'x', value: 'v'.repeat(129), targetId: a.arn }])).rejects.toMatchObject(
      invalid(/128/),
    );
    await expect(
      put(Array.from({ length: 11 }, (_, index) => ({ name: `m${index}`, targetId: a.arn }))),
    ).rejects.toMatchObject(invalid(/at most 10/));
  });
});

describe('tasks', () => {
  it('are listed by instance, service, family and who started them', async () => {
    const a = bench.instance('a');
    const list = async (input: object) =>
      (await bench.ecs.send(new ListTasksCommand({ cluster, ...input }))).taskArns?.length;
    expect(await list({})).toBe(7);
    expect(await list({ containerInstance: a.arn })).toBe(3);
    expect(await list({ serviceName: 'web' })).toBe(3);
    expect(await list({ family: 'batch' })).toBe(1);
    expect(await list({ startedBy: bench.service('web').deployments[0]?.id })).toBe(3);
    expect(await list({ launchType: 'FARGATE' })).toBe(0);
    expect(await list({ desiredStatus: 'PENDING' })).toBe(0);
    await expect(list({ startedBy: 'x', family: 'y' })).rejects.toMatchObject(invalid(/only filter/));
    await expect(list({ serviceName: 'nope' })).rejects.toMatchObject({ name: 'ServiceNotFoundException' });
    await expect(list({ maxResults: 101 })).rejects.toMatchObject(invalid(/maxResults/));
    await expect(list({ nextToken: 'made-up' })).rejects.toMatchObject(invalid(/token/));
  });

  it('are run with the group of their family, and stopped by whoever asks', async () => {
    const { tasks, failures } = await bench.ecs.send(
      new RunTaskCommand({ cluster, taskDefinition: 'batch', startedBy: 'cron', clientToken: 't1' }),
    );
    const task = found(tasks?.[0]);
    expect(task).toMatchObject({
      group: 'family:batch',
      startedBy: 'cron',
      lastStatus: 'PENDING',
      desiredStatus: 'RUNNING',
    });
    expect(failures).toEqual([]);
    const again = await bench.ecs.send(
      new RunTaskCommand({ cluster, taskDefinition: 'batch', clientToken: 't1' }),
    );
    expect(again.tasks?.[0]?.taskArn).toBe(task.taskArn);
    const stopped = await bench.ecs.send(
      new StopTaskCommand({ cluster, task: found(task.taskArn), reason: 'enough' }),
    );
    expect(stopped.task).toMatchObject({
      desiredStatus: 'STOPPED',
      stopCode: 'UserInitiated',
      stoppedReason: 'enough',
    });
    await bench.clock.advance(minutes(1));
    const described = await bench.ecs.send(
      new DescribeTasksCommand({ cluster, tasks: [found(task.taskArn)] }),
    );
    expect(described.tasks).toMatchObject([{ lastStatus: 'STOPPED', stoppedAt: expect.any(Date) }]);
    await bench.clock.advance(minutes(61));
    const later = await bench.ecs.send(new DescribeTasksCommand({ cluster, tasks: [found(task.taskArn)] }));
    expect(later.failures).toEqual([{ arn: task.taskArn, reason: 'MISSING' }]);
  });

  it('that do not fit anywhere are failures, and unknown definitions an error', async () => {
    for (const name of ['a', 'b', 'c'])
      bench.simulator.fault({
        kind: 'agent',
        instance: bench.instance(name).ec2InstanceId,
        connected: false,
      });
    const { tasks, failures } = await bench.ecs.send(
      new RunTaskCommand({ cluster, taskDefinition: 'batch' }),
    );
    expect(tasks).toEqual([]);
    expect(failures?.map(({ reason }) => reason)).toEqual(['AGENT', 'AGENT', 'AGENT']);
    const run = (taskDefinition: string, more: object = {}) =>
      bench.ecs.send(new RunTaskCommand({ cluster, taskDefinition, ...more }));
    await expect(run('nope')).rejects.toMatchObject({
      name: 'ClientException',
      message: 'TaskDefinition not found.',
    });
    await expect(run('batch', { group: 'service:web' })).rejects.toMatchObject(invalid(/group/));
    await expect(run('batch', { count: 11 })).rejects.toMatchObject(invalid(/Count/));
  });

  it('of services are protected, standalone ones cannot be', async () => {
    const serviceTask = found([...bench.service('web').tasks][0]);
    const standalone = found(liveTasks(bench.instance('a')).find((task) => !task.service));
    const { protectedTasks, failures } = await bench.ecs.send(
      new UpdateTaskProtectionCommand({
        cluster,
        tasks: [serviceTask.arn, standalone.arn],
        protectionEnabled: true,
        expiresInMinutes: 10,
      }),
    );
    expect(protectedTasks).toEqual([
      {
        taskArn: serviceTask.arn,
        protectionEnabled: true,
        expirationDate: new Date(bench.clock.now() + minutes(10)),
      },
    ]);
    expect(failures).toEqual([{ arn: standalone.arn, reason: 'TASK_NOT_VALID' }]);
    await bench.clock.advance(minutes(11));
    const later = await bench.ecs.send(new GetTaskProtectionCommand({ cluster, tasks: [serviceTask.arn] }));
    expect(later.protectedTasks).toEqual([{ taskArn: serviceTask.arn, protectionEnabled: false }]);
  });
});

describe('services', () => {
  it('are described ten at most, missing ones as failures', async () => {
    const { services, failures } = await bench.ecs.send(
      new DescribeServicesCommand({ cluster, services: ['web', 'logs', 'gone'] }),
    );
    expect(
      services?.map(({ serviceName, schedulingStrategy, desiredCount }) => [
        serviceName,
        schedulingStrategy,
        desiredCount,
      ]),
    ).toEqual([
      ['web', 'REPLICA', 3],
      ['logs', 'DAEMON', 3],
    ]);
    expect(failures).toMatchObject([{ reason: 'MISSING' }]);
    await expect(
      bench.ecs.send(new DescribeServicesCommand({ cluster, services: Array.from({ length: 11 }, String) })),
    ).rejects.toMatchObject(invalid(/at most 10/));
    await expect(
      bench.ecs.send(new UpdateServiceCommand({ cluster, service: 'logs', desiredCount: 2 })),
    ).rejects.toMatchObject(invalid(/daemon/));
    await expect(
      bench.ecs.send(new UpdateServiceCommand({ cluster, service: 'gone', desiredCount: 2 })),
    ).rejects.toMatchObject({ name: 'ServiceNotFoundException' });
  });

  it('carry tags, as instances do', async () => {
    const { arn } = bench.instance('a');
    await bench.ecs.send(new TagResourceCommand({ resourceArn: arn, tags: [{ key: 'team', value: 'sre' }] }));
    const { tags } = await bench.ecs.send(new ListTagsForResourceCommand({ resourceArn: arn }));
    expect(tags).toEqual([{ key: 'team', value: 'sre' }]);
    await expect(
      bench.ecs.send(new TagResourceCommand({ resourceArn: `${arn}0`, tags: [] })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('pages', () => {
  it('cover everything once, though something joins in between', async () => {
    const big = await startBench(
      {
        instances: [{ name: 'a', count: 7, host: behind }],
        services: Array.from({ length: 12 }, (_, index) => ({ name: `s${index}`, cpu: 64, memory: 64 })),
      },
      { pageSize: 3 },
    );
    const client = big.ecs;
    expect(
      await collect(
        paginateListContainerInstances({ client }, { cluster }),
        (page) => page.containerInstanceArns,
      ),
    ).toEqual([3, 3, 1]);
    expect(await collect(paginateListServices({ client }, { cluster }), (page) => page.serviceArns)).toEqual([
      3, 3, 3, 3,
    ]);
    expect(
      await collect(paginateListTasks({ client, pageSize: 5 }, { cluster }), (page) => page.taskArns),
    ).toEqual([5, 5, 2]);
  });

  it('have tokens that belong to their query', async () => {
    const small = await startBench(scenario, { pageSize: 1 });
    const { nextToken } = await small.ecs.send(new ListContainerInstancesCommand({ cluster }));
    await expect(
      small.ecs.send(new ListContainerInstancesCommand({ cluster, status: 'ACTIVE', nextToken })),
    ).rejects.toMatchObject(invalid(/token/));
    await expect(small.ecs.send(new ListTasksCommand({ cluster, nextToken }))).rejects.toMatchObject(
      invalid(/token/),
    );
  });

  it('of services are ten long where nothing is said', async () => {
    const many = await startBench({
      instances: [{ name: 'a', host: behind }],
      services: Array.from({ length: 12 }, (_, index) => ({ name: `s${index}`, cpu: 64, memory: 64 })),
    });
    const { serviceArns, nextToken } = await many.ecs.send(new ListServicesCommand({ cluster }));
    expect(serviceArns).toHaveLength(10);
    expect(nextToken).toBeDefined();
  });
});

it('journals who asked what and got what', async () => {
  await bench.ecs.send(new ListClustersCommand({}));
  expect(bench.simulator.fleet.journal.entries.at(-1)).toMatchObject({
    kind: 'request',
    principal: us,
    service: 'ecs',
    action: 'ListClusters',
    status: 200,
    answer: { clusterArns: [expect.any(String)] },
    userAgent: expect.stringContaining('aws-sdk-js'),
  });
});
