import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  GetTaskProtectionCommand,
  ListTagsForResourceCommand,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  TagResourceCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { beforeEach, describe, expect, it } from 'vitest';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import { cluster, found, minutes, startBench, type Bench } from '../support.js';
import { invalid, scenario } from './fixture.js';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench(scenario);
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
