import { DescribeClustersCommand } from '@aws-sdk/client-ecs';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import { type AwsPlace, clientsByPlace } from '../../../src/aws/clients.js';
import type { ClusterRef } from '../../../src/model/names.js';
import { parseScenario } from '../../../src/simulator/scenario.js';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.js';

const region = 'eu-central-1';
const assume = { roleArn: 'arn:aws:iam::123456789012:role/updater', externalId: 'ours' };

/** A simulator that the environment leads to, as it does for a worker. */
async function simulated(): Promise<Simulator> {
  const simulator = await startSimulator({
    throttle: false,
    scenario: parseScenario({
      region,
      cluster: 'prod',
      instances: [{ host: {} }],
      roles: [{ name: 'updater', externalId: 'ours' }],
    }),
  });
  vi.stubEnv('AWS_ENDPOINT_URL', simulator.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAWORKER');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret');
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await simulator.close();
  });
  return simulator;
}

const callsOf = ({ fleet }: Simulator): string[] =>
  fleet.journal.entries.flatMap((entry) =>
    entry.kind === 'request' ? [`${entry.principal} ${entry.action} ${entry.status}`] : [],
  );

/** Begins an activity as a worker does. */
const looking = (cluster: ClusterRef) =>
  new MockActivityEnvironment().run(() => createActivities().lookAtCluster({ cluster }));

describe('the clients of a place', () => {
  test('call under its role, which they assume once', async () => {
    const simulator = await simulated();
    const { ecs } = clientsByPlace()({ region, assume });
    for (const _ of [1, 2]) await ecs.send(new DescribeClustersCommand({ clusters: ['prod'] }));
    expect(callsOf(simulator)).toEqual([
      'AKIAWORKER AssumeRole 200',
      'assumed-role/updater/ecs-updater DescribeClusters 200',
      'assumed-role/updater/ecs-updater DescribeClusters 200',
    ]);
  });

  test('are made once for each Region and role', () => {
    const clientsOf = clientsByPlace();
    const places: AwsPlace[] = [
      { region },
      { region, assume },
      { region, assume: { roleArn: assume.roleArn } },
      { region: 'eu-west-1', assume },
    ];
    expect(new Set(places.map(clientsOf)).size).toBe(places.length);
    expect(clientsOf({ region, assume: { ...assume } })).toBe(clientsOf({ region, assume }));
  });
});

describe('an activity on a cluster with a role', () => {
  const cluster = { name: 'prod', arn: `arn:aws:ecs:${region}:123456789012:cluster/prod`, region };

  test('works under it', async () => {
    const simulator = await simulated();
    const answer = looking({ ...cluster, assume });
    await expect(answer).resolves.toMatchObject({ registered: 1 });
    expect(callsOf(simulator).filter((call) => call.startsWith('AKIAWORKER'))).toEqual([
      'AKIAWORKER AssumeRole 200',
    ]);
  });

  test('that may not be assumed ends the rollout, and says what to allow', async () => {
    await simulated();
    const answer = looking({ ...cluster, assume: { ...assume, externalId: 'another' } });
    await expect(answer).rejects.toMatchObject({
      type: 'StopsRollout',
      nonRetryable: true,
      message: expect.stringMatching(
        /^prod: ecs:\w+ on .*: AccessDenied: User: .* is not authorized to perform: sts:AssumeRole on resource: .*\/updater\. Let the role trust the worker \(its trust policy, its external id\), and allow sts:AssumeRole to the worker\.$/,
      ),
    });
  });
});
