import {
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  paginateDescribeAutoScalingInstances,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ScenarioInput } from '../../../../src/simulator/scenario.js';
import { behind, found, minutes, seconds, startBench, type Bench } from '../support.js';

const group = 'web-hosts';
const member = (name: string): ScenarioInput['instances'][number] => ({
  name,
  az: name,
  host: behind,
  autoScalingGroup: group,
});

let bench: Bench;
const start = async (more: Partial<ScenarioInput> = {}): Promise<void> => {
  bench = await startBench({
    instances: [member('a'), member('b'), { name: 'c', host: behind }],
    services: [{ name: 'web', desiredCount: 2 }],
    ...more,
  });
};
beforeEach(() => start());

const id = (name: string): string => bench.instance(name).ec2InstanceId;

/** Lifecycle state of each member, by id. */
const members = async (...InstanceIds: string[]): Promise<Record<string, string>> => {
  const { AutoScalingInstances } = await bench.autoScaling.send(
    new DescribeAutoScalingInstancesCommand(InstanceIds.length > 0 ? { InstanceIds } : {}),
  );
  return Object.fromEntries(
    found(AutoScalingInstances).map(({ InstanceId = '', LifecycleState = '' }) => [
      InstanceId,
      LifecycleState,
    ]),
  );
};

const ec2State = async (instanceId: string): Promise<string | undefined> => {
  const { Reservations } = await bench.ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [instanceId] }] }),
  );
  return Reservations?.[0]?.Instances?.[0]?.State?.Name;
};

const newcomers = () =>
  [...bench.cluster.instances.values()].filter(
    ({ ec2InstanceId }) => ![id('a'), id('b'), id('c')].includes(ec2InstanceId),
  );

const terminateByGroup = (name: string) =>
  bench.simulator.fault({ kind: 'asg-terminate', instance: id(name) });

describe('what a group tells', () => {
  it('lists its members, and leaves out ids that no group has', async () => {
    expect(await members()).toEqual({ [id('a')]: 'InService', [id('b')]: 'InService' });
    expect(await members(id('a'), id('c'), 'i-00000000000000000')).toEqual({ [id('a')]: 'InService' });
    expect(await members(id('c'))).toEqual({});
    const { AutoScalingInstances } = await bench.autoScaling.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: [id('a')] }),
    );
    expect(AutoScalingInstances).toEqual([
      {
        InstanceId: id('a'),
        InstanceType: 'm5.large',
        AutoScalingGroupName: group,
        AvailabilityZone: 'eu-central-1a',
        LifecycleState: 'InService',
        HealthStatus: 'HEALTHY',
        ProtectedFromScaleIn: false,
      },
    ]);
  });

  it('describes itself with its desired capacity', async () => {
    const { AutoScalingGroups } = await bench.autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group, 'none'] }),
    );
    expect(AutoScalingGroups).toMatchObject([
      {
        AutoScalingGroupName: group,
        DesiredCapacity: 2,
        AvailabilityZones: ['eu-central-1a', 'eu-central-1b'],
        CreatedTime: expect.any(Date),
        Instances: [{ LifecycleState: 'InService', HealthStatus: 'Healthy' }, {}],
      },
    ]);
  });

  it('shows on EC2 as a tag of its members', async () => {
    const { Reservations } = await bench.ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'tag:aws:autoscaling:groupName', Values: [group] }] }),
    );
    expect(Reservations).toHaveLength(2);
  });

  it('pages, 50 at most', async () => {
    bench = await startBench(
      { instances: [{ name: 'm', count: 7, autoScalingGroup: group }] },
      { pageSize: 3 },
    );
    const sizes: number[] = [];
    for await (const page of paginateDescribeAutoScalingInstances({ client: bench.autoScaling }, {})) {
      sizes.push(page.AutoScalingInstances?.length ?? 0);
    }
    expect(sizes).toEqual([3, 3, 1]);
    const describe = (input: object) =>
      bench.autoScaling.send(new DescribeAutoScalingInstancesCommand(input));
    await expect(describe({ MaxRecords: 51 })).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(describe({ InstanceIds: Array(51).fill('i-1') })).rejects.toMatchObject({
      name: 'ValidationError',
    });
    await expect(describe({ NextToken: 'x' })).rejects.toMatchObject({ name: 'InvalidNextToken' });
  });
});

describe('a member that its group terminates', () => {
  it('goes through Terminating, is deregistered, and is replaced by one that registers', async () => {
    const old = bench.instance('a');
    terminateByGroup('a');
    expect(await members(old.ec2InstanceId)).toEqual({ [old.ec2InstanceId]: 'Terminating' });
    expect(await ec2State(old.ec2InstanceId)).toBe('running');
    await bench.clock.advanceUntil(() => old.status === 'INACTIVE', minutes(3));
    expect(await ec2State(old.ec2InstanceId)).toBe('terminated');
    expect(await members(old.ec2InstanceId)).toEqual({});
    await bench.clock.advanceUntil(() => newcomers().length === 1, minutes(5));
    const [newcomer] = newcomers();
    expect(newcomer).toMatchObject({
      status: 'ACTIVE',
      agentConnected: true,
      availabilityZone: 'eu-central-1a',
      host: { activeVersion: '1.26.0' },
    });
    expect(await members()).toMatchObject({ [found(newcomer).ec2InstanceId]: 'InService' });
    await bench.clock.advanceUntil(() => bench.service('web').steady, minutes(5));
    await bench.clock.advance(minutes(10));
    expect(newcomers()).toHaveLength(1);
  });

  it('waits for a lifecycle hook, running all the while', async () => {
    await start({ autoScalingGroups: [{ name: group, terminationHookSeconds: 120 }] });
    terminateByGroup('a');
    await bench.clock.advance(seconds(119));
    expect([await members(id('a')), await ec2State(id('a'))]).toEqual([
      { [id('a')]: 'Terminating:Wait' },
      'running',
    ]);
    await bench.clock.advance(seconds(1));
    expect(await members(id('a'))).toEqual({ [id('a')]: 'Terminating:Proceed' });
    await bench.clock.advanceUntil(
      () => bench.simulator.fleet.machines.get(id('a'))?.host.ec2State === 'terminated',
      minutes(2),
    );
  });

  it('is replaced by the version that the group launches', async () => {
    await start({ autoScalingGroups: [{ name: group, launchedVersion: '1.26.1' }] });
    terminateByGroup('a');
    await bench.clock.advanceUntil(() => newcomers().length === 1, minutes(5));
    expect(newcomers()[0]?.host?.activeVersion).toBe('1.26.1');
  });

  it('tells each step in the journal', async () => {
    const { ec2InstanceId } = bench.instance('a');
    terminateByGroup('a');
    await bench.clock.advanceUntil(() => newcomers().length === 1, minutes(5));
    const steps = bench.simulator.fleet.journal.entries.flatMap((entry) =>
      entry.kind === 'event' && entry.event === 'auto-scaling-lifecycle'
        ? [[entry.ec2InstanceId === ec2InstanceId ? 'old' : 'new', entry['to']]]
        : [],
    );
    expect(steps).toEqual(
      expect.arrayContaining([
        ['old', 'Terminating'],
        ['old', 'Terminated'],
        ['new', 'Pending'],
        ['new', 'InService'],
      ]),
    );
  });

  it('may be terminated by whoever asks the group, with or without a replacement', async () => {
    const terminate = (InstanceId: string, ShouldDecrementDesiredCapacity: boolean) =>
      bench.autoScaling.send(
        new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity }),
      );
    const { Activity } = await terminate(id('a'), true);
    expect(Activity).toMatchObject({ AutoScalingGroupName: group, StatusCode: 'InProgress' });
    await bench.clock.advance(minutes(10));
    expect(newcomers()).toHaveLength(0);
    await terminate(id('b'), false);
    await bench.clock.advanceUntil(() => newcomers().length === 1, minutes(5));
    await expect(terminate(id('c'), false)).rejects.toMatchObject({ name: 'ValidationError' });
  });
});

it('leaves nobody to blame for an instance that it terminates while drained', async () => {
  const { fleet } = bench.simulator;
  for (const name of ['a', 'b'])
    bench.simulator.fault({ kind: 'set-state', instance: id(name), status: 'DRAINING' });
  terminateByGroup('a');
  const left = fleet.audit.end({ principal: 'operator' }, bench.clock.now());
  expect(left).toMatchObject([{ invariant: 6, ec2InstanceId: id('b') }]);
});

it('replaces a member that somebody else terminates, once its health check notices', async () => {
  bench.simulator.fault({ kind: 'terminate', instance: id('a') });
  expect(await members(id('a'))).toEqual({ [id('a')]: 'InService' });
  await bench.clock.advanceUntil(() => newcomers().length === 1, minutes(6));
  expect(await members(id('a'))).toEqual({});
});

it('refuses to terminate by group what is in none', () => {
  expect(() => terminateByGroup('c')).toThrow(/is in no Auto Scaling group/);
});

describe('a ghost', () => {
  it('is listed by ECS though its machine has ended without its agent', async () => {
    const a = bench.instance('a');
    bench.simulator.fault({ kind: 'terminate', instance: id('a'), leavesGhost: true });
    await bench.clock.advance(minutes(30));
    expect(a).toMatchObject({ status: 'ACTIVE', agentConnected: false });
    expect(await ec2State(id('a'))).toBe('terminated');
  });

  it('is not known to EC2 any more after an hour', async () => {
    bench.simulator.fault({ kind: 'terminate', instance: id('a'), leavesGhost: true });
    await bench.clock.advance(minutes(62));
    expect(await ec2State(id('a'))).toBeUndefined();
    expect(bench.instance('a')).toMatchObject({ status: 'ACTIVE', agentConnected: false });
    await expect(
      bench.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id('a')] })),
    ).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
  });

  it('can be there from the start', async () => {
    await start({
      instances: [{ name: 'a', ghost: 'terminated' }, { name: 'b', ghost: 'unknown' }, { name: 'c' }],
      services: [],
    });
    for (const name of ['a', 'b'])
      expect(bench.instance(name)).toMatchObject({ status: 'ACTIVE', agentConnected: false });
    expect([await ec2State(id('a')), await ec2State(id('b'))]).toEqual(['terminated', undefined]);
  });
});
