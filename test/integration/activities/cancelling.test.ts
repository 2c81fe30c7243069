import { CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { behind, rolloutId, startFleet } from './fleet.js';
import { checked, drained, inAnHour, orderOf, updated } from './steps.js';

const one = { instances: [{ name: 'a', host: behind }] };

/** Simulated seconds; two seconds here. */
const delaySeconds = 100;

const ending = (end: Promise<unknown>): Promise<unknown> => end.catch((err: unknown) => err);

test('a drain that is called off waits for the change that was sent, and sends no other', async () => {
  const fleet = await startFleet(one);
  fleet.simulator.fault({ kind: 'latency', action: 'PutAttributes', delaySeconds });
  const drain = fleet.begin('startDraining', { ...fleet.on('a'), rolloutId, pace: fleet.pace });
  await fleet.until(() => fleet.sent.includes('PutAttributes'));
  drain.cancel();
  expect(await ending(drain.end)).toBeInstanceOf(CancelledFailure);
  expect(fleet.requests('PutAttributes')).toMatchObject([{ status: 200 }]);
  expect(fleet.sent).not.toContain('UpdateContainerInstancesState');
  expect(await fleet.run('activate', fleet.on('a'))).toEqual({ kind: 'activated' });
  expect(fleet.state('a').attributes).not.toHaveProperty(['ecs-updater.drained']);
});

test('a reboot that is called off during the last look is not ordered', async () => {
  const fleet = await startFleet(one);
  const order = orderOf(fleet, 'a', await updated(fleet, 'a'));
  const sent = fleet.requests('SendCommand').length;
  fleet.simulator.fault({ kind: 'latency', action: 'ListTasks', delaySeconds });
  const lists = fleet.sent.filter((action) => action === 'ListTasks').length;
  const reboot = fleet.begin('orderReboot', order);
  await fleet.until(() => fleet.sent.filter((action) => action === 'ListTasks').length > lists);
  reboot.cancel();
  expect(await ending(reboot.end)).toBeInstanceOf(CancelledFailure);
  expect(fleet.requests('SendCommand')).toHaveLength(sent);
});

test('a wait for a host that is called off leaves no command waiting for it', async () => {
  const fleet = await startFleet(one);
  await drained(fleet, 'a');
  await checked(fleet, 'a');
  await fleet.run('applyUpdate', {
    ...fleet.on('a'),
    command: fleet.command('apply'),
    check: fleet.documents.check,
    notAfter: inAnHour(fleet),
    pace: fleet.pace,
  });
  fleet.simulator.fault({
    kind: 'amend-host',
    instance: fleet.id('a'),
    host: { ssm: 'connection-lost' },
  });
  const checks = fleet.requests('SendCommand').length;
  const wait = fleet.begin('waitUntilQuiet', {
    ...fleet.on('a'),
    documents: fleet.documents,
    since: new Date().toISOString(),
    orders: [],
    commandId: 'check.quiet.1',
    pace: fleet.pace,
  });
  await fleet.until(() => fleet.requests('SendCommand').length > checks);
  wait.cancel();
  expect(await ending(wait.end)).toBeInstanceOf(CancelledFailure);
  expect(fleet.requests('CancelCommand')).toMatchObject([{ status: 200 }]);
});
