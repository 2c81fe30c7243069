import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  DescribeInstanceStatusCommand,
  paginateDescribeInstances,
  RebootInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from 'vitest';
import { behind, found, minutes, seconds, startBench, threeInstances, type Bench } from '../support.js';

let bench: Bench;
let ids: Record<'a' | 'b' | 'c', string>;
beforeEach(async () => {
  bench = await startBench({ instances: threeInstances, agentFlapsPerHour: 0 });
  const idOf = (name: string) => bench.instance(name).ec2InstanceId;
  ids = { a: idOf('a'), b: idOf('b'), c: idOf('c') };
});

const filter = (name: string, ...values: string[]) => ({ Filters: [{ Name: name, Values: values }] });

const describeThem = async (input: DescribeInstancesCommandInput) => {
  const { Reservations } = await bench.ec2.send(new DescribeInstancesCommand(input));
  return Reservations?.flatMap(({ Instances }) => Instances ?? []) ?? [];
};

const idsOf = async (input: object) => (await describeThem(input)).map(({ InstanceId }) => InstanceId);

const statusOf = async (input: object = {}) => {
  const { InstanceStatuses } = await bench.ec2.send(
    new DescribeInstanceStatusCommand({ InstanceIds: [ids.a], ...input }),
  );
  return InstanceStatuses?.[0]?.InstanceStatus?.Status;
};

describe('DescribeInstances', () => {
  it('tells what the service model has, under the SDK’s names', async () => {
    const [instance] = await describeThem({ InstanceIds: [ids.a] });
    expect(instance).toMatchObject({
      InstanceId: ids.a,
      InstanceType: 'm5.large',
      State: { Code: 16, Name: 'running' },
      Placement: { AvailabilityZone: 'eu-central-1a', Tenancy: 'default' },
      Monitoring: { State: 'disabled' },
      ImageId: 'ami-0123456789abcdef0',
      LaunchTime: found(bench.simulator.fleet.hosts.get(ids.a)).launchedAt,
      PrivateIpAddress: '10.0.0.4',
      PublicDnsName: '',
      SourceDestCheck: true,
      Tags: [{ Key: 'Name', Value: 'a' }],
    });
  });

  it('filters, with wildcards, and refuses filters it does not have', async () => {
    expect(await idsOf(filter('availability-zone', 'eu-central-1b'))).toEqual([ids.b]);
    expect(await idsOf(filter('availability-zone', '*-1?'))).toHaveLength(3);
    expect(await idsOf(filter('tag:Name', 'a', 'c'))).toHaveLength(2);
    expect(await idsOf(filter('tag-key', 'Owner'))).toEqual([]);
    expect(await idsOf(filter('instance-id', ids.a, 'i-00000000000000000'))).toEqual([ids.a]);
    await expect(idsOf(filter('colour', 'blue'))).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('fails as a whole for one id that is unknown or malformed', async () => {
    await expect(describeThem({ InstanceIds: [ids.a, 'i-00000000000000000'] })).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message: "The instance ID 'i-00000000000000000' does not exist",
    });
    await expect(describeThem({ InstanceIds: ['web-1'] })).rejects.toMatchObject({
      name: 'InvalidInstanceID.Malformed',
    });
  });

  it('pages, but not together with ids, nor fewer than five at a time', async () => {
    const many = await startBench({ instances: [{ name: 'a', count: 12, host: behind }] });
    const sizes: number[] = [];
    for await (const page of paginateDescribeInstances({ client: many.ec2, pageSize: 5 }, {})) {
      sizes.push(page.Reservations?.length ?? 0);
    }
    expect(sizes).toEqual([5, 5, 2]);
    await expect(describeThem({ InstanceIds: [ids.a], MaxResults: 5 })).rejects.toMatchObject({
      name: 'InvalidParameterCombination',
    });
    await expect(describeThem({ MaxResults: 4 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    await expect(describeThem({ NextToken: 'x' })).rejects.toMatchObject({ name: 'InvalidNextToken' });
  });

  it('does nothing in a dry run', async () => {
    await expect(
      bench.ec2.send(new RebootInstancesCommand({ InstanceIds: [ids.a], DryRun: true })),
    ).rejects.toMatchObject({ name: 'DryRunOperation', $metadata: { httpStatusCode: 412 } });
  });
});

describe('status checks', () => {
  it('do not notice a short reboot', async () => {
    await bench.ec2.send(new RebootInstancesCommand({ InstanceIds: [ids.a] }));
    const host = found(bench.simulator.fleet.hosts.get(ids.a));
    const { bootId } = host;
    expect(await statusOf()).toBe('ok');
    await bench.clock.advanceUntil(() => !host.ecsAgentUp, minutes(1));
    expect(await statusOf()).toBe('ok');
    await bench.clock.advanceUntil(() => host.ecsAgentUp, minutes(5));
    expect(host.bootId).not.toBe(bootId);
    expect(await statusOf()).toBe('ok');
  });

  it('notice a host that does not come back, and take a while to believe that it has', async () => {
    const stuck = await startBench({
      instances: [{ name: 'a', host: { ...behind, found: 'ready', boot: 'never-returns' } }],
    });
    const id = stuck.instance('a').ec2InstanceId;
    const status = async () => {
      const { InstanceStatuses } = await stuck.ec2.send(
        new DescribeInstanceStatusCommand({ InstanceIds: [id] }),
      );
      return InstanceStatuses?.[0]?.InstanceStatus;
    };
    await stuck.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
    await stuck.clock.advance(minutes(10));
    expect(await status()).toMatchObject({
      Status: 'impaired',
      Details: [{ Name: 'reachability', Status: 'failed', ImpairedSince: expect.any(Date) }],
    });
    expect(stuck.instance('a').agentConnected).toBe(false);
    await stuck.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
    await stuck.clock.advanceUntil(() => stuck.instance('a').agentConnected, minutes(20));
    expect(found(stuck.simulator.fleet.hosts.get(id)).activeVersion).toBe('1.26.0');
    expect(await status()).toMatchObject({ Status: 'initializing' });
    await stuck.clock.advance(seconds(60));
    expect(await status()).toMatchObject({ Status: 'ok' });
  });

  it('are of running instances only, unless all are asked for', async () => {
    await bench.ec2.send(new TerminateInstancesCommand({ InstanceIds: [ids.a] }));
    expect(await statusOf()).toBeUndefined();
    expect(await statusOf({ IncludeAllInstances: true })).toBe('not-applicable');
    const { InstanceStatuses } = await bench.ec2.send(
      new DescribeInstanceStatusCommand(filter('instance-status.status', 'ok')),
    );
    expect(InstanceStatuses).toHaveLength(2);
  });
});

it('terminates, all or nothing, and again without complaint', async () => {
  const terminate = (...InstanceIds: string[]) =>
    bench.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
  await expect(terminate(ids.a, 'i-00000000000000000')).rejects.toMatchObject({
    name: 'InvalidInstanceID.NotFound',
  });
  const { TerminatingInstances } = await terminate(ids.a);
  expect(TerminatingInstances).toEqual([
    {
      InstanceId: ids.a,
      PreviousState: { Code: 16, Name: 'running' },
      CurrentState: { Code: 32, Name: 'shutting-down' },
    },
  ]);
  await bench.clock.advance(minutes(2));
  expect((await terminate(ids.a)).TerminatingInstances?.[0]?.CurrentState?.Name).toBe('terminated');
  await bench.ec2.send(new RebootInstancesCommand({ InstanceIds: [ids.a] }));
});
