import { PutAttributesCommand } from '@aws-sdk/client-ecs';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import type { StartDrainingResult } from '../../../activities/types.js';
import { type AwsClients, createClients } from '../../../src/aws/clients.js';
import { failureTypes } from '../../../src/model/failure-types.js';
import { drainedAttribute, holdAttribute } from '../../../src/model/names.js';
import { behind, failureOf, rolloutId, startFleet, type TestFleet } from './fleet.js';
import { after } from './steps.js';

const two = { instances: ['a', 'b'].map((name) => ({ name, host: behind })) };

const start = (fleet: TestFleet) => ({ ...fleet.on('a'), rolloutId, pace: fleet.pace });
const setDraining = (fleet: TestFleet): void => {
  fleet.simulator.fault({ kind: 'set-state', instance: fleet.id('a'), status: 'DRAINING' });
};

/** Clients of somebody else in the same account. */
function clientsOf(fleet: TestFleet, accessKeyId: string): AwsClients {
  const options = { region: fleet.cluster.region, credentials: { accessKeyId, secretAccessKey: 'secret' } };
  const clients = createClients(options);
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return clients;
}

const put = async (fleet: TestFleet, name: string, value: string): Promise<void> => {
  const { containerInstanceArn: targetId } = fleet.on('a').instance;
  await clientsOf(fleet, 'AKIASOMEBODY').ecs.send(
    new PutAttributesCommand({ cluster: fleet.cluster.arn, attributes: [{ name, value, targetId }] }),
  );
};

/** `startDraining` of another installation, with an access key of its own. */
function startOfOther(fleet: TestFleet): Promise<StartDrainingResult> {
  const clients = clientsOf(fleet, 'AKIAOTHER');
  const activities = createActivities(() => clients);
  const environment = new MockActivityEnvironment({ attempt: 1 });
  return environment.run(() => activities.startDraining({ ...start(fleet), installation: 'other' }));
}

/** What anybody asked ECS to make of the status. */
const changes = (fleet: TestFleet): string[] =>
  fleet.simulator.fleet.journal.entries.flatMap((entry) =>
    entry.kind === 'request' && entry.action === 'UpdateContainerInstancesState' ? [entry.principal] : [],
  );

test.for([
  ['one after the other', 10],
  ['at the same time', 20],
])(
  'of two installations that both look before either marks, %s, exactly one drains',
  async ([, delaySeconds]) => {
    const fleet = await startFleet(two);
    const marks = { kind: 'latency', action: 'PutAttributes', times: 1 } as const;
    fleet.simulator.fault({ ...marks, principal: 'AKIAUS', delaySeconds: 20 });
    fleet.simulator.fault({ ...marks, principal: 'AKIAOTHER', delaySeconds: Number(delaySeconds) });
    // The later one marks before the earlier one looks again.
    const pace = { ...fleet.pace, quickMs: 600 };
    const answers = await Promise.all([
      fleet.attempt('startDraining', { ...start(fleet), pace }),
      startOfOther({ ...fleet, pace }),
    ]);
    const winner = answers[0].kind === 'draining' ? ['tests', 'AKIAUS'] : ['other', 'AKIAOTHER'];
    expect(answers).toContainEqual(expect.objectContaining({ kind: 'draining' }));
    expect(answers).toContainEqual(
      expect.objectContaining({ kind: 'draining-by-others', installation: winner[0] }),
    );
    const marked = fleet.simulator.fleet.journal.entries.filter(
      (entry) => entry.kind === 'request' && entry.action === 'PutAttributes',
    );
    expect(marked).toHaveLength(2);
    expect(changes(fleet)).toEqual([winner[1]]);
    expect(fleet.state('a')).toMatchObject({ status: 'DRAINING', statusBy: winner[1] });
    expect(fleet.state('a').attributes[drainedAttribute]).toMatch(new RegExp(`^${winner[0]}/`));
    const on = { ...fleet.on('a'), installation: winner[0] ?? '' };
    expect(await fleet.run('waitUntilDrained', { ...on, pace })).toEqual({ kind: 'drained' });
    expect(fleet.simulator.violations()).toEqual([]);
  },
);

test('what another installation marks while we look for long is not marked over', async () => {
  const fleet = await startFleet(two);
  fleet.simulator.fault({ kind: 'latency', action: 'ListTasks', principal: 'AKIAUS', delaySeconds: 50 });
  const ours = fleet.attempt('startDraining', start(fleet));
  await fleet.until(() => fleet.sent.includes('ListTasks'));
  expect(await startOfOther(fleet)).toMatchObject({ kind: 'draining' });
  expect(await ours).toMatchObject({ kind: 'draining-by-others', installation: 'other' });
  expect(fleet.requests('PutAttributes')).toEqual([]);
  expect(fleet.simulator.violations()).toEqual([]);
});

test.for(['ListTasks', 'PutAttributes'])(
  'what somebody sets DRAINING after our %s is theirs, and bears no mark of ours',
  async (action) => {
    const fleet = await startFleet(two);
    after(fleet, action, () => setDraining(fleet));
    expect(await fleet.attempt('startDraining', start(fleet))).toEqual({
      kind: 'draining-by-others',
      installation: null,
      since: null,
    });
    expect(changes(fleet)).toEqual([]);
    expect(fleet.state('a')).toMatchObject({ status: 'DRAINING', statusBy: 'operator' });
    expect(fleet.state('a').attributes).not.toHaveProperty([drainedAttribute]);
    expect(await fleet.attempt('activate', fleet.on('a'))).toMatchObject({ kind: 'taken-over' });
    expect(fleet.simulator.violations()).toEqual([]);
  },
);

test('it stays theirs where our mark could not be removed at once', async () => {
  const fleet = await startFleet(two);
  after(fleet, 'PutAttributes', () => setDraining(fleet));
  fleet.simulator.fault({
    kind: 'aws-error',
    action: 'DeleteAttributes',
    code: 'ServerException',
    status: 500,
    times: 3,
  });
  const first = fleet.begin('startDraining', start(fleet));
  expect(await failureOf(first.end)).toMatchObject({ type: failureTypes.unavailable });
  const from = { attempt: 2, heartbeatDetails: first.beats.at(-1) };
  expect(await fleet.attempt('startDraining', start(fleet), from)).toMatchObject({
    kind: 'draining-by-others',
    installation: null,
  });
  expect(fleet.state('a').attributes).not.toHaveProperty([drainedAttribute]);
});

test('a mark that somebody overwrites is left to them', async () => {
  const fleet = await startFleet(two);
  const pace = { ...fleet.pace, quickMs: 1000 };
  const answer = fleet.attempt('startDraining', { ...start(fleet), pace });
  await fleet.until(() => fleet.requests('PutAttributes').length > 0);
  await put(fleet, drainedAttribute, 'other/x/2026-01-01T00:00:00.000Z');
  expect(await answer).toMatchObject({ kind: 'draining-by-others', installation: 'other' });
  expect(fleet.state('a').attributes[drainedAttribute]).toContain('other/');
  expect(changes(fleet)).toEqual([]);
});

test('what somebody holds after our mark is not drained, and loses the mark', async () => {
  const fleet = await startFleet(two);
  const pace = { ...fleet.pace, quickMs: 1000 };
  const answer = fleet.attempt('startDraining', { ...start(fleet), pace });
  await fleet.until(() => fleet.requests('PutAttributes').length > 0);
  await put(fleet, holdAttribute, 'migration');
  expect(await answer).toMatchObject({ kind: 'held' });
  expect(fleet.state('a').status).toBe('ACTIVE');
  expect(fleet.state('a').attributes).not.toHaveProperty([drainedAttribute]);
  expect(changes(fleet)).toEqual([]);
});

test('an instance that is deregistered after our mark is gone', async () => {
  const fleet = await startFleet(two);
  after(fleet, 'PutAttributes', () => fleet.simulator.fault({ kind: 'deregister', instance: fleet.id('a') }));
  expect(await fleet.attempt('startDraining', start(fleet))).toMatchObject({ kind: 'gone' });
  expect(changes(fleet)).toEqual([]);
});

test.each(['MISSING', 'INACTIVE'])(
  'an instance of which ECS says once that it is %s is drained all the same',
  async (reason) => {
    const fleet = await startFleet(two);
    const action = 'UpdateContainerInstancesState';
    fleet.simulator.fault({ kind: 'failures', action, instance: fleet.id('a'), reason });
    expect(await fleet.run('startDraining', start(fleet))).toMatchObject({ kind: 'draining' });
    expect(fleet.state('a').status).toBe('DRAINING');
  },
);

test('an attempt that follows one that had only marked drains all the same', async () => {
  const fleet = await startFleet(two);
  const first = fleet.begin('startDraining', start(fleet));
  after(fleet, 'PutAttributes', () => first.cancel());
  await expect(first.end).rejects.toBeInstanceOf(CancelledFailure);
  expect(changes(fleet)).toEqual([]);
  expect(await fleet.attempt('startDraining', start(fleet), { attempt: 2 })).toMatchObject({
    kind: 'draining',
  });
  expect(changes(fleet)).toEqual(['AKIAUS']);
});

test('a drain that an earlier attempt had asked for and that comes late is ours', async () => {
  const fleet = await startFleet(two);
  await put(fleet, drainedAttribute, `tests/${rolloutId}/2026-01-01T00:00:00.000Z`);
  after(fleet, 'PutAttributes', () => setDraining(fleet));
  expect(await fleet.attempt('startDraining', start(fleet), { attempt: 2 })).toMatchObject({
    kind: 'draining',
  });
  expect(await fleet.run('waitUntilDrained', { ...fleet.on('a'), pace: fleet.pace })).toEqual({
    kind: 'drained',
  });
});
