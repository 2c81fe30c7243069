import { beforeAll, describe, expect, it } from 'vitest';
import { loadShell } from '../../../../src/simulator/host/shell.js';
import { instanceId, makeAccount, member } from './account.js';

beforeAll(() => loadShell());

const a = instanceId(0);

const step = (name: string, script: string, more: object = {}): object => ({
  action: 'aws:runShellScript',
  name,
  inputs: { runCommand: [script] },
  ...more,
});

describe('a command', () => {
  it('is not seen for about a second', async () => {
    const { send, call, refusal, clock } = makeAccount();
    const CommandId = await send('true', [a]);
    expect(await refusal('GetCommandInvocation', { CommandId, InstanceId: a })).toBe(
      'InvocationDoesNotExist',
    );
    expect(await call('ListCommandInvocations', { CommandId })).toEqual({ CommandInvocations: [] });
    expect(await call('ListCommands', { CommandId })).toEqual({ Commands: [] });
    await clock.advance(1200);
    expect((await call('ListCommandInvocations', { CommandId }))['CommandInvocations']).toHaveLength(1);
  });

  it('shows no output before it has finished', async () => {
    const { send, invocation, result, clock } = makeAccount();
    const id = await send('echo early; sleep 60; echo late >&2; exit 3', [a]);
    await clock.advance(10_000);
    expect(await invocation(id, a)).toMatchObject({
      Status: 'InProgress',
      StatusDetails: 'InProgress',
      ResponseCode: -1,
      StandardOutputContent: '',
      ExecutionStartDateTime: '',
    });
    expect(await result(id, a)).toMatchObject({
      Status: 'Failed',
      StatusDetails: 'Failed',
      ResponseCode: 3,
      StandardOutputContent: 'early\n',
      StandardErrorContent: 'late\n',
      ExecutionElapsedTime: 'PT60S',
    });
  });

  it('is killed by the agent at the limit of its step: ExecutionTimedOut', async () => {
    const { send, result } = makeAccount();
    const id = await send('sleep 1000', [a], {
      Parameters: { commands: ['sleep 1000'], executionTimeout: ['30'] },
    });
    expect(await result(id, a)).toMatchObject({
      Status: 'TimedOut',
      StatusDetails: 'ExecutionTimedOut',
      ResponseCode: 137,
    });
  });

  it('waits in progress for an agent that is away, and times out when both limits have passed', async () => {
    const { send, invocation, clock, hosts } = makeAccount([{ ssm: 'connection-lost' }]);
    const id = await send('true', [a], {
      TimeoutSeconds: 30,
      Parameters: { commands: ['true'], executionTimeout: ['60'] },
    });
    await clock.advance(89_000);
    expect(await invocation(id, a)).toMatchObject({ Status: 'InProgress' });
    await clock.advance(1000);
    expect(await invocation(id, a)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut' });
    hosts[0]?.amend({ ssm: 'online' });
    await clock.advance(60_000);
    expect(await invocation(id, a)).toMatchObject({ Status: 'TimedOut' });
  });

  it('is delivered late to an agent that comes back in time, and not after its delivery timeout', async () => {
    const { send, result, invocation, clock, hosts, events } = makeAccount([{ ssm: 'connection-lost' }]);
    const early = await send('echo 1', [a], { TimeoutSeconds: 30 });
    const late = await send('echo 2', [a], { TimeoutSeconds: 600 });
    await clock.advance(300_000);
    hosts[0]?.amend({ ssm: 'online' });
    expect(await result(late, a)).toMatchObject({ Status: 'Success', StandardOutputContent: '2\n' });
    expect(await invocation(early, a)).toMatchObject({ Status: 'InProgress' });
    expect(events('command-delivered')).toBe(1);
  });

  it('waits for a worker when five others run', async () => {
    const { send, call, clock, hosts } = makeAccount();
    for (let count = 0; count < 7; count++) {
      await send('sleep 100', [a]);
    }
    await clock.advance(20_000);
    expect(hosts[0]?.snapshot().scriptsRunning).toBe(5);
    await clock.advance(110_000);
    expect(hosts[0]?.snapshot().scriptsRunning).toBe(2);
    await clock.advance(110_000);
    const { Commands } = await call('ListCommands');
    expect(Commands).toHaveLength(7);
    expect(member(Commands, 6, 'Status')).toBe('Success');
  });

  it('runs the steps of a document one by one, skipping those for another platform', async () => {
    const { call, clock, refusal } = makeAccount();
    await call('CreateDocument', {
      Name: 'steps',
      Content: JSON.stringify({
        schemaVersion: '2.2',
        mainSteps: [
          step('Windows', 'echo w', { precondition: { StringEquals: ['platformType', 'Windows'] } }),
          step('Fails', 'exit 4'),
          step('After', 'echo on', { onFailure: 'exit' }),
        ],
      }),
    });
    await clock.advance(5000);
    const { Command } = await call('SendCommand', { DocumentName: 'steps', InstanceIds: [a] });
    const CommandId = member(Command, 'CommandId');
    await clock.advance(10_000);
    expect(await refusal('GetCommandInvocation', { CommandId, InstanceId: a })).toBe('InvalidPluginName');
    expect(
      await call('GetCommandInvocation', { CommandId, InstanceId: a, PluginName: 'Fails' }),
    ).toMatchObject({
      Status: 'Failed',
      ResponseCode: 4,
    });
    expect(
      await call('GetCommandInvocation', { CommandId, InstanceId: a, PluginName: 'After' }),
    ).toMatchObject({ StandardOutputContent: 'on\n' });
    expect(
      member(
        await call('GetCommandInvocation', { CommandId, InstanceId: a, PluginName: 'Windows' }),
        'StandardOutputContent',
      ),
    ).toContain('unsatisfied preconditions');
  });
});

describe('a cancel', () => {
  it('is sure while the agent is away', async () => {
    const { send, call, invocation, clock, hosts, events } = makeAccount([{ ssm: 'connection-lost' }]);
    const CommandId = await send('apiclient reboot', [a]);
    await clock.advance(5000);
    await call('CancelCommand', { CommandId });
    expect(await invocation(CommandId, a)).toMatchObject({ Status: 'Cancelled', ResponseCode: -1 });
    hosts[0]?.amend({ ssm: 'online' });
    await clock.advance(60_000);
    expect(events('command-delivered')).toBe(0);
  });

  it('kills what runs, some time later', async () => {
    const { send, call, invocation, result, clock } = makeAccount();
    const CommandId = await send('sleep 600', [a]);
    await clock.advance(10_000);
    await call('CancelCommand', { CommandId, InstanceIds: [a] });
    expect(await invocation(CommandId, a)).toMatchObject({ Status: 'Cancelling' });
    expect(await result(CommandId, a)).toMatchObject({ Status: 'Cancelled', StatusDetails: 'Cancelled' });
  });

  it('comes too late for what is over, and says nothing of it', async () => {
    const { send, call, result, refusal } = makeAccount();
    const CommandId = await send('true', [a]);
    await result(CommandId, a);
    expect(await call('CancelCommand', { CommandId })).toEqual({});
    expect(await result(CommandId, a)).toMatchObject({ Status: 'Success' });
    expect(await refusal('CancelCommand', { CommandId: CommandId.replace(/^./, 'z') })).toBe(
      'InvalidCommandId',
    );
    expect(await refusal('CancelCommand', { CommandId, InstanceIds: [instanceId(4)] })).toBe(
      'InvalidInstanceId',
    );
  });
});

describe('a command that reboots its host', () => {
  it('ends in any of three ways, whatever it did', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 40 && seen.size < 3; seed++) {
      const { send, result, hosts, clock } = makeAccount([{}], { seed });
      const bootId = hosts[0]?.bootId;
      const id = await send('apiclient reboot', [a], {
        TimeoutSeconds: 60,
        Parameters: { commands: ['apiclient reboot'], executionTimeout: ['400'] },
      });
      seen.add(member(await result(id, a), 'StatusDetails'));
      await clock.advance(300_000);
      expect(hosts[0]?.bootId).not.toBe(bootId);
    }
    expect([...seen].toSorted()).toEqual(['DeliveryTimedOut', 'Failed', 'Success']);
  });

  it('may be run once more after the boot, if the agent is made to', async () => {
    const lostResult = { failed: 0, stuck: 0, success: 0, replayed: 1 };
    const { send, hosts, clock, events } = makeAccount([{}], { timings: { lostResult } });
    await send('sleep 20; apiclient get os >/dev/null', [a]);
    await clock.advance(10_000);
    hosts[0]?.rebootByEc2();
    await clock.advance(300_000);
    expect(events('command-replayed')).toBe(1);
    expect(events('command-finished')).toBe(1);
  });
});
