import { beforeAll, describe, expect, it } from 'vitest';
import { loadShell } from '../../../../src/simulator/host/shell.js';
import { pluginOutput } from '../../../../src/simulator/ssm/commands/output.js';
import { instanceId, makeAccount, member } from './account.js';

beforeAll(() => loadShell());

const ids = Array.from({ length: 5 }, (_, index) => instanceId(index));
const many = ids.map(() => ({}));

describe('ListCommandInvocations', () => {
  it('gives every invocation of a command once, over pages', async () => {
    const { send, call, clock } = makeAccount(many);
    const CommandId = await send('true', ids);
    await clock.advance(10_000);
    const seen: string[] = [];
    let NextToken: unknown;
    do {
      const page = await call('ListCommandInvocations', {
        CommandId,
        MaxResults: 2,
        ...(NextToken ? { NextToken } : {}),
      });
      for (let index = 0; index < 2; index++) {
        seen.push(member(page, 'CommandInvocations', index, 'InstanceId'));
      }
      NextToken = page['NextToken'];
    } while (NextToken !== undefined);
    expect(seen).toEqual([...ids, 'undefined']);
  });

  it('refuses a token of another query', async () => {
    const { send, call, refusal, clock } = makeAccount(many);
    const CommandId = await send('true', ids);
    await clock.advance(10_000);
    const { NextToken } = await call('ListCommandInvocations', { CommandId, MaxResults: 2 });
    expect(await refusal('ListCommandInvocations', { NextToken, MaxResults: 2 })).toBe('InvalidNextToken');
    expect(await refusal('ListCommandInvocations', { CommandId, NextToken: 'x' })).toBe('InvalidNextToken');
    expect(await refusal('ListCommandInvocations', { MaxResults: 51 })).toBe('ValidationException');
  });

  it('holds the output only with Details, cut at 2 500 characters', async () => {
    const { send, call, clock, invocation } = makeAccount();
    const CommandId = await send('printf "%30000d" 1; echo oops >&2', [instanceId(0)]);
    await clock.advance(10_000);
    const list = async (Details: boolean): Promise<unknown> =>
      (await call('ListCommandInvocations', { CommandId, Details }))['CommandInvocations'];
    expect(await list(false)).toMatchObject([{ CommandPlugins: [], Status: 'Success' }]);
    const detailed = await list(true);
    expect(detailed).toMatchObject([
      { CommandPlugins: [{ Name: 'aws_runShellScript', Status: 'Success', ResponseCode: 0 }] },
    ]);
    const output = member(detailed, 0, 'CommandPlugins', 0, 'Output');
    expect(output).toHaveLength(2500);
    expect(output).toContain('\n---Output truncated---\n----------ERROR-------\noops\n');
    expect(member(await invocation(CommandId, instanceId(0)), 'StandardOutputContent')).toHaveLength(24_000);
  });

  it('filters by status and time', async () => {
    const { send, call, clock } = makeAccount(many);
    await send('exit 1', ids.slice(0, 2));
    await clock.advance(60_000);
    const between = new Date(clock.now()).toISOString();
    await clock.advance(60_000);
    await send('true', ids.slice(2));
    await clock.advance(60_000);
    const count = async (key: string, value: string): Promise<unknown> =>
      (await call('ListCommandInvocations', { Filters: [{ key, value }] }))['CommandInvocations'];
    expect(await count('Status', 'Failed')).toHaveLength(2);
    expect(await count('InvokedAfter', between)).toHaveLength(3);
    expect(await count('InvokedBefore', between)).toHaveLength(2);
  });

  it('refuses filters that are for commands, or too many', async () => {
    const { refusal } = makeAccount();
    const filter = { key: 'ExecutionStage', value: 'Executing' };
    expect(await refusal('ListCommandInvocations', { Filters: [filter] })).toBe('InvalidFilterKey');
    expect(await refusal('ListCommands', { Filters: Array.from({ length: 6 }, () => filter) })).toBe(
      'ValidationException',
    );
    expect(await refusal('ListCommands', { Filters: [{ key: 'Colour', value: 'red' }] })).toBe(
      'ValidationException',
    );
  });
});

describe('ListCommands', () => {
  it('finds a command again by instance, time and document, newest first, with comment, parameters and counts', async () => {
    const { send, call, clock } = makeAccount(many);
    await send('true', [instanceId(0)], { Comment: 'old' });
    await clock.advance(60_000);
    const since = new Date(clock.now() - 1).toISOString();
    await send('exit 1', [instanceId(0), instanceId(1)], { Comment: 'mine' });
    await send('sleep 900', [instanceId(0)], { Comment: 'running' });
    await send('true', [instanceId(2)], { Comment: 'elsewhere' });
    await clock.advance(10_000);
    const list = async (...Filters: { key: string; value: string }[]): Promise<unknown> =>
      (await call('ListCommands', { InstanceId: instanceId(0), Filters }))['Commands'];
    const found = await list(
      { key: 'InvokedAfter', value: since },
      { key: 'DocumentName', value: 'AWS-RunShellScript' },
    );
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(
      expect.objectContaining({
        Comment: 'mine',
        Parameters: { commands: ['exit 1'] },
        Status: 'Failed',
        TargetCount: 2,
        CompletedCount: 2,
        ErrorCount: 2,
        DeliveryTimedOutCount: 0,
      }),
    );
    expect(await list({ key: 'ExecutionStage', value: 'Executing' })).toMatchObject([{ Comment: 'running' }]);
    expect(await list({ key: 'Status', value: 'Success' })).toMatchObject([{ Comment: 'old' }]);
  });
});

describe('DescribeInstanceInformation', () => {
  it('lists what is registered and not gone, in pages of at least five', async () => {
    const { call, hosts, refusal } = makeAccount([
      ...many,
      ...many,
      { ssm: 'never-registered' },
      { controlContainer: false },
      { ssm: 'connection-lost' },
    ]);
    hosts[1]?.terminate();
    const first = await call('DescribeInstanceInformation', { MaxResults: 5 });
    expect(first['InstanceInformationList']).toHaveLength(5);
    const second = await call('DescribeInstanceInformation', {
      MaxResults: 5,
      NextToken: first['NextToken'],
    });
    expect(second['InstanceInformationList']).toHaveLength(5);
    expect(second['NextToken']).toBeUndefined();
    expect(member(second, 'InstanceInformationList', 4, 'PingStatus')).toBe('ConnectionLost');
    expect(await refusal('DescribeInstanceInformation', { MaxResults: 4 })).toBe('ValidationException');
  });

  it('says what the agent last reported, so an update shows when it is up again', async () => {
    const { call, send, hosts, clock } = makeAccount();
    const read = async (): Promise<unknown> =>
      (await call('DescribeInstanceInformation'))['InstanceInformationList'];
    expect(await read()).toMatchObject([
      {
        InstanceId: instanceId(0),
        PingStatus: 'Online',
        PlatformType: 'Linux',
        PlatformName: 'Bottlerocket',
        PlatformVersion: '1.26.0',
        ResourceType: 'EC2Instance',
      },
    ]);
    await send('apiclient update check && apiclient update apply && apiclient reboot', [instanceId(0)]);
    await clock.advanceUntil(() => hosts[0]?.ecsAgentUp === false);
    const before = clock.now();
    await clock.advanceUntil(() => hosts[0]?.ssmAgentUp === true);
    expect(await read()).toMatchObject([{ PingStatus: 'Online', PlatformVersion: '1.26.1' }]);
    const lastPing = Date.parse(member(await read(), 0, 'LastPingDateTime'));
    expect(lastPing + 1000).toBeGreaterThan(before);
  });

  it('filters by id, status and platform; an id that is nobody’s is an error', async () => {
    const { call, refusal } = makeAccount([{}, { ssm: 'connection-lost' }, { ssm: 'never-registered' }]);
    const list = async (Key: string, ...Values: string[]): Promise<unknown> =>
      (await call('DescribeInstanceInformation', { Filters: [{ Key, Values }] }))['InstanceInformationList'];
    expect(await list('InstanceIds', instanceId(1), instanceId(2))).toMatchObject([
      { InstanceId: instanceId(1) },
    ]);
    expect(await list('PingStatus', 'Online')).toMatchObject([{ InstanceId: instanceId(0) }]);
    expect(await list('PlatformTypes', 'Windows')).toEqual([]);
    const old = { InstanceInformationFilterList: [{ key: 'InstanceIds', valueSet: [instanceId(0)] }] };
    expect((await call('DescribeInstanceInformation', old))['InstanceInformationList']).toHaveLength(1);
    const unknown = { Filters: [{ Key: 'InstanceIds', Values: [instanceId(8)] }] };
    expect(await refusal('DescribeInstanceInformation', unknown)).toBe('InvalidInstanceId');
    expect(
      await refusal('DescribeInstanceInformation', { Filters: [{ Key: 'Colour', Values: ['x'] }] }),
    ).toBe('InvalidFilterKey');
  });
});

describe('plugin output', () => {
  // The cases of amazon-ssm-agent's own test of TruncateOutput, at the real capacity.
  it.each([
    ['', '', ''],
    ['out', '', 'out'],
    ['', 'err', '\n----------ERROR-------\nerr'],
    ['out', 'err', 'out\n----------ERROR-------\nerr'],
  ])('%j and %j', (stdout, stderr, expected) => {
    expect(pluginOutput(stdout, stderr)).toBe(expected);
  });

  it.each([
    ['o'.repeat(3000), '', /^o+\n---Output truncated---$/],
    ['', 'e'.repeat(3000), /^\n----------ERROR-------\ne+\n---Error truncated----$/],
    [
      'o'.repeat(3000),
      'e'.repeat(3000),
      /^o+\n---Output truncated---\n----------ERROR-------\ne+\n---Error truncated----$/,
    ],
  ])('is cut to 2 500 characters', (stdout, stderr, expected) => {
    expect(pluginOutput(stdout, stderr)).toMatch(expected);
    expect(pluginOutput(stdout, stderr)).toHaveLength(2500);
  });
});
