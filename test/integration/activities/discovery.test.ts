import { expect, test } from 'vitest';
import { failureTypes } from '../../../src/model/failure-types.js';
import type { Instance } from '../../../src/model/instance.js';
import { containerInstanceId } from '../../../src/model/names.js';
import { behind, failureOf, rolloutId, startFleet, type TestFleet } from './fleet.js';

async function discover(fleet: TestFleet): Promise<{ instances: Instance[]; calls: number }> {
  const instances: Instance[] = [];
  let calls = 0;
  let cursor: string | null = null;
  do {
    const page: { instances: Instance[]; cursor: string | null } = await fleet.run('discoverInstances', {
      cluster: fleet.cluster,
      cursor,
    });
    instances.push(...page.instances);
    ({ cursor } = page);
    calls += 1;
  } while (cursor !== null);
  return { instances, calls };
}

test('finds every instance on every page, once', async () => {
  const fleet = await startFleet({ instances: [{ name: 'many', count: 23, host: behind }] }, { pageSize: 3 });
  const { instances, calls } = await discover(fleet);
  expect(new Set(instances.map(({ ec2InstanceId }) => ec2InstanceId)).size).toBe(23);
  expect(instances).toHaveLength(23);
  expect(calls).toBe(2);
});

test('finds those too of which ECS says once that they are missing', async () => {
  const fleet = await startFleet({ instances: [{ name: 'many', count: 8, host: behind }] });
  const action = 'DescribeContainerInstances';
  fleet.simulator.fault({ kind: 'failures', action, reason: 'MISSING', most: 3 });
  const { instances } = await discover(fleet);
  expect(new Set(instances.map(({ ec2InstanceId }) => ec2InstanceId)).size).toBe(8);
});

test('reads what the rules ask of an instance', async () => {
  const fleet = await startFleet({
    instances: [
      { name: 'a', az: 'b', host: behind },
      { name: 'linux', host: { os: 'amazon-linux-2023', version: '2023.0.0' } },
      { name: 'anywhere', kind: 'external' },
      { name: 'drained', status: 'DRAINING', host: behind },
      { name: 'away', agentConnected: false, host: behind },
      { name: 'group', capacityProvider: 'asg', host: behind },
      { name: 'managed', kind: 'managed', host: behind },
    ],
  });
  await fleet.run('startDraining', { ...fleet.on('a'), rolloutId, pace: fleet.pace });
  const { instances } = await discover(fleet);
  const of = (name: string) => instances.find(({ ec2InstanceId }) => ec2InstanceId === fleet.id(name));
  expect(of('a')).toMatchObject({
    availabilityZone: 'eu-central-1b',
    status: 'DRAINING',
    agentConnected: true,
    variant: 'aws-ecs-2',
    host: 'ec2',
    mark: { installation: 'tests', rolloutId },
    included: true,
  });
  expect(of('linux')).toMatchObject({ variant: null, status: 'ACTIVE', mark: null });
  expect(of('anywhere')).toMatchObject({ host: 'external' });
  expect(of('drained')).toMatchObject({ status: 'DRAINING', mark: null });
  expect(of('away')).toMatchObject({ agentConnected: false });
  expect(of('group')).toMatchObject({ host: 'ec2' });
  expect(of('managed')).toMatchObject({ host: 'managed' });
});

test('include and exclude are read as cluster queries, over all pages', async () => {
  const fleet = await startFleet(
    {
      instances: [
        { name: 'in', count: 4, attributes: { stack: 'web' }, host: behind },
        { name: 'out', count: 4, attributes: { stack: 'db' }, host: behind },
        { name: 'both', count: 4, attributes: { stack: 'web', keep: 'yes' }, host: behind },
      ],
    },
    { pageSize: 3 },
  );
  const { cluster } = fleet;
  const { included, excluded } = await fleet.run('matchInstances', {
    cluster,
    include: 'attribute:stack == web',
    exclude: 'attribute:keep exists',
  });
  const { instances } = await discover(fleet);
  const ids = instances.map(({ containerInstanceArn }) => containerInstanceId(containerInstanceArn));
  expect(included).toHaveLength(8);
  expect(excluded).toHaveLength(4);
  expect(ids).toEqual(expect.arrayContaining([...(included ?? []), ...(excluded ?? [])]));
  expect(await fleet.run('matchInstances', { cluster, include: null, exclude: null })).toEqual({
    included: null,
    excluded: null,
  });
});

test('a filter that ECS cannot read stops the rollout', async () => {
  const fleet = await startFleet({ instances: [{ name: 'a', host: behind }] });
  const { cluster } = fleet;
  const failure = await failureOf(
    fleet.run('matchInstances', { cluster, include: 'attribute:', exclude: null }),
  );
  expect(failure).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
});

test('describes instances again and leaves out those that are gone', async () => {
  const fleet = await startFleet({
    instances: [
      { name: 'a', host: behind },
      { name: 'b', host: behind },
    ],
  });
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('b') });
  await fleet.until(() => fleet.state('b').status === 'INACTIVE');
  const found = await fleet.run('describeInstances', {
    cluster: fleet.cluster,
    containerInstanceArns: ['a', 'b'].map((name) => fleet.on(name).instance.containerInstanceArn),
  });
  expect(found.map(({ ec2InstanceId }) => ec2InstanceId)).toEqual([fleet.id('a')]);
});

test('a look at the cluster counts who is out of service, whoever took them out', async () => {
  const fleet = await startFleet(
    {
      instances: [
        { name: 'fine', count: 5, host: behind },
        { name: 'drained', count: 4, status: 'DRAINING', host: behind },
        { name: 'away', count: 4, agentConnected: false, host: behind },
      ],
    },
    { pageSize: 2 },
  );
  const look = await fleet.run('lookAtCluster', { cluster: fleet.cluster });
  expect(look.registered).toBe(13);
  expect(look.outOfService).toHaveLength(8);
});

test('EC2 is asked about many machines at once; one that it does not know has no state', async () => {
  const instances = [
    ...Array.from({ length: 203 }, (_, n) => ({ name: `n${n}`, host: behind })),
    { name: 'terminated', host: behind, ghost: 'terminated' as const },
    { name: 'unknown', host: behind, ghost: 'unknown' as const },
  ];
  const fleet = await startFleet({ instances }, { pageSize: 50 });
  const { cluster, names } = fleet;
  const states = await fleet.run('machineStates', {
    cluster,
    ec2InstanceIds: names.map((name) => fleet.id(name)),
  });
  expect(Object.keys(states)).toHaveLength(205);
  expect(states).toMatchObject({
    [fleet.id('n0')]: 'running',
    [fleet.id('n202')]: 'running',
    [fleet.id('terminated')]: 'terminated',
    [fleet.id('unknown')]: null,
  });
});

test('finds one instance by its EC2 id, and the expression that leaves it out', async () => {
  const fleet = await startFleet(
    {
      instances: [
        { name: 'many', count: 5, attributes: { team: 'web' }, host: behind },
        { name: 'last', attributes: { team: 'db' }, host: behind },
        { name: 'managed', kind: 'managed', host: behind },
      ],
    },
    { pageSize: 2 },
  );
  const find = async (
    ec2InstanceId: string,
    include: string | null = null,
    exclude: string | null = null,
  ) => {
    const found = await fleet.run('findInstance', {
      cluster: fleet.cluster,
      ec2InstanceId,
      include,
      exclude,
    });
    return found && { id: found.instance.ec2InstanceId, host: found.instance.host, by: found.leftOutBy };
  };
  const ids = fleet.simulator
    .state()
    .clusters.flatMap(({ instances }) => instances.map((one) => one.ec2InstanceId));
  const [last = '', managed = ''] = ids.slice(5);
  const isWeb = 'attribute:team == web';
  expect(await find(last)).toEqual({ id: last, host: 'ec2', by: null });
  expect(await find(managed)).toEqual({ id: managed, host: 'managed', by: null });
  expect(await find(last, isWeb)).toMatchObject({ by: 'include' });
  expect(await find(ids[4] ?? '', isWeb)).toMatchObject({ by: null });
  expect(await find(ids[4] ?? '', isWeb, isWeb)).toMatchObject({ by: 'exclude' });
  expect(await find('i-0123456789abcdef0')).toBeNull();
  expect(await find('i-0 or agentConnected == true')).toBeNull();
});

test('tells when task protections end, and which services are being deployed', async () => {
  const fleet = await startFleet({
    instances: [{ name: 'a', host: behind }],
    services: [{ name: 'web', protectedTasks: 1 }, { name: 'api' }],
  });
  const { instance, cluster } = fleet.on('a');
  const inspect = async () =>
    (await fleet.run('inspectWorkloads', { cluster, instances: [instance] }))[instance.containerInstanceArn];
  expect(await inspect()).toMatchObject({ protectedUntil: expect.stringMatching(/^\d{4}-.*Z$/) });
  expect(await inspect()).not.toHaveProperty('deployingServices');
});
