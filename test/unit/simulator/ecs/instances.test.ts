import {
  DeleteAttributesCommand,
  DeregisterContainerInstanceCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  ListAttributesCommand,
  ListClustersCommand,
  ListContainerInstancesCommand,
  ListTasksCommand,
  PutAttributesCommand,
  StopTaskCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { beforeEach, describe, expect, it } from 'vitest';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import { cluster, found, startBench, us, type Bench } from '../support.js';
import { invalid, scenario } from './fixture.js';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench(scenario);
});

const put = (
  attributes: { name: string; value?: string; targetId?: string; targetType?: 'container-instance' }[],
) => bench.ecs.send(new PutAttributesCommand({ cluster, attributes }));

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
