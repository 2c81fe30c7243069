import { expect, test } from 'vitest';
import { failureTypes } from '../../../src/model/failure-types.js';
import { behind, failureOf, startFleet } from './fleet.js';
import { after, checked, drained, inAnHour, orderOf, updated, waitOf } from './steps.js';

const two = {
  instances: [
    { name: 'a', host: behind },
    { name: 'b', host: behind },
  ],
};

test('reboots an empty host into what is staged and reads its new boot', async () => {
  const fleet = await startFleet({ ...two, services: [{ name: 'web', desiredCount: 2 }] });
  const host = await updated(fleet, 'a');
  expect(host).toMatchObject({ updateState: 'Ready', stagedVersion: '1.26.1', runningVersion: '1.26.0' });
  const order = orderOf(fleet, 'a', host);
  expect(await fleet.run('orderReboot', order)).toEqual({ kind: 'sent' });
  const boot = await fleet.run('waitForBoot', waitOf(fleet, order));
  expect(boot).toMatchObject({ kind: 'booted', host: { runningVersion: '1.26.1' } });
  expect(await fleet.run('waitUntilHealthy', { ...fleet.on('a'), pace: fleet.pace })).toEqual({
    kind: 'healthy',
  });
  expect(fleet.simulator.violations()).toEqual([]);
});

test('a host that is deregistered between the look and the list of its tasks is gone', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  after(fleet, 'DescribeContainerInstances', () =>
    fleet.simulator.fault({ kind: 'deregister', instance: fleet.id('a') }),
  );
  expect(await fleet.run('orderReboot', order)).toMatchObject({ kind: 'gone' });
  expect(fleet.simulator.violations()).toEqual([]);
});

test('a later attempt finds the order that an earlier one sent', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  await fleet.attempt('orderReboot', order);
  const sent = fleet.requests('SendCommand').length;
  expect(await fleet.attempt('orderReboot', order, { attempt: 2 })).toEqual({ kind: 'sent' });
  expect(fleet.requests('SendCommand')).toHaveLength(sent);
});

test('an order whose answer is lost is found, not sent again', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  const sent = fleet.requests('SendCommand').length;
  fleet.simulator.fault({ kind: 'reset', action: 'SendCommand', when: 'after' });
  expect(await fleet.run('orderReboot', order)).toEqual({ kind: 'sent' });
  expect(fleet.requests('SendCommand')).toHaveLength(sent + 1);
});

test('an order that never arrived is sent by the next attempt, after a fresh look', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  fleet.simulator.fault({ kind: 'reset', action: 'SendCommand', when: 'before' });
  const failure = await failureOf(fleet.attempt('orderReboot', order));
  expect(failure).toMatchObject({ type: failureTypes.unavailable, nonRetryable: false });
  fleet.simulator.fault({ kind: 'set-state', instance: fleet.id('a'), status: 'ACTIVE' });
  expect(await fleet.attempt('orderReboot', order, { attempt: 2 })).toEqual({
    kind: 'taken-over',
    status: 'ACTIVE',
    mayBeSent: true,
  });
});

test('only a first attempt proves that no order was sent: lists of SSM lag', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  fleet.simulator.fault({ kind: 'run-task', instance: fleet.id('a'), family: 'batch' });
  expect(await fleet.attempt('orderReboot', order)).not.toHaveProperty('mayBeSent');
  expect(await fleet.attempt('orderReboot', order, { attempt: 2 })).toMatchObject({
    kind: 'blocked',
    mayBeSent: true,
  });
});

test('a host is not updated, rebooted or called off under the name of another that is empty', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  const b = await checked(fleet, 'b');
  const sent = fleet.requests('SendCommand').length;
  const instance = { ...order.instance, ec2InstanceId: fleet.id('b') };
  const { documents, pace } = fleet;
  const since = new Date(0).toISOString();
  const { check } = documents;
  const apply = fleet.command('apply', 'another.1');
  const attempts = [
    fleet.attempt('applyUpdate', {
      ...fleet.on('a'),
      instance,
      command: apply,
      check,
      notAfter: inAnHour(fleet),
      pace,
    }),
    fleet.attempt('orderReboot', { ...order, instance, bootId: b.bootId }),
    fleet.attempt('rebootThroughEc2', { ...order, instance, unlessHealthy: false }),
    fleet.attempt('waitUntilQuiet', {
      ...order,
      instance,
      documents,
      since,
      orders: [],
      commandId: 'c.1',
      pace,
    }),
    fleet.attempt('activate', { ...fleet.on('a'), instance }),
  ];
  for (const failure of await Promise.all(attempts.map(failureOf))) {
    expect(failure).toMatchObject({ type: failureTypes.failsInstance, nonRetryable: true });
    expect(failure.message).toContain(`is ${fleet.id('a')} and not ${fleet.id('b')}`);
  }
  expect(fleet.requests('SendCommand')).toHaveLength(sent);
  for (const action of ['RebootInstances', 'CancelCommand']) expect(fleet.requests(action)).toEqual([]);
  await fleet.run('activate', fleet.on('a'));
  expect(fleet.simulator.violations()).toEqual([]);
});

test('nothing is read or slept between the last look and the order', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  await fleet.attempt('orderReboot', order, { attempt: 2 });
  const actions = fleet.requests().map(({ action }) => action);
  expect(actions.slice(-2)).toEqual(['DescribeContainerInstances', 'SendCommand']);
});

test('an order that SSM does not take, as it has lost the host, is told from one that was sent', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  fleet.simulator.fault({ kind: 'aws-error', action: 'SendCommand', code: 'InvalidInstanceId' });
  expect(await fleet.attempt('orderReboot', order)).toEqual({
    kind: 'refused',
    detail: expect.stringMatching(/^SSM does not take the order: InvalidInstanceId: /),
  });
  fleet.simulator.fault({ kind: 'aws-error', action: 'SendCommand', code: 'InvalidInstanceId' });
  expect(await fleet.attempt('orderReboot', order, { attempt: 2 })).toMatchObject({
    kind: 'refused',
    mayBeSent: true,
  });
});

test('does not order a reboot under a standalone task', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  fleet.simulator.fault({ kind: 'run-task', instance: fleet.id('a'), family: 'batch' });
  const answer = await fleet.run('orderReboot', order);
  expect(answer).toMatchObject({
    kind: 'blocked',
    by: 'standalone-task',
    tasks: [{ group: 'family:batch' }],
  });
});

test('does not order a reboot of an instance that is ACTIVE, drained by another, or gone', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  const sent = fleet.requests('SendCommand').length;
  expect(await fleet.run('orderReboot', { ...order, installation: 'other' })).toMatchObject({
    kind: 'taken-over',
  });
  fleet.simulator.fault({ kind: 'set-state', instance: fleet.id('a'), status: 'ACTIVE' });
  expect(await fleet.run('orderReboot', order)).toMatchObject({ kind: 'taken-over' });
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('a') });
  await fleet.until(() => fleet.state('a').status === 'INACTIVE');
  expect(await fleet.run('orderReboot', order)).toMatchObject({ kind: 'gone' });
  expect(fleet.requests('SendCommand')).toHaveLength(sent);
});

test('an order that comes too late is refused by its guard', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'), -60);
  await fleet.run('orderReboot', order);
  expect(await fleet.run('waitForBoot', waitOf(fleet, order))).toMatchObject({
    kind: 'not-rebooted',
    why: 'too-late',
  });
});

test('a reboot that the host refuses is known to be over at once, with its reason', async () => {
  const fleet = await startFleet({
    instances: [{ name: 'a', host: { ...behind, reboot: 'refused' } }],
  });
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  await fleet.run('orderReboot', order);
  const answer = await fleet.run('waitForBoot', waitOf(fleet, order));
  expect(answer).toMatchObject({
    kind: 'not-rebooted',
    why: 'refused',
    detail: expect.stringMatching(/Status \d+/),
  });
  expect((await checked(fleet, 'a')).now).toBeLessThan(order.notAfter);
});

test('a reboot that an inhibitor holds back is waited for', async () => {
  const fleet = await startFleet({
    instances: [{ name: 'a', host: { ...behind, reboot: 'inhibited' } }],
  });
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  await fleet.run('orderReboot', order);
  expect(await fleet.run('waitForBoot', waitOf(fleet, order))).toMatchObject({
    kind: 'booted',
  });
});

test('an instance that is terminated while it boots is gone', async () => {
  const fleet = await startFleet(two);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  await fleet.run('orderReboot', order);
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('a') });
  expect(await fleet.run('waitForBoot', waitOf(fleet, order))).toMatchObject({ kind: 'gone' });
});

test('an attempt that begins after the boot reads it all the same', async () => {
  const fleet = await startFleet(two);
  const host = await updated(fleet, 'a');
  const order = orderOf(fleet, 'a', host);
  await fleet.run('orderReboot', order);
  await fleet.until(() => fleet.state('a').host?.bootId !== host.bootId && fleet.state('a').agentConnected);
  expect(await fleet.attempt('waitForBoot', waitOf(fleet, order), { attempt: 2 })).toMatchObject({
    kind: 'booted',
  });
});

test('a host with tasks left is not rebooted', async () => {
  const fleet = await startFleet({ ...two, services: [{ name: 'web', desiredCount: 2, on: ['a'] }] });
  await drained(fleet, 'b');
  const host = await checked(fleet, 'a');
  const { pace } = fleet;
  await fleet.run('startDraining', { ...fleet.on('a'), rolloutId: 'r', pace });
  expect(await fleet.run('orderReboot', orderOf(fleet, 'a', host))).toMatchObject({
    kind: 'tasks-left',
    tasks: [{ group: 'service:web' }, { group: 'service:web' }],
  });
});
