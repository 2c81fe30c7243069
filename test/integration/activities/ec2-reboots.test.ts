import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import { createClients } from '../../../src/aws/clients.js';
import { failureTypes } from '../../../src/model/failure-types.js';
import { behind, failureOf, startFleet, type TestFleet } from './fleet.js';
import { drained, orderOf, updated } from './steps.js';

const fleetOf = (host: object) => startFleet({ instances: [{ name: 'a', host: { ...behind, ...host } }] });

const wait = (fleet: TestFleet, bootId: string | null) => ({
  ...fleet.on('a'),
  check: fleet.documents.check,
  bootId,
  commandId: 'check.ec2.1',
  pace: fleet.pace,
});

const order = (fleet: TestFleet, unlessHealthy = false) => ({ ...fleet.on('a'), unlessHealthy });

const bootOf = (fleet: TestFleet): string => fleet.state('a').host?.bootId ?? '';

test('a host that hangs is back in another boot, and runs the old version', async () => {
  const fleet = await fleetOf({ boot: 'never-returns' });
  await fleet.run('orderReboot', orderOf(fleet, 'a', await updated(fleet, 'a')));
  await fleet.until(() => fleet.state('a').host?.stage === 'hung');
  expect(await fleet.run('rebootThroughEc2', order(fleet))).toEqual({ kind: 'sent' });
  expect(await fleet.run('waitForEc2Boot', wait(fleet, null))).toMatchObject({
    kind: 'booted',
    host: { runningVersion: '1.26.0' },
  });
  expect(fleet.simulator.violations()).toEqual([]);
});

test('a host whose boot is known is waited for until it is in another one', async () => {
  const fleet = await fleetOf({});
  await drained(fleet, 'a');
  const before = bootOf(fleet);
  await fleet.run('rebootThroughEc2', order(fleet));
  const boot = await fleet.run('waitForEc2Boot', wait(fleet, before));
  expect(bootOf(fleet)).not.toBe(before);
  expect(boot).toMatchObject({ kind: 'booted', host: { bootId: bootOf(fleet) } });
});

test('a host that EC2 does not reboot is awaited until no reboot can come any more', async () => {
  const fleet = await fleetOf({});
  await drained(fleet, 'a');
  const began = Date.parse(fleet.simulator.state().time);
  expect(await fleet.run('waitForEc2Boot', wait(fleet, null))).toMatchObject({ kind: 'booted' });
  expect(Date.parse(fleet.simulator.state().time) - began).toBeGreaterThan(300_000);
});

test('an instance that is not DRAINING, or not ours, is not rebooted', async () => {
  const fleet = await fleetOf({});
  expect(await fleet.run('rebootThroughEc2', order(fleet))).toMatchObject({ kind: 'taken-over' });
  await drained(fleet, 'a');
  expect(await fleet.run('rebootThroughEc2', { ...order(fleet), installation: 'other' })).toMatchObject({
    kind: 'taken-over',
  });
  expect(fleet.requests('RebootInstances')).toEqual([]);
});

test('a host that has become healthy meanwhile is spared, one that has not is not', async () => {
  const fleet = await fleetOf({});
  await drained(fleet, 'a');
  expect(await fleet.run('rebootThroughEc2', order(fleet, true))).toEqual({ kind: 'healthy' });
  expect(fleet.requests('RebootInstances')).toEqual([]);
  fleet.simulator.fault({ kind: 'agent', instance: fleet.id('a'), connected: false });
  await fleet.until(() => !fleet.state('a').agentConnected);
  expect(await fleet.run('rebootThroughEc2', order(fleet, true))).toEqual({ kind: 'sent' });
});

test('an instance with a task is not rebooted', async () => {
  const fleet = await fleetOf({});
  await drained(fleet, 'a');
  fleet.simulator.fault({ kind: 'run-task', instance: fleet.id('a') });
  expect(await fleet.run('rebootThroughEc2', order(fleet))).toMatchObject({ kind: 'blocked' });
  expect(fleet.requests('RebootInstances')).toEqual([]);
});

test.each(['before', 'after'] as const)(
  'a lost answer (%s EC2 took it) counts as sent, and the request is not repeated',
  async (when) => {
    const fleet = await fleetOf({});
    await drained(fleet, 'a');
    fleet.simulator.fault({ kind: 'reset', action: 'RebootInstances', when });
    expect(await fleet.run('rebootThroughEc2', order(fleet))).toEqual({ kind: 'sent' });
    expect(fleet.sent.filter((action) => action === 'RebootInstances')).toHaveLength(1);
  },
);

test('a request that was never sent, as it was called off at the last moment, does not count as sent', async () => {
  const fleet = await fleetOf({});
  await drained(fleet, 'a');
  const clients = createClients({ region: fleet.cluster.region });
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  const environment = new MockActivityEnvironment({ attempt: 1 });
  clients.ec2Once.middlewareStack.add(
    (next) => (args) => {
      environment.cancel();
      return next(args);
    },
    { step: 'initialize', priority: 'high' },
  );
  const activities = createActivities(() => clients);
  const answer = environment.run(() => activities.rebootThroughEc2(order(fleet)));
  await expect(answer).rejects.toBeInstanceOf(CancelledFailure);
  expect(fleet.requests('RebootInstances')).toEqual([]);
});

test.each([
  ['RequestLimitExceeded', failureTypes.unavailable],
  ['UnauthorizedOperation', failureTypes.stopsRollout],
])('a refusal is told: %s', async (code, type) => {
  const fleet = await fleetOf({});
  await drained(fleet, 'a');
  fleet.simulator.fault({ kind: 'aws-error', action: 'RebootInstances', code });
  expect(await failureOf(fleet.attempt('rebootThroughEc2', order(fleet)))).toMatchObject({ type });
  expect(fleet.sent.filter((action) => action === 'RebootInstances')).toHaveLength(1);
});

test('an instance is held by its mark, which nothing but a clear takes away', async () => {
  const fleet = await fleetOf({});
  await drained(fleet, 'a');
  const mark = () => fleet.state('a').attributes['ecs-updater.drained'];
  const before = mark();
  expect(await fleet.run('hold', fleet.on('a'))).toEqual({ kind: 'held' });
  expect(await fleet.run('hold', fleet.on('a'))).toEqual({ kind: 'held' });
  expect(mark()).toBe(`${before}/held`);
  expect(await fleet.run('activate', fleet.on('a'))).toMatchObject({ kind: 'held' });
  expect(fleet.state('a').status).toBe('DRAINING');
});

test('an instance that is ours no more is not held', async () => {
  const fleet = await fleetOf({});
  expect(await fleet.run('hold', fleet.on('a'))).toMatchObject({ kind: 'taken-over' });
  expect(fleet.requests('PutAttributes')).toEqual([]);
});
