import { PutAttributesCommand } from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import type { Memory } from '../../../activities/types.js';
import { createClients } from '../../../src/aws/clients.js';
import { drainedAttribute, failedAttribute, holdAttribute } from '../../../src/model/names.js';
import { behind, failureOf, rolloutId, startFleet, type TestFleet } from './fleet.js';

const one = (attributes: Record<string, string> = {}) => ({
  instances: [{ name: 'a', host: behind, attributes }],
});
const at = '2026-01-05T03:00:00.000Z';
const before = '1.26.1/2/reboot-limit/2026-01-04T03:00:00.000Z';
const failure: Memory = {
  kind: 'remember',
  failure: { version: '1.26.1', code: 'booted-old-version', at },
};

const drain = (fleet: TestFleet) =>
  fleet.run('startDraining', { ...fleet.on('a'), rolloutId, pace: fleet.pace });

const changes = (fleet: TestFleet): string[] =>
  fleet.sent.filter((action) => /^(Put|Update|Delete)/.test(action));

test('what failed is written before the instance serves again', async () => {
  const fleet = await startFleet(one({ [failedAttribute]: before }));
  await drain(fleet);
  const since = changes(fleet).length;
  await fleet.run('activate', { ...fleet.on('a'), memory: failure });
  expect(changes(fleet).slice(since)).toEqual([
    'PutAttributes',
    'UpdateContainerInstancesState',
    'DeleteAttributes',
  ]);
  const { status, attributes } = fleet.state('a');
  expect(status).toBe('ACTIVE');
  expect(attributes).not.toHaveProperty([drainedAttribute]);
  expect(attributes[failedAttribute]).toBe(`1.26.1/3/booted-old-version/${at}`);
  const [read] = await fleet.run('describeInstances', {
    cluster: fleet.cluster,
    containerInstanceArns: [fleet.on('a').instance.containerInstanceArn],
  });
  expect(read).toMatchObject({ failure: { version: '1.26.1', tries: 3, at } });
});

test.each(['PutAttributes', 'UpdateContainerInstancesState', 'DeleteAttributes'])(
  'an attempt that dies at %s is finished by the next, which counts the failure once',
  async (action) => {
    for (const when of ['before', 'after'] as const) {
      const fleet = await startFleet(one({ [failedAttribute]: before }));
      await drain(fleet);
      fleet.simulator.fault({ kind: 'reset', action, when, times: 3 });
      const input = { ...fleet.on('a'), memory: failure };
      await failureOf(fleet.attempt('activate', input));
      expect(await fleet.attempt('activate', input, { attempt: 2 })).toEqual({ kind: 'activated' });
      expect(fleet.state('a').attributes[failedAttribute]).toBe(`1.26.1/3/booted-old-version/${at}`);
    }
  },
);

test('an update removes it together with the mark, in one call', async () => {
  const fleet = await startFleet(one({ [failedAttribute]: before }));
  await drain(fleet);
  const since = changes(fleet).length;
  await fleet.run('activate', { ...fleet.on('a'), memory: { kind: 'forget' } });
  expect(changes(fleet).slice(since)).toEqual(['UpdateContainerInstancesState', 'DeleteAttributes']);
  const { attributes } = fleet.state('a');
  expect(attributes).not.toHaveProperty([drainedAttribute]);
  expect(attributes).not.toHaveProperty([failedAttribute]);
});

test('what somebody wrote there by hand stays', async () => {
  const fleet = await startFleet(one({ [failedAttribute]: 'leave it' }));
  await drain(fleet);
  await fleet.run('activate', { ...fleet.on('a'), memory: failure });
  expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE' });
  expect(fleet.state('a').attributes[failedAttribute]).toBe('leave it');
});

test('an instance that has no attribute left to write to is given back all the same', async () => {
  const fleet = await startFleet(one());
  await drain(fleet);
  const { ecs } = createClients({ region: fleet.cluster.region });
  const targetId = fleet.on('a').instance.containerInstanceArn;
  const attributes = Array.from({ length: 9 }, (_, n) => ({ name: `team.${n}`, value: 'x', targetId }));
  await ecs.send(new PutAttributesCommand({ cluster: fleet.cluster.arn, attributes }));
  ecs.destroy();
  expect(await fleet.run('activate', { ...fleet.on('a'), memory: failure })).toEqual({ kind: 'activated' });
  expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE' });
  expect(fleet.state('a').attributes).not.toHaveProperty([failedAttribute]);
});

test('a hold that was set meanwhile keeps an instance from being drained', async () => {
  const fleet = await startFleet(one({ [holdAttribute]: 'ask ann first' }));
  expect(await drain(fleet)).toEqual({ kind: 'held', hold: { reason: 'ask ann first' } });
  expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE' });
  expect(changes(fleet)).toEqual([]);
});
