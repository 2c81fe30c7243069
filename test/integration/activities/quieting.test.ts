import { expect, test } from 'vitest';
import { behind, failureOf, startFleet, type TestFleet } from './fleet.js';
import { checked, drained, inAnHour, orderOf, updated, waitOf } from './steps.js';

const one = { instances: [{ name: 'a', host: behind }] };

const quiet = (fleet: TestFleet, since = new Date()) => ({
  ...fleet.on('a'),
  documents: fleet.documents,
  since: since.toISOString(),
  orders: [],
  commandId: 'check.quiet.1',
  pace: fleet.pace,
});

const apply = (fleet: TestFleet) => ({
  ...fleet.on('a'),
  command: fleet.command('apply', 'apply.run.1'),
  check: fleet.documents.check,
  notAfter: inAnHour(fleet),
  pace: fleet.pace,
});

/** When something happened on the host last, by the simulator's clock. */
const happened = (fleet: TestFleet, event: string) =>
  fleet.simulator.fleet.journal.entries.findLast((entry) => entry.kind === 'event' && entry.event === event)
    ?.time;

test('an instance to which nothing was sent is quiet after two looks', async () => {
  const fleet = await startFleet(one);
  expect(await fleet.run('waitUntilQuiet', quiet(fleet))).toEqual({
    kind: 'quiet',
    rebooted: false,
    version: null,
    unlisted: 0,
    reboots: 0,
  });
  expect(fleet.requests('ListCommands')).toHaveLength(2);
  expect(fleet.requests('SendCommand')).toEqual([]);
});

test('an apply that is being written is waited for, although SSM says cancelled', async () => {
  const fleet = await startFleet(one);
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  const abandoned = fleet.attempt('applyUpdate', apply(fleet)).catch((err: unknown) => err);
  await fleet.until(() => happened(fleet, 'apply-started') !== undefined);
  const answer = await fleet.run('waitUntilQuiet', quiet(fleet));
  expect(answer).toEqual({ kind: 'quiet', rebooted: false, version: '1.26.0', unlisted: 0, reboots: 0 });
  expect(fleet.requests('CancelCommand').length).toBeGreaterThan(0);
  const over = happened(fleet, 'apply-finished') ?? happened(fleet, 'apply-failed');
  expect(over).toBeDefined();
  await fleet.run('activate', fleet.on('a'));
  await abandoned;
  expect(fleet.simulator.violations()).toEqual([]);
});

test('an apply whose SendCommand was answered by nobody is found and called off', async () => {
  const fleet = await startFleet(one);
  const deliveredAfter = (ms: number) =>
    fleet.simulator.fault({ kind: 'timings', ssm: { delivery: [ms, ms] } });
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  deliveredAfter(600_000);
  fleet.simulator.fault({ kind: 'reset', action: 'SendCommand', when: 'after' });
  // As often as the client asks whether it was sent.
  fleet.simulator.fault({
    kind: 'aws-error',
    action: 'ListCommands',
    code: 'InternalServerError',
    status: 500,
    times: 3,
  });
  await failureOf(fleet.attempt('applyUpdate', apply(fleet)));
  deliveredAfter(500);
  const answer = await fleet.run('waitUntilQuiet', quiet(fleet));
  expect(answer).toMatchObject({ kind: 'quiet', rebooted: false });
  expect(fleet.requests('CancelCommand').length).toBeGreaterThan(0);
  expect(happened(fleet, 'apply-started')).toBeUndefined();
  await fleet.run('activate', fleet.on('a'));
  expect(fleet.simulator.violations()).toEqual([]);
});

test('a reboot that was ordered is waited for until the host has booted', async () => {
  const fleet = await startFleet(one);
  const host = await updated(fleet, 'a');
  await fleet.run('orderReboot', orderOf(fleet, 'a', host));
  expect(await fleet.run('waitUntilQuiet', quiet(fleet))).toEqual({
    kind: 'quiet',
    rebooted: true,
    version: '1.26.1',
    unlisted: 0,
    reboots: 1,
  });
  await fleet.run('activate', fleet.on('a'));
  expect(fleet.simulator.violations()).toEqual([]);
});

test('a reboot that an inhibitor holds back is not taken for one that will not come', async () => {
  const fleet = await startFleet({ instances: [{ name: 'a', host: { ...behind, reboot: 'inhibited' } }] });
  const host = await updated(fleet, 'a');
  await fleet.run('orderReboot', orderOf(fleet, 'a', host));
  expect(await fleet.run('waitUntilQuiet', quiet(fleet))).toMatchObject({ rebooted: true });
  await fleet.run('activate', fleet.on('a'));
  expect(fleet.simulator.violations()).toEqual([]);
});

test('a reboot that was refused is over at once', async () => {
  const fleet = await startFleet({ instances: [{ name: 'a', host: { ...behind, reboot: 'refused' } }] });
  const host = await updated(fleet, 'a');
  const order = orderOf(fleet, 'a', host);
  await fleet.run('orderReboot', order);
  expect(await fleet.run('waitUntilQuiet', quiet(fleet))).toEqual({
    kind: 'quiet',
    rebooted: false,
    version: '1.26.0',
    unlisted: 0,
    reboots: 1,
  });
  expect((await checked(fleet, 'a')).now).toBeLessThan(order.notAfter);
});

test('the commands of other installations are left alone', async () => {
  const fleet = await startFleet(one);
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  const theirs = fleet.attempt('applyUpdate', { ...apply(fleet), installation: 'other' });
  await fleet.until(() => fleet.requests('SendCommand').length === 2);
  expect(await fleet.run('waitUntilQuiet', quiet(fleet))).toMatchObject({ kind: 'quiet', version: null });
  expect(fleet.requests('CancelCommand')).toEqual([]);
  expect(await theirs).toMatchObject({ kind: 'applied' });
});

test('access denied does not end the wait', async () => {
  const fleet = await startFleet(one);
  fleet.simulator.fault({
    kind: 'aws-error',
    action: 'ListCommands',
    code: 'AccessDeniedException',
    times: 2,
  });
  const failure = await failureOf(fleet.attempt('waitUntilQuiet', quiet(fleet)));
  expect(failure.nonRetryable).toBeFalsy();
  expect(await fleet.run('waitUntilQuiet', quiet(fleet))).toMatchObject({ kind: 'quiet' });
});

test('an instance that is gone is not waited for', async () => {
  const fleet = await startFleet(one);
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('a') });
  await fleet.until(() => fleet.state('a').status === 'INACTIVE');
  expect(await fleet.run('waitUntilQuiet', quiet(fleet))).toMatchObject({ kind: 'gone' });
});

test('an update that follows a reboot is waited for: that reboot was of another', async () => {
  const fleet = await startFleet({ instances: [{ name: 'a', host: { ...behind, boot: 'falls-back' } }] });
  const host = await updated(fleet, 'a');
  const order = orderOf(fleet, 'a', host);
  await fleet.run('orderReboot', order);
  await fleet.run('waitForBoot', waitOf(fleet, order));
  expect(await fleet.run('waitUntilQuiet', quiet(fleet))).toMatchObject({ rebooted: true });
  await checked(fleet, 'a');
  const applied = happened(fleet, 'apply-started');
  const again = fleet.begin('applyUpdate', {
    ...apply(fleet),
    command: fleet.command('apply', 'apply.run.2'),
  });
  await fleet.until(() => happened(fleet, 'apply-started') !== applied);
  again.cancel();
  await again.end.catch(() => undefined);
  const isWriting = () => fleet.state('a').host?.updateAction === 'prepare';
  expect(isWriting()).toBe(true);
  expect(await fleet.run('waitUntilQuiet', quiet(fleet))).toMatchObject({ kind: 'quiet', rebooted: false });
  expect(isWriting()).toBe(false);
  await fleet.run('activate', fleet.on('a'));
  expect(fleet.simulator.violations()).toEqual([]);
});

test('an order that no agent took is called off and waited out by the clock of the host', async () => {
  const fleet = await startFleet(one);
  const host = await updated(fleet, 'a');
  fleet.simulator.fault({
    kind: 'amend-host',
    instance: fleet.id('a'),
    host: { ssm: 'connection-lost' },
  });
  const order = orderOf(fleet, 'a', host);
  await fleet.run('orderReboot', order);
  const answer = fleet.run('waitUntilQuiet', quiet(fleet));
  await fleet.until(() => fleet.requests('CancelCommand').length > 0);
  fleet.simulator.fault({ kind: 'amend-host', instance: fleet.id('a'), host: { ssm: 'online' } });
  expect(await answer).toMatchObject({ kind: 'quiet', rebooted: false, version: '1.26.0', unlisted: 0 });
  const now = Date.parse(fleet.simulator.state().time) / 1000;
  expect(now).toBeGreaterThan(order.notAfter + 300);
  await fleet.run('activate', fleet.on('a'));
  expect(fleet.simulator.violations()).toEqual([]);
});

test('a machine that ended, and that nobody can read, is gone', async () => {
  const fleet = await startFleet(one);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  await fleet.run('orderReboot', order);
  await fleet.until(() => !fleet.state('a').agentConnected);
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('a') });
  expect(await fleet.run('waitUntilQuiet', quiet(fleet))).toMatchObject({ kind: 'gone' });
});
