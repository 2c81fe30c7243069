import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import { createClients } from '../../../src/aws/clients.js';
import { failureTypes } from '../../../src/model/failure-types.js';
import { type Answer, startAnsweringServer } from '../aws/answering-server.js';

const cluster = {
  name: 'prod',
  arn: 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod',
  region: 'eu-central-1',
};
const instance = {
  ec2InstanceId: 'i-0123456789abcdef0',
  containerInstanceArn: 'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/0123',
  availabilityZone: null,
};
const pace = { quickMs: 20, slowMs: 100, readsApartMs: 100, capacityMs: 100, hostSecondMs: 10 };
const document = (name: string) => ({ name, version: '1', hash: 'f00' });
const check = document('ecs-updater-check');
const documents = { check, apply: document('ecs-updater-apply'), reboot: document('ecs-updater-reboot') };
const command = { document: check, commandId: 'check.1' };
const on = { cluster, instance, installation: 'tests', pace };

type All = ReturnType<typeof createActivities>;

/** Each activity with some input. */
const calls: [keyof All, (activities: All) => Promise<unknown>][] = [
  ['checkPrerequisites', (all) => all.checkPrerequisites({ cluster, documents })],
  [
    'tryOrders',
    (all) =>
      all.tryOrders({
        cluster,
        documents,
        ec2InstanceId: instance.ec2InstanceId,
        rebootsThroughEc2: true,
      }),
  ],
  ['discoverInstances', (all) => all.discoverInstances({ cluster, cursor: null })],
  [
    'describeInstances',
    (all) => all.describeInstances({ cluster, containerInstanceArns: [instance.containerInstanceArn] }),
  ],
  ['matchInstances', (all) => all.matchInstances({ cluster, include: 'attribute:a exists', exclude: null })],
  ['machineStates', (all) => all.machineStates({ cluster, ec2InstanceIds: [instance.ec2InstanceId] })],
  ['lookAtCluster', (all) => all.lookAtCluster({ cluster })],
  [
    'checkForUpdates',
    (all) =>
      all.checkForUpdates({
        cluster,
        ec2InstanceIds: [instance.ec2InstanceId],
        command,
        installation: 'tests',
        pace,
        limitMs: 60_000,
      }),
  ],
  ['inspectWorkloads', (all) => all.inspectWorkloads({ cluster, instances: [instance] })],
  ['inspectCluster', (all) => all.inspectCluster({ cluster })],
  ['startDraining', (all) => all.startDraining({ ...on, rolloutId: 'r' })],
  ['waitUntilDrained', (all) => all.waitUntilDrained(on)],
  ['describeRemaining', (all) => all.describeRemaining(on)],
  ['orderReboot', (all) => all.orderReboot({ ...on, command, bootId: 'boot', notAfter: 1_700_000_000 })],
  [
    'waitForBoot',
    (all) => all.waitForBoot({ ...on, reboot: command, check, bootId: 'boot', notAfter: 1_700_000_000 }),
  ],
  ['waitUntilHealthy', (all) => all.waitUntilHealthy(on)],
  ['describeHealth', (all) => all.describeHealth(on)],
  [
    'describeOrder',
    (all) => all.describeOrder({ ...on, commandId: 'apply.1', since: '2026-01-05T03:00:00Z' }),
  ],
  ['waitUntilSteady', (all) => all.waitUntilSteady({ cluster, services: ['web'], pace })],
  [
    'waitUntilQuiet',
    (all) =>
      all.waitUntilQuiet({
        ...on,
        documents,
        since: new Date().toISOString(),
        orders: [],
        commandId: 'check.2',
      }),
  ],
  ['rebootThroughEc2', (all) => all.rebootThroughEc2({ ...on, unlessHealthy: false })],
  ['waitForEc2Boot', (all) => all.waitForEc2Boot({ ...on, check, bootId: null, commandId: 'check.3' })],
  ['hold', (all) => all.hold(on)],
  ['activate', (all) => all.activate(on)],
];

/** Begins an activity against a server that answers so. */
async function begin(call: (activities: All) => Promise<unknown>, answer: Answer) {
  const server = await startAnsweringServer(answer);
  const clients = createClients();
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  const environment = new MockActivityEnvironment(
    { heartbeatTimeoutMs: 30_000 },
    { logger: new DefaultLogger('ERROR') },
  );
  const end = environment.run(() => call(createActivities(() => clients)));
  return { server, environment, end: end.catch((err: unknown) => err) };
}

describe('called off while AWS is silent, it ends at once', () => {
  test.each(calls)('%s', async (_, call) => {
    const { environment, end } = await new Promise<Awaited<ReturnType<typeof begin>>>((resolve, reject) => {
      const begun = begin(call, () => void begun.then(resolve, reject));
    });
    environment.cancel();
    expect(await end).toBeInstanceOf(CancelledFailure);
  });
});

/** What a proxy between says: a success, without a word of AWS. */
const saysNothing: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
  response.end();
};

/** Asks SSM first, whose empty lists may be left out of an answer. */
const askSsm: ReadonlySet<string> = new Set(['checkForUpdates']);

describe('an answer that tells nothing decides nothing', () => {
  test.each(calls.filter(([name]) => !askSsm.has(name)))('%s', async (_, call) => {
    const { end } = await begin(call, saysNothing);
    expect(await end).toMatchObject({ type: failureTypes.unavailable, nonRetryable: false });
  });
});
