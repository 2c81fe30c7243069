import { DescribeClustersCommand, ECSClient } from '@aws-sdk/client-ecs';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Bench, found, seconds, startBench, threeInstances, us } from '../support.js';

const role = 'arn:aws:iam::123456789012:role/updater';
const start = (): Promise<Bench> =>
  startBench({
    instances: threeInstances,
    roles: [{ name: 'updater' }, { name: 'guarded', externalId: 'secret-id', trusts: [us] }],
  });

const assume = (bench: Bench, input: Partial<AssumeRoleCommandInput> = {}) =>
  bench.sts.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'tests', ...input }));

/** Clients with what an assumed role gave. */
async function clientsOf(bench: Bench, input: Partial<AssumeRoleCommandInput> = {}, token?: string) {
  const { Credentials } = await assume(bench, input);
  const credentials = {
    accessKeyId: found(Credentials?.AccessKeyId),
    secretAccessKey: found(Credentials?.SecretAccessKey),
    sessionToken: token ?? found(Credentials?.SessionToken),
  };
  const config = { endpoint: bench.simulator.url, region: 'eu-central-1', credentials, maxAttempts: 1 };
  const [ecs, sts] = [new ECSClient(config), new STSClient(config)];
  onTestFinished(() => {
    ecs.destroy();
    sts.destroy();
  });
  return { ecs, sts, credentials };
}

const look = new DescribeClustersCommand({ clusters: ['demo'] });

describe('a role', () => {
  test('gives credentials that every service accepts, until they expire', async () => {
    const bench = await start();
    const { ecs } = await clientsOf(bench, { DurationSeconds: 900 });
    expect((await ecs.send(look)).clusters).toHaveLength(1);
    await bench.clock.advance(seconds(901));
    await expect(ecs.send(look)).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  });

  test('is who acts, under the name of its session, whatever the key', async () => {
    const bench = await start();
    const { sts, ecs } = await clientsOf(bench);
    const who = await sts.send(new GetCallerIdentityCommand({}));
    expect(who).toMatchObject({ Arn: 'arn:aws:sts::123456789012:assumed-role/updater/tests' });
    const { sts: again } = await clientsOf(bench);
    expect((await again.send(new GetCallerIdentityCommand({}))).UserId).toBe(who.UserId);
    await ecs.send(look);
    expect(bench.simulator.fleet.journal.entries.at(-1)).toMatchObject({
      principal: 'assumed-role/updater/tests',
      action: 'DescribeClusters',
    });
  });

  test('is worth nothing without its token', async () => {
    const bench = await start();
    const { ecs } = await clientsOf(bench, {}, 'another');
    await expect(ecs.send(look)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });

  test('wants its external id, and a caller whom it trusts', async () => {
    const bench = await start();
    const guarded = { RoleArn: 'arn:aws:iam::123456789012:role/guarded', RoleSessionName: 'tests' };
    const denied = {
      name: 'AccessDenied',
      message: `User: arn:aws:iam::123456789012:user/${us} is not authorized to perform: sts:AssumeRole on resource: ${guarded.RoleArn}`,
    };
    await expect(assume(bench, guarded)).rejects.toMatchObject(denied);
    await expect(assume(bench, { ...guarded, ExternalId: 'guessed' })).rejects.toMatchObject(denied);
    const input = { ...guarded, ExternalId: 'secret-id' };
    await expect(assume(bench, input)).resolves.toHaveProperty('Credentials.AccessKeyId');
    const others = bench.clientsOf('AKIAOTHERS');
    await expect(others.sts.send(new AssumeRoleCommand(input))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  });

  test.each([
    [{ RoleArn: 'arn:aws:iam::123456789012:role/unknown' }, 'AccessDenied', 'is not authorized'],
    [{ RoleArn: 'arn:aws:iam::210987654321:role/updater' }, 'AccessDenied', 'is not authorized'],
    [{ RoleArn: 'arn:aws:iam::123456789012:user/updater' }, 'ValidationError', 'is invalid'],
    [{ RoleSessionName: 'a b' }, 'ValidationError', "'roleSessionName' failed to satisfy constraint"],
    [{ DurationSeconds: 60 }, 'ValidationError', 'greater than or equal to 900'],
    [{ DurationSeconds: 7200 }, 'ValidationError', 'exceeds the MaxSessionDuration'],
  ])('is refused for %j', async (input, name, message) => {
    const bench = await start();
    await expect(assume(bench, input)).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });
});
