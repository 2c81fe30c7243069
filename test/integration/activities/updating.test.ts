import { expect, test } from 'vitest';
import { failureTypes } from '../../../src/model/failure-types.js';
import { behind, failureOf, startFleet, type TestFleet } from './fleet.js';
import { checked, drained, inAnHour } from './steps.js';

const fleetOf = (host: object) => startFleet({ instances: [{ name: 'a', host: { ...behind, ...host } }] });

const apply = (fleet: TestFleet) => ({
  ...fleet.on('a'),
  command: fleet.command('apply', 'apply.run.1'),
  check: fleet.documents.check,
  notAfter: inAnHour(fleet),
  pace: fleet.pace,
});

const documentsSent = (fleet: TestFleet) =>
  fleet.requests('SendCommand').flatMap(({ parameters }) => {
    const name = /"DocumentName":"ecs-updater-(\w+)"/.exec(JSON.stringify(parameters))?.[1];
    return name === undefined ? [] : [name];
  });

test.each(['idle', 'staged'])('applies what a host found %s is offered', async (found) => {
  const fleet = await fleetOf({ found });
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  expect(await fleet.run('applyUpdate', apply(fleet))).toMatchObject({
    kind: 'applied',
    host: { updateState: 'Ready', stagedVersion: '1.26.1', runningVersion: '1.26.0' },
  });
});

test.each(['fails-prepare', 'fails-activate'])('says why an apply failed (%s)', async (how) => {
  const fleet = await fleetOf({ apply: how });
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  expect(await fleet.run('applyUpdate', apply(fleet))).toMatchObject({
    kind: 'failed',
    detail: expect.stringMatching(/attempt failed|Failed to apply/),
  });
});

test('a later attempt finds the apply that an earlier one sent', async () => {
  const fleet = await fleetOf({});
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  fleet.simulator.fault({
    kind: 'aws-error',
    action: 'ListCommandInvocations',
    code: 'ThrottlingException',
    times: 3,
  });
  const failure = await failureOf(fleet.attempt('applyUpdate', apply(fleet)));
  expect(failure.type).toBe(failureTypes.unavailable);
  expect(await fleet.attempt('applyUpdate', apply(fleet), { attempt: 2 })).toMatchObject({ kind: 'applied' });
  expect(documentsSent(fleet).filter((name) => name === 'apply')).toHaveLength(1);
});

test('an apply that was sent twice all the same runs once', async () => {
  const fleet = await fleetOf({});
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  const both = await Promise.all([
    fleet.attempt('applyUpdate', apply(fleet)),
    fleet.attempt('applyUpdate', apply(fleet)),
  ]);
  expect(both).toMatchObject([{ kind: 'applied' }, { kind: 'applied' }]);
  expect(documentsSent(fleet).filter((name) => name === 'apply')).toHaveLength(2);
  const started = fleet.simulator.fleet.journal.entries.filter(
    (entry) => entry.kind === 'event' && entry.event === 'apply-started',
  );
  expect(started).toHaveLength(1);
  expect(fleet.simulator.violations()).toEqual([]);
});

test('an instance that ends while it is updated fails the activity at once', async () => {
  const fleet = await fleetOf({ apply: 'hangs' });
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  const end = failureOf(fleet.attempt('applyUpdate', apply(fleet)));
  await fleet.until(() => documentsSent(fleet).includes('apply'));
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('a') });
  expect(await end).toMatchObject({ type: failureTypes.failsInstance, nonRetryable: true });
});

test('an apply whose script died is over only when the host has stopped writing', async () => {
  const fleet = await startFleet(
    { instances: [{ name: 'a', host: behind }] },
    { timings: { ssm: { lostResult: { failed: 1, stuck: 0, success: 0, replayed: 0 } } } },
  );
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  const action = () => fleet.state('a').host?.updateAction;
  const wait = fleet.run('applyUpdate', apply(fleet));
  await fleet.until(() => action() === 'prepare');
  const instance = fleet.id('a');
  fleet.simulator.fault({ kind: 'amend-host', instance, host: { ssm: 'connection-lost' } });
  fleet.simulator.fault({ kind: 'amend-host', instance, host: { ssm: 'online' } });
  expect(await wait).toMatchObject({ kind: 'failed', detail: expect.stringContaining('Staged') });
  expect(action()).toBeNull();
});

test('an apply that hangs is waited for while its lock is held, and heartbeats go on', async () => {
  const fleet = await fleetOf({ apply: 'hangs' });
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  const wait = fleet.begin('applyUpdate', apply(fleet));
  const ended = wait.end.then((end) => Promise.reject(new Error(`it ended: ${JSON.stringify(end)}`)));
  const host = () => fleet.state('a').host;
  await fleet.until(() => host()?.updateAction === 'prepare');
  // The client gives up after its 10 minutes, and the command fails.
  await Promise.race([ended, fleet.until(() => host()?.scriptsRunning === 0)]);
  const beats = wait.beats.length;
  await Promise.race([ended, fleet.until(() => wait.beats.length > beats + 20)]);
  expect(beats).toBeGreaterThan(50);
  wait.cancel();
  await wait.end.catch(() => undefined);
  expect(documentsSent(fleet).filter((name) => name === 'apply')).toHaveLength(1);
});

test('an apply that comes too late is refused by the host, and no update is written', async () => {
  const fleet = await fleetOf({});
  await drained(fleet, 'a');
  const { now } = await checked(fleet, 'a');
  expect(await fleet.run('applyUpdate', { ...apply(fleet), notAfter: now - 1 })).toEqual({
    kind: 'too-late',
  });
  expect(fleet.state('a').host).toMatchObject({ updateState: 'Available', updateAction: null });
});

test('a host whose clock is wrong is ordered by its own clock', async () => {
  const fleet = await fleetOf({ clockSkewSeconds: -7200 });
  await drained(fleet, 'a');
  const { now } = await checked(fleet, 'a');
  expect(await fleet.run('applyUpdate', { ...apply(fleet), notAfter: now + 600 })).toMatchObject({
    kind: 'applied',
  });
});
