import { expect, test } from 'vitest';
import { failureTypes } from '../../../src/model/failure-types.js';
import type { ScenarioInput } from '../../../src/simulator/scenario.js';
import { behind, failureOf, rolloutId, startFleet, type TestFleet } from './fleet.js';

const group = 'hosts';

const drained = async (more: Partial<ScenarioInput> = {}): Promise<TestFleet> => {
  const fleet = await startFleet({
    instances: ['a', 'b'].map((name) => ({ name, host: behind, autoScalingGroup: group })),
    ...more,
  });
  await fleet.run('startDraining', { ...fleet.on('a'), rolloutId, pace: fleet.pace });
  return fleet;
};

const terminateByGroup = (fleet: TestFleet) =>
  fleet.simulator.fault({ kind: 'asg-terminate', instance: fleet.id('a') });

const timesSetActive = (fleet: TestFleet) =>
  fleet
    .requests('UpdateContainerInstancesState')
    .filter(({ parameters }) => JSON.stringify(parameters).includes('"ACTIVE"')).length;

test('an instance in service in its group is drained and given back, for one call more each', async () => {
  const fleet = await drained();
  expect(fleet.requests('DescribeAutoScalingInstances')).toHaveLength(1);
  expect(await fleet.run('activate', fleet.on('a'))).toEqual({ kind: 'activated' });
  expect(fleet.requests('DescribeAutoScalingInstances')).toHaveLength(2);
});

test('an instance of no group costs no call more', async () => {
  const fleet = await drained({ instances: [{ name: 'a', host: behind }] });
  expect(await fleet.run('activate', fleet.on('a'))).toEqual({ kind: 'activated' });
  expect(fleet.requests('DescribeAutoScalingInstances')).toHaveLength(0);
});

test('an instance that its group is terminating is never set ACTIVE, though it still runs', async () => {
  const fleet = await drained({ autoScalingGroups: [{ name: group, terminationHookSeconds: 3600 }] });
  terminateByGroup(fleet);
  expect(await fleet.run('activate', fleet.on('a'))).toEqual({
    kind: 'gone',
    detail: 'its Auto Scaling group hosts says it is Terminating:Wait',
  });
  expect([timesSetActive(fleet), fleet.state('a').host?.ec2State]).toEqual([0, 'running']);
});

const started = async (fleet: TestFleet) =>
  fleet.attempt('startDraining', { ...fleet.on('a'), rolloutId, pace: fleet.pace });

const grouped: ScenarioInput = {
  instances: ['a', 'b'].map((name) => ({ name, host: behind, autoScalingGroup: group })),
  autoScalingGroups: [{ name: group, terminationHookSeconds: 3600 }],
};

test('an instance that its group is terminating is not even marked', async () => {
  const fleet = await startFleet(grouped);
  terminateByGroup(fleet);
  expect(await started(fleet)).toEqual({
    kind: 'gone',
    detail: 'its Auto Scaling group hosts says it is Terminating:Wait',
  });
  expect([fleet.requests('PutAttributes'), fleet.state('a').status]).toEqual([[], 'ACTIVE']);
});

test.each(['ec2', 'autoscaling'] as const)(
  'where %s, which giving back will ask, denies it, nothing is marked, and the rollout stops',
  async (service) => {
    const fleet = await startFleet(grouped);
    fleet.simulator.fault({ kind: 'refuse', as: 'denied', service });
    expect(await failureOf(started(fleet))).toMatchObject({
      type: failureTypes.stopsRollout,
      nonRetryable: true,
    });
    expect([fleet.requests('PutAttributes'), fleet.state('a').status]).toEqual([[], 'ACTIVE']);
  },
);

test('one that its group has ended is gone, and its replacement no business of ours', async () => {
  const fleet = await drained();
  terminateByGroup(fleet);
  await fleet.until(() => fleet.state('a').status === 'INACTIVE');
  expect(await fleet.run('activate', fleet.on('a'))).toMatchObject({ kind: 'gone' });
  expect(timesSetActive(fleet)).toBe(0);
});

test('without an answer of the group nothing is set ACTIVE; the message names the action', async () => {
  const fleet = await drained();
  fleet.simulator.fault({ kind: 'refuse', as: 'denied', service: 'autoscaling' });
  const failure = await failureOf(fleet.attempt('activate', fleet.on('a')));
  expect([failure.type, failure.nonRetryable]).toEqual([failureTypes.unavailable, false]);
  expect(failure.message).toContain(`autoscaling:DescribeAutoScalingInstances on ${fleet.id('a')}`);
  expect(failure.message).toContain('Allow this action to the role of the worker.');
  expect(timesSetActive(fleet)).toBe(0);
  expect(await fleet.attempt('activate', fleet.on('a'), { attempt: 2 })).toEqual({ kind: 'activated' });
});

test('an answer of something between is none', async () => {
  const fleet = await drained();
  fleet.simulator.fault({ kind: 'garbage', body: 'html', service: 'autoscaling' });
  const failure = await failureOf(fleet.attempt('activate', fleet.on('a')));
  expect(failure.message).toContain('the answer has no AutoScalingInstances');
  expect(timesSetActive(fleet)).toBe(0);
});

test('a machine is not gone because EC2 tells of it on the second page only', async () => {
  const fleet = await drained();
  fleet.simulator.fault({ kind: 'pages', trouble: 'empty', action: 'DescribeInstances' });
  expect(await fleet.run('activate', fleet.on('a'))).toEqual({ kind: 'activated' });
});
