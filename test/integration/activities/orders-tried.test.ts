import { expect, test } from 'vitest';
import { failureTypes } from '../../../src/model/failure-types.js';
import { behind, failureOf, startFleet } from './fleet.js';

const tried = async () => {
  const fleet = await startFleet({ instances: [{ name: 'a', host: behind }] });
  const { cluster, documents } = fleet;
  const input = { cluster, documents, ec2InstanceId: fleet.id('a'), rebootsThroughEc2: true };
  return { fleet, input };
};

test('orders are tried without an effect', async () => {
  const { fleet, input } = await tried();
  const before = fleet.state('a');
  await fleet.run('tryOrders', input);
  expect(fleet.state('a')).toEqual(before);
  expect(fleet.requests('SendCommand').map(({ status }) => status)).toEqual([400, 400]);
  expect(fleet.requests('RebootInstances').map(({ status }) => status)).toEqual([412]);
  const quiet = await tried();
  await quiet.fleet.run('tryOrders', { ...quiet.input, rebootsThroughEc2: false });
  expect(quiet.fleet.requests('RebootInstances')).toEqual([]);
});

test.each([
  ['SendCommand', 'AccessDeniedException', 0, 'ssm:SendCommand on ecs-updater-apply'],
  ['SendCommand', 'AccessDeniedException', 1, 'ssm:SendCommand on ecs-updater-reboot'],
  ['RebootInstances', 'UnauthorizedOperation', 0, 'ec2:RebootInstances'],
])('orders that are denied are told before anything is drained (%s)', async (action, code, after, told) => {
  const { fleet, input } = await tried();
  fleet.simulator.fault({ kind: 'aws-error', action, code, after, times: 1 });
  const denied = await failureOf(fleet.run('tryOrders', input));
  expect(denied).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
  expect(denied.message).toContain(told);
});

test('orders are tried again where AWS throttles', async () => {
  const { fleet, input } = await tried();
  fleet.simulator.fault({ kind: 'refuse', as: 'throttled', action: 'SendCommand', times: 3 });
  const throttled = await failureOf(fleet.attempt('tryOrders', input));
  expect(throttled.nonRetryable).not.toBe(true);
  await fleet.run('tryOrders', input);
});

test('orders of a host that has ended meanwhile keep no rollout from the others', async () => {
  const { fleet, input } = await tried();
  fleet.simulator.fault({ kind: 'terminate', instance: fleet.id('a'), leavesGhost: true });
  await fleet.until(() => fleet.state('a').host?.ec2State === 'terminated');
  await fleet.run('tryOrders', input);
  expect(fleet.requests('RebootInstances')).toHaveLength(1);
});

test('orders are tried with our own documents only', async () => {
  const { fleet, input } = await tried();
  const documents = { ...input.documents, apply: { ...input.documents.apply, name: 'AWS-RunShellScript' } };
  const foreign = await failureOf(fleet.run('tryOrders', { ...input, documents }));
  expect(foreign).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
  expect(fleet.requests('SendCommand')).toEqual([]);
});
