import { DeleteAttributesCommand } from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import { createClients } from '../../../src/aws/clients.js';
import { failureTypes } from '../../../src/model/failure-types.js';
import { drainedAttribute } from '../../../src/model/names.js';
import { behind, failureOf, rolloutId, startFleet, type TestFleet } from './fleet.js';

const two = { instances: ['a', 'b'].map((name) => ({ name, host: behind })) };

const drain = (fleet: TestFleet, name = 'a') =>
  fleet.run('startDraining', { ...fleet.on(name), rolloutId, pace: fleet.pace });

test('sets ACTIVE first, then removes the mark', async () => {
  const fleet = await startFleet(two);
  await drain(fleet);
  expect(await fleet.run('activate', fleet.on('a'))).toEqual({ kind: 'activated' });
  expect(fleet.state('a').status).toBe('ACTIVE');
  expect(fleet.state('a').attributes).not.toHaveProperty(drainedAttribute);
  const changes = fleet
    .requests()
    .map(({ action }) => action)
    .slice(-2);
  expect(changes).toEqual(['UpdateContainerInstancesState', 'DeleteAttributes']);
});

test('an attempt that died between the two is finished by the next', async () => {
  const fleet = await startFleet(two);
  await drain(fleet);
  fleet.simulator.fault({ kind: 'reset', action: 'DeleteAttributes', when: 'before', times: 3 });
  await failureOf(fleet.attempt('activate', fleet.on('a')));
  expect(fleet.state('a').status).toBe('ACTIVE');
  expect(await fleet.attempt('activate', fleet.on('a'), { attempt: 2 })).toEqual({ kind: 'activated' });
  expect(fleet.state('a').attributes).not.toHaveProperty(drainedAttribute);
  expect(fleet.requests('UpdateContainerInstancesState')).toHaveLength(2);
});

test('what an operator drains after it was set ACTIVE is theirs, though our mark was left on it', async () => {
  const fleet = await startFleet(two);
  await drain(fleet);
  fleet.simulator.fault({ kind: 'reset', action: 'DeleteAttributes', when: 'before', times: 3 });
  const first = fleet.begin('activate', fleet.on('a'));
  await failureOf(first.end);
  fleet.simulator.fault({ kind: 'set-state', instance: fleet.id('a'), status: 'DRAINING' });
  const from = { attempt: 2, heartbeatDetails: first.beats.at(-1) };
  expect(await fleet.attempt('activate', fleet.on('a'), from)).toEqual({
    kind: 'taken-over',
    status: 'DRAINING',
  });
  expect(fleet.state('a')).toMatchObject({ status: 'DRAINING', statusBy: 'operator' });
  expect(fleet.state('a').attributes).not.toHaveProperty([drainedAttribute]);
  expect(fleet.simulator.violations()).toEqual([]);
});

test('an ACTIVE instance only loses our mark, and nobody else’s', async () => {
  const fleet = await startFleet(two);
  await drain(fleet, 'a');
  fleet.simulator.fault({ kind: 'set-state', instance: fleet.id('a'), status: 'ACTIVE' });
  expect(await fleet.run('activate', { ...fleet.on('a'), installation: 'other' })).toEqual({
    kind: 'activated',
  });
  expect(fleet.state('a').attributes).toHaveProperty([drainedAttribute]);
  expect(await fleet.run('activate', fleet.on('a'))).toEqual({ kind: 'activated' });
  expect(fleet.state('a').attributes).not.toHaveProperty([drainedAttribute]);
  expect(fleet.requests('UpdateContainerInstancesState')).toHaveLength(1);
});

test('what others drained stays DRAINING', async () => {
  const fleet = await startFleet(two);
  fleet.simulator.fault({ kind: 'set-state', instance: fleet.id('a'), status: 'DRAINING' });
  expect(await fleet.run('activate', fleet.on('a'))).toMatchObject({
    kind: 'taken-over',
    status: 'DRAINING',
  });
  await drain(fleet, 'b');
  expect(await fleet.run('activate', { ...fleet.on('b'), installation: 'other' })).toMatchObject({
    kind: 'taken-over',
  });
  const { ecs } = createClients({ region: fleet.cluster.region });
  const targetId = fleet.on('b').instance.containerInstanceArn;
  await ecs.send(
    new DeleteAttributesCommand({
      cluster: fleet.cluster.arn,
      attributes: [{ name: drainedAttribute, targetId }],
    }),
  );
  ecs.destroy();
  expect(await fleet.run('activate', fleet.on('b'))).toMatchObject({ kind: 'taken-over' });
  expect(['a', 'b'].map((name) => fleet.state(name).status)).toEqual(['DRAINING', 'DRAINING']);
});

test('an instance that EC2 ends is gone', async () => {
  const fleet = await startFleet(two);
  await drain(fleet);
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('a') });
  expect(await fleet.run('activate', fleet.on('a'))).toMatchObject({ kind: 'gone' });
  expect(fleet.requests('UpdateContainerInstancesState')).toHaveLength(1);
});

test.each(['AccessDeniedException', 'InvalidParameterException', 'ThrottlingException'])(
  'giving back is tried again after %s',
  async (code) => {
    const fleet = await startFleet(two);
    await drain(fleet);
    for (const action of ['UpdateContainerInstancesState', 'DeleteAttributes']) {
      fleet.simulator.fault({ kind: 'aws-error', action, code, times: 3 });
    }
    const failure = await failureOf(fleet.attempt('activate', fleet.on('a')));
    expect(failure.nonRetryable).toBeFalsy();
    expect(failure.message).toContain(code);
    expect(await fleet.run('activate', fleet.on('a'))).toEqual({ kind: 'activated' });
    expect(fleet.state('a')).toMatchObject({
      status: 'ACTIVE',
      attributes: expect.not.objectContaining({ [drainedAttribute]: expect.anything() }),
    });
  },
);

test('healthy means connected in three reads, and ok in the first and the last', async () => {
  const fleet = await startFleet(two);
  await drain(fleet);
  const input = { ...fleet.on('a'), pace: fleet.pace };
  fleet.simulator.fault({ kind: 'agent', instance: fleet.id('a'), connected: false });
  expect(await fleet.run('describeHealth', fleet.on('a'))).toBe('its ECS agent is not connected');
  const before = fleet.requests('DescribeInstanceStatus').length;
  const looked = fleet.requests('DescribeContainerInstances').length;
  const looks = () => fleet.requests('DescribeContainerInstances').length - looked;
  const healthy = fleet.run('waitUntilHealthy', input);
  await fleet.until(() => looks() > 0);
  fleet.simulator.fault({ kind: 'agent', instance: fleet.id('a'), connected: true });
  expect(await healthy).toEqual({ kind: 'healthy' });
  expect(looks()).toBeGreaterThan(3);
  expect(fleet.requests('DescribeInstanceStatus').length - before).toBe(looks() - 1);
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('a') });
  expect(await fleet.run('waitUntilHealthy', input)).toMatchObject({ kind: 'gone' });
});

test('services are waited for until they are steady; a deleted one is', async () => {
  const fleet = await startFleet({ ...two, services: [{ name: 'web', desiredCount: 2 }] });
  fleet.simulator.fault({ kind: 'update-service', service: 'web', desiredCount: 4 });
  await fleet.run('waitUntilSteady', {
    cluster: fleet.cluster,
    services: ['web', 'was-deleted'],
    pace: fleet.pace,
  });
  expect(fleet.simulator.state().clusters[0]?.services).toMatchObject([{ desiredCount: 4, runningCount: 4 }]);
});

test('goes on only with the cluster there and the documents unchanged', async () => {
  const fleet = await startFleet(two);
  const { cluster, documents } = fleet;
  await fleet.run('checkPrerequisites', { cluster, documents });
  const changed = await failureOf(
    fleet.run('checkPrerequisites', {
      cluster,
      documents: { ...documents, reboot: { ...documents.reboot, hash: '0'.repeat(64) } },
    }),
  );
  expect(changed).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
  expect(changed.message).toContain('ecs-updater-reboot');
  const foreign = await failureOf(
    fleet.run('checkPrerequisites', {
      cluster,
      documents: { ...documents, check: { ...documents.check, name: 'AWS-RunShellScript' } },
    }),
  );
  expect(foreign).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
  expect(foreign.message).toContain('"AWS-RunShellScript" is none of the SSM documents of ecs-updater');
  const missing = await failureOf(
    fleet.run('checkPrerequisites', { cluster: { ...cluster, arn: `${cluster.arn}x` }, documents }),
  );
  expect(missing).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
  const deleted = await failureOf(
    fleet.run('checkPrerequisites', {
      cluster,
      documents: { ...documents, apply: { ...documents.apply, version: '7' } },
    }),
  );
  expect(deleted).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
});

test.each([
  ['DescribeInstances', 'UnauthorizedOperation'],
  ['DescribeInstanceStatus', 'UnauthorizedOperation'],
  ['ListCommands', 'AccessDeniedException'],
  ['ListCommandInvocations', 'AccessDeniedException'],
  ['GetCommandInvocation', 'AccessDeniedException'],
  ['CancelCommand', 'AccessDeniedException'],
  ['DeleteAttributes', 'AccessDeniedException'],
])('does not go on where %s, which is needed later, is denied', async (action, code) => {
  const fleet = await startFleet(two);
  const { cluster, documents } = fleet;
  fleet.simulator.fault({ kind: 'aws-error', action, code });
  const denied = await failureOf(fleet.run('checkPrerequisites', { cluster, documents }));
  expect(denied).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
  expect(denied.message).toContain(`:${action}`);
});

test('goes on where ECS finds fault with the id by which it is asked whether a mark may be removed', async () => {
  const fleet = await startFleet(two);
  const { cluster, documents } = fleet;
  const action = 'DeleteAttributes';
  fleet.simulator.fault({ kind: 'aws-error', action, code: 'InvalidParameterException' });
  await fleet.attempt('checkPrerequisites', { cluster, documents });
  expect(fleet.sent.at(-1)).toBe(action);
});

test('a plan does not even try to take something back', async () => {
  const fleet = await startFleet(two);
  const { cluster, documents } = fleet;
  await fleet.run('checkPrerequisites', { cluster, documents, looksOnly: true });
  expect(fleet.sent).not.toContain('CancelCommand');
  expect(fleet.sent).not.toContain('DeleteAttributes');
});

test('says what SSM knows of an order, and what is not healthy', async () => {
  const fleet = await startFleet(two);
  const on = { ...fleet.on('a'), since: new Date().toISOString() };
  expect(await fleet.run('describeOrder', { ...on, commandId: null })).toBe('nothing was ordered');
  const unknown = await fleet.run('describeOrder', { ...on, commandId: 'apply.run.9' });
  expect(unknown).toBe('SSM knows no command for it');
  fleet.simulator.fault({ kind: 'agent', instance: fleet.id('a'), connected: false });
  const away = await fleet.run('describeOrder', { ...on, commandId: null });
  expect(away).toBe('nothing was ordered, its ECS agent is not connected');
});

test('a page for an answer of EC2 is not taken for the end of the machine', async () => {
  const fleet = await startFleet({ instances: [{ name: 'a', host: behind }] });
  await drain(fleet);
  for (const action of ['DescribeInstances', 'DescribeInstanceStatus']) {
    fleet.simulator.fault({ kind: 'garbage', action, body: 'html' });
  }
  const on = fleet.on('a');
  const { type } = await failureOf(fleet.attempt('waitUntilHealthy', { ...on, pace: fleet.pace }));
  expect(type).toBe(failureTypes.unavailable);
  expect((await failureOf(fleet.attempt('activate', on))).type).toBe(failureTypes.unavailable);
  expect(await fleet.attempt('activate', on, { attempt: 2 })).toEqual({ kind: 'activated' });
});
