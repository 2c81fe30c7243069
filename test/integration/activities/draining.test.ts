import { expect, test } from 'vitest';
import { failureTypes } from '../../../src/model/failure-types.js';
import { drainedAttribute } from '../../../src/model/names.js';
import { behind, failureOf, rolloutId, startFleet, type TestFleet } from './fleet.js';

const three = ['a', 'b', 'c'].map((name) => ({ name, host: behind }));
const web = { name: 'web', desiredCount: 3 };

const start = (fleet: TestFleet, name = 'a') => ({ ...fleet.on(name), rolloutId, pace: fleet.pace });
const wait = (fleet: TestFleet, name = 'a') => ({ ...fleet.on(name), pace: fleet.pace });

test('marks the instance, drains it and sees every task go', async () => {
  const fleet = await startFleet(
    { instances: three, services: [web, { name: 'agent', schedulingStrategy: 'DAEMON' }] },
    { pageSize: 1 },
  );
  const moving = fleet.state('a').tasks.filter(({ group }) => group === 'service:web').length;
  const answer = await fleet.run('startDraining', start(fleet));
  expect(answer).toMatchObject({ kind: 'draining', tasks: moving });
  expect(answer).toHaveProperty('steadyServices', expect.arrayContaining(['agent']));
  expect(fleet.state('a')).toMatchObject({ status: 'DRAINING' });
  expect(fleet.state('a').attributes[drainedAttribute]).toMatch(/^tests\/rollout-1\/\d{4}-.*Z$/);
  expect(await fleet.run('waitUntilDrained', wait(fleet))).toEqual({ kind: 'drained' });
  expect(fleet.state('a').tasks).toEqual([]);
});

test('doing it again after a lost answer is harmless', async () => {
  const fleet = await startFleet({ instances: three, services: [web] });
  fleet.simulator.fault({ kind: 'garbage', action: 'UpdateContainerInstancesState', body: 'html' });
  const lost = await failureOf(fleet.attempt('startDraining', start(fleet)));
  expect(lost).toMatchObject({ type: failureTypes.unavailable, nonRetryable: false });
  const mark = fleet.state('a').attributes[drainedAttribute];
  expect(await fleet.attempt('startDraining', start(fleet), { attempt: 2 })).toMatchObject({
    kind: 'draining',
  });
  expect(fleet.state('a').attributes[drainedAttribute]).toBe(mark);
  expect(fleet.requests('UpdateContainerInstancesState')).toHaveLength(1);
});

test('touches nothing where a standalone or a protected task runs', async () => {
  const fleet = await startFleet({
    instances: three,
    services: [{ ...web, on: ['b'], desiredCount: 2 }],
    tasks: [{ family: 'batch', on: 'a', count: 2 }],
  });
  expect(await fleet.run('startDraining', start(fleet, 'a'))).toMatchObject({
    kind: 'blocked',
    by: 'standalone-task',
    tasks: [{ group: 'family:batch' }, { group: 'family:batch' }],
  });
  fleet.simulator.fault({ kind: 'protect-task', instance: fleet.id('b') });
  expect(await fleet.run('startDraining', start(fleet, 'b'))).toMatchObject({
    kind: 'blocked',
    by: 'protected-task',
    tasks: [{ group: 'service:web' }],
  });
  expect(fleet.requests('UpdateContainerInstancesState')).toEqual([]);
  expect(fleet.requests('PutAttributes')).toEqual([]);
});

test('a standalone task that appears during the drain ends the wait', async () => {
  const fleet = await startFleet({
    instances: three,
    services: [{ ...web, deregistrationDelaySeconds: 200 }],
  });
  await fleet.run('startDraining', start(fleet));
  const end = fleet.run('waitUntilDrained', wait(fleet));
  fleet.simulator.fault({ kind: 'run-task', instance: fleet.id('a'), family: 'batch' });
  expect(await end).toMatchObject({
    kind: 'blocked',
    by: 'standalone-task',
    tasks: [{ group: 'family:batch' }],
  });
});

test('an instance is not empty while its last task is stopping', async () => {
  const fleet = await startFleet({
    instances: three,
    services: [{ ...web, stopSeconds: 100 }],
  });
  await fleet.run('startDraining', start(fleet));
  await fleet.run('waitUntilDrained', wait(fleet));
  expect(fleet.state('a').tasks).toEqual([]);
});

test('a service with minimum and maximum of 100 % cannot be drained', async () => {
  const fleet = await startFleet({
    instances: three,
    services: [{ ...web, minimumHealthyPercent: 100, maximumPercent: 100 }],
  });
  const name = ['a', 'b', 'c'].find((one) => fleet.state(one).tasks.length > 0) ?? 'a';
  expect(await fleet.run('startDraining', start(fleet, name))).toEqual({
    kind: 'cannot-drain',
    services: ['web'],
  });
});

test('a deployment in progress is waited for, benignly', async () => {
  const fleet = await startFleet({ instances: three, services: [web] });
  fleet.simulator.fault({ kind: 'update-service', service: 'web', forceNewDeployment: true });
  const failure = await failureOf(fleet.attempt('startDraining', start(fleet)));
  expect(failure).toMatchObject({ type: failureTypes.stillWaiting, category: 'BENIGN', nonRetryable: false });
  expect(failure.message).toContain('web');
  expect(fleet.state('a').status).toBe('ACTIVE');
  await fleet.until(() => fleet.simulator.state().clusters[0]?.services[0]?.steady === true);
});

test('what others drain, or mark, is theirs', async () => {
  const fleet = await startFleet({ instances: three });
  fleet.simulator.fault({ kind: 'set-state', instance: fleet.id('a'), status: 'DRAINING' });
  expect(await fleet.run('startDraining', start(fleet, 'a'))).toEqual({
    kind: 'draining-by-others',
    installation: null,
    since: null,
  });
  await fleet.run('startDraining', { ...start(fleet, 'b'), installation: 'other' });
  expect(await fleet.run('startDraining', start(fleet, 'b'))).toMatchObject({
    kind: 'draining-by-others',
    installation: 'other',
  });
  expect(await fleet.run('waitUntilDrained', wait(fleet, 'b'))).toMatchObject({ kind: 'taken-over' });
});

test('one absence of the agent is looked at twice', async () => {
  const fleet = await startFleet({ instances: three });
  fleet.simulator.fault({ kind: 'agent', instance: fleet.id('a'), connected: false, forSeconds: 4 });
  expect(await fleet.run('startDraining', start(fleet, 'a'))).toMatchObject({ kind: 'draining' });
  fleet.simulator.fault({ kind: 'agent', instance: fleet.id('b'), connected: false });
  expect(await fleet.run('startDraining', start(fleet, 'b'))).toEqual({ kind: 'agent-disconnected' });
});

test('an instance that ends, or that somebody sets ACTIVE, is lost', async () => {
  const fleet = await startFleet({ instances: three, services: [{ ...web, stopSeconds: 200 }] });
  await fleet.run('startDraining', start(fleet, 'a'));
  await fleet.run('startDraining', start(fleet, 'b'));
  fleet.simulator.fault({ kind: 'set-state', instance: fleet.id('a'), status: 'ACTIVE' });
  expect(await fleet.run('waitUntilDrained', wait(fleet, 'a'))).toEqual({
    kind: 'taken-over',
    status: 'ACTIVE',
  });
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('b') });
  expect(await fleet.run('waitUntilDrained', wait(fleet, 'b'))).toMatchObject({ kind: 'gone' });
  expect(await fleet.run('startDraining', start(fleet, 'b'))).toMatchObject({ kind: 'gone' });
});

test('tells which tasks stayed, and why they could not be moved', async () => {
  const fleet = await startFleet({
    instances: [three[0], three[1]].flatMap((one) => one ?? []),
    services: [{ name: 'big', desiredCount: 2, cpu: 1500, memory: 4000 }],
  });
  await fleet.run('startDraining', start(fleet));
  await fleet.until(() =>
    (fleet.simulator.state().clusters[0]?.services[0]?.lastEvent ?? '').includes('unable'),
  );
  const left = await fleet.run('describeRemaining', fleet.on('a'));
  expect(left.tasks).toMatchObject([{ group: 'service:big', lastStatus: 'RUNNING' }]);
  expect(left.serviceEvents).toEqual([expect.stringContaining('was unable to place a task')]);
  expect(left.deployingServices).toEqual([]);
});

test('inspects workloads over pages, of some instances or of all in the cluster', async () => {
  const fleet = await startFleet(
    {
      instances: [...three, { name: 'd', host: behind }],
      services: [
        { name: 'stuck', desiredCount: 4, on: ['a'], minimumHealthyPercent: 100, maximumPercent: 100 },
        { name: 'guarded', desiredCount: 2, on: ['b'], protectedTasks: 2 },
        { name: 'free', desiredCount: 2, on: ['d'] },
      ],
      tasks: [
        { family: 'batch', on: 'c', count: 4 },
        { family: 'spoof', on: 'c', startedBy: 'ecs-svc/1234567890123456789' },
      ],
    },
    { pageSize: 2 },
  );
  const { cluster } = fleet;
  const arnOf = (name: string) => fleet.on(name).instance.containerInstanceArn;
  const instances = ['a', 'b', 'c', 'd'].map((name) => fleet.on(name).instance);
  const some = await fleet.run('inspectWorkloads', { cluster, instances });
  expect(some[arnOf('a')]).toEqual({ standaloneTasks: [], protectedTasks: [], stuckServices: ['stuck'] });
  expect(some[arnOf('b')]?.protectedTasks).toHaveLength(2);
  expect(some[arnOf('c')]?.standaloneTasks.map(({ group }) => group).toSorted()).toEqual([
    ...Array.from({ length: 4 }, () => 'family:batch'),
    'family:spoof',
  ]);
  expect(some[arnOf('d')]).toEqual({ standaloneTasks: [], protectedTasks: [], stuckServices: [] });
  const all = await fleet.run('inspectCluster', { cluster });
  expect(Object.keys(all).toSorted()).toEqual(['a', 'b', 'c'].map(arnOf).toSorted());
  expect(all[arnOf('b')]).toEqual(some[arnOf('b')]);
});

test('a list of tasks whose pages repeat is not taken for the whole list', async () => {
  const fleet = await startFleet(
    { instances: three, services: [web], tasks: [{ family: 'batch', on: 'a', count: 3 }] },
    { pageSize: 2 },
  );
  fleet.simulator.fault({ kind: 'pages', trouble: 'repeated-token', action: 'ListTasks', times: 2 });
  const failure = await failureOf(fleet.attempt('startDraining', start(fleet)));
  expect(failure).toMatchObject({ type: failureTypes.unavailable });
  expect(failure.message).toContain('the same page again and again');
  expect(fleet.state('a').status).toBe('ACTIVE');
});

test('a task that is put under protection during the drain ends the wait', async () => {
  const fleet = await startFleet({
    instances: three,
    services: [{ name: 'web', desiredCount: 2, on: ['a'] }],
  });
  await fleet.run('startDraining', start(fleet));
  const end = fleet.run('waitUntilDrained', wait(fleet));
  await fleet.until(() => fleet.requests('GetTaskProtection').length >= 2);
  fleet.simulator.fault({ kind: 'protect-task', instance: fleet.id('a') });
  expect(await end).toMatchObject({
    kind: 'blocked',
    by: 'protected-task',
    tasks: [{ group: 'service:web' }],
  });
});

test('a page in the place of an answer of ECS is not taken for a drain', async () => {
  const fleet = await startFleet({ instances: three });
  fleet.simulator.fault({ kind: 'garbage', action: 'UpdateContainerInstancesState', body: 'html' });
  const failure = await failureOf(fleet.attempt('startDraining', start(fleet)));
  expect(failure.type).toBe(failureTypes.unavailable);
  expect(await fleet.attempt('startDraining', start(fleet), { attempt: 2 })).toMatchObject({
    kind: 'draining',
  });
});
