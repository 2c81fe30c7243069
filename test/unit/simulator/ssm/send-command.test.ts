import { beforeAll, describe, expect, it } from 'vitest';
import { loadShell } from '../../../../src/simulator/host/shell.js';
import { instanceId, makeAccount, member } from './account.js';

beforeAll(() => loadShell());

const DocumentName = 'AWS-RunShellScript';
const Parameters = { commands: ['true'] };
const [a, b] = [instanceId(0), instanceId(1)];

describe('SendCommand refuses', () => {
  const declared = JSON.stringify({
    schemaVersion: '2.2',
    parameters: {
      Mode: { type: 'String', allowedValues: ['on', 'off'], default: 'on' },
      Id: { type: 'String', allowedPattern: '^[a-z]{1,3}$' },
    },
    mainSteps: [
      { action: 'aws:runShellScript', name: 'A', inputs: { runCommand: ['echo {{ Mode }} {{ Id }}'] } },
    ],
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      '51 ids',
      { InstanceIds: Array.from({ length: 51 }, (_, index) => instanceId(index)) },
      'ValidationException',
    ],
    ['an id that is none', { InstanceIds: ['i-1'] }, 'ValidationException'],
    ['no target', { InstanceIds: [] }, 'ValidationException'],
    ['two kinds of target', { Targets: [{ Key: 'tag:a', Values: ['b'] }] }, 'ValidationException'],
    ['six targets', { Targets: Array.from({ length: 6 }, () => ({ Key: 'tag:a' })) }, 'ValidationException'],
    ['an id twice', { InstanceIds: [a, a] }, 'DuplicateInstanceId'],
    ['an id that nobody knows', { InstanceIds: [a, instanceId(9)] }, 'InvalidInstanceId'],
    ['an instance that never registered', { InstanceIds: [a, b] }, 'InvalidInstanceId'],
    ['a comment of 101 characters', { Comment: 'x'.repeat(101) }, 'ValidationException'],
    ['a timeout below 30 s', { TimeoutSeconds: 29 }, 'ValidationException'],
    ['a number as text', { TimeoutSeconds: '60' }, 'SerializationException'],
    ['no document', { DocumentName: undefined }, 'ValidationException'],
    ['an unknown document', { DocumentName: 'nobody' }, 'InvalidDocument'],
    ['an unknown version', { DocumentVersion: '7' }, 'InvalidDocumentVersion'],
    ['another hash', { DocumentHash: 'ab', DocumentHashType: 'Sha256' }, 'InvalidDocument'],
    ['an unknown parameter', { Parameters: { commands: ['ls'], other: ['x'] } }, 'InvalidParameters'],
    ['a missing parameter', { Parameters: {} }, 'InvalidParameters'],
    [
      'a value that is not allowed',
      { DocumentName: 'declared', Parameters: { Id: ['a'], Mode: ['o'] } },
      'InvalidParameters',
    ],
    [
      'a value against the pattern',
      { DocumentName: 'declared', Parameters: { Id: ['a;reboot'] } },
      'InvalidParameters',
    ],
    ['two values for one', { DocumentName: 'declared', Parameters: { Id: ['a', 'b'] } }, 'InvalidParameters'],
    ['MaxErrors that is no number', { MaxErrors: 'x' }, 'ValidationException'],
  ])('%s', async (_, input, code) => {
    const { call, refusal, clock } = makeAccount([{}, { ssm: 'never-registered' }]);
    await call('CreateDocument', { Name: 'declared', Content: declared });
    await clock.advance(5000);
    expect(await refusal('SendCommand', { DocumentName, Parameters, InstanceIds: [a], ...input })).toBe(code);
  });

  it('a document that is not active yet', async () => {
    const { call, refusal } = makeAccount();
    await call('CreateDocument', { Name: 'declared', Content: declared });
    expect(
      await refusal('SendCommand', { DocumentName: 'declared', Parameters: { Id: ['a'] }, InstanceIds: [a] }),
    ).toBe('InvalidDocument');
  });

  it('a terminated instance', async () => {
    const { hosts, refusal } = makeAccount();
    hosts[0]?.terminate();
    expect(await refusal('SendCommand', { DocumentName, Parameters, InstanceIds: [a] })).toBe(
      'InvalidInstanceId',
    );
  });
});

it('SendCommand answers with the whole command', async () => {
  const { call, clock } = makeAccount();
  const { Command } = await call('SendCommand', {
    DocumentName,
    Parameters,
    InstanceIds: [a],
    Comment: 'hello',
    TimeoutSeconds: 60,
  });
  expect(Command).toMatchObject({
    DocumentName,
    DocumentVersion: '$DEFAULT',
    Comment: 'hello',
    InstanceIds: [a],
    Parameters,
    Status: 'Pending',
    StatusDetails: 'Pending',
    RequestedDateTime: new Date(clock.now()),
    ExpiresAfter: new Date(clock.now() + (60 + 3600) * 1000),
    TargetCount: 1,
    CompletedCount: 0,
    ErrorCount: 0,
    MaxConcurrency: '50',
    MaxErrors: '0',
    TimeoutSeconds: 60,
  });
});

it('SendCommand puts parameters into the script as they are', async () => {
  const { call, clock, result } = makeAccount();
  const Content = JSON.stringify({
    schemaVersion: '2.2',
    parameters: { Mode: { type: 'String', default: 'on' }, Lines: { type: 'StringList' } },
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: 'A',
        inputs: { runCommand: ['echo "{{Mode}}"', '{{ Lines }}'], timeoutSeconds: 60 },
      },
    ],
  });
  await call('CreateDocument', { Name: 'mine', Content });
  await clock.advance(5000);
  const { Command } = await call('SendCommand', {
    DocumentName: 'mine',
    InstanceIds: [a],
    Parameters: { Lines: ['echo 1', 'echo 2'] },
  });
  const id = member(Command, 'CommandId');
  expect(await result(id, a)).toMatchObject({ StandardOutputContent: 'on\n1\n2\n', PluginName: 'A' });
});

it('SendCommand by target reaches what matches, and is over at once if nothing does', async () => {
  const { call } = makeAccount([{}, {}, { ssm: 'never-registered' }]);
  const byIds = { DocumentName, Parameters, Targets: [{ Key: 'InstanceIds', Values: [b, instanceId(2)] }] };
  expect((await call('SendCommand', byIds))['Command']).toMatchObject({ TargetCount: 1, InstanceIds: [] });
  const byTag = { DocumentName, Parameters, Targets: [{ Key: 'tag:a', Values: ['b'] }] };
  expect((await call('SendCommand', byTag))['Command']).toMatchObject({
    TargetCount: 0,
    StatusDetails: 'NoInstancesInTag',
  });
});
