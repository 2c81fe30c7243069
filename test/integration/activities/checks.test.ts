import { expect, test } from 'vitest';
import { failureTypes } from '../../../src/model/failure-types.js';
import { behind, failureOf, startFleet, type TestFleet } from './fleet.js';

const checkAll = (fleet: TestFleet, names: readonly string[], limitMs = fleet.limits.checkMs) => ({
  cluster: fleet.cluster,
  ec2InstanceIds: names.map((name) => fleet.id(name)),
  command: fleet.command('check', 'check.run.1'),
  installation: fleet.installation,
  pace: fleet.pace,
  limitMs,
});

const hosts = (...names: string[]) => names.map((name) => ({ name, host: behind }));

test('asks a batch with one command and gives every id its answer', async () => {
  const fleet = await startFleet(
    {
      instances: [
        { name: 'available', host: behind },
        { name: 'idle', host: { version: '1.26.1' } },
        { name: 'later', host: { ...behind, inWave: false } },
        { name: 'staged', host: { ...behind, found: 'staged' } },
        { name: 'ready', host: { ...behind, found: 'ready' } },
        { name: 'old', host: { version: '1.4.2', offered: '1.5.0' } },
        { name: 'unknown', host: { ...behind, ssm: 'never-registered' } },
        { name: 'offline', host: { ...behind, ssm: 'connection-lost' } },
        { name: 'odd', host: { ...behind, output: 'garbage' } },
        { name: 'cut', host: { ...behind, output: 'truncated' } },
        { name: 'cut-off', host: { ...behind, repository: 'unreachable' } },
        { name: 'linux', host: { os: 'amazon-linux-2023', version: '2023.0.0' } },
      ],
    },
    { pageSize: 5 },
  );
  const names = fleet.names;
  const answers = await fleet.run('checkForUpdates', checkAll(fleet, names));
  const of = (name: string) => answers[fleet.id(name)];
  expect(Object.keys(answers).toSorted()).toEqual(names.map((name) => fleet.id(name)).toSorted());
  expect(of('available')).toMatchObject({
    kind: 'checked',
    host: { updateState: 'Available', runningVersion: '1.26.0', chosenVersion: '1.26.1', refreshed: true },
  });
  expect(of('idle')).toMatchObject({ kind: 'checked', host: { updateState: 'Idle', refreshed: true } });
  expect(of('later')).toMatchObject({
    kind: 'checked',
    host: { updateState: 'Idle', availableVersions: ['1.26.1', '1.26.0'] },
  });
  expect(of('staged')).toMatchObject({
    kind: 'checked',
    host: { updateState: 'Staged', stagedVersion: '1.26.1' },
  });
  expect(of('ready')).toMatchObject({
    kind: 'checked',
    host: { updateState: 'Ready', stagedVersion: '1.26.1' },
  });
  expect(of('old')).toEqual({ kind: 'too-old', version: '1.4.2' });
  expect(of('unknown')).toEqual({ kind: 'not-managed-by-ssm' });
  expect(of('offline')).toMatchObject({ kind: 'ssm-offline', pingStatus: 'ConnectionLost' });
  for (const name of ['odd', 'cut', 'cut-off', 'linux'])
    expect(of(name)).toMatchObject({ kind: 'check-failed' });
  expect(of('cut-off')).toMatchObject({ seen: expect.stringContaining('Failed to check for updates') });
  // A check that runs into apiclient's 10 s, as on a busy machine, is made again under a comment of its own.
  const first = fleet
    .requests('SendCommand')
    .filter(({ parameters }) => JSON.stringify(parameters).includes('"ecs-updater tests check.run.1"'));
  expect(first).toHaveLength(1);
});

test('a later attempt reads the command that an earlier one sent', async () => {
  const fleet = await startFleet({ instances: hosts('a', 'b', 'c') });
  const input = checkAll(fleet, ['a', 'b', 'c']);
  fleet.simulator.fault({
    kind: 'aws-error',
    action: 'ListCommandInvocations',
    code: 'InternalServerError',
    status: 500,
    times: 3,
  });
  const failure = await failureOf(fleet.attempt('checkForUpdates', input));
  expect(failure).toMatchObject({ type: failureTypes.unavailable, nonRetryable: false });
  expect(failure.message).toContain('ssm:ListCommandInvocations');
  const answers = await fleet.attempt('checkForUpdates', input, { attempt: 2 });
  expect(Object.values(answers).map(({ kind }) => kind)).toEqual(['checked', 'checked', 'checked']);
  expect(fleet.requests('SendCommand')).toHaveLength(1);
});

test('a command whose answer is lost is found, not sent again', async () => {
  const fleet = await startFleet({ instances: hosts('a', 'b') });
  fleet.simulator.fault({ kind: 'garbage', action: 'SendCommand', body: 'truncated' });
  const answers = await fleet.run('checkForUpdates', checkAll(fleet, ['a', 'b']));
  expect(Object.values(answers).map(({ kind }) => kind)).toEqual(['checked', 'checked']);
  expect(fleet.requests('SendCommand')).toHaveLength(1);
});

test('a host that SSM refuses all the same is found, and the others have their answers', async () => {
  const fleet = await startFleet({ instances: hosts('a', 'b', 'c', 'd', 'e') });
  const names = ['a', 'b', 'c', 'd', 'e'];
  // Two refusals: of all five, and of the first three.
  fleet.simulator.fault({ kind: 'aws-error', action: 'SendCommand', code: 'InvalidInstanceId', times: 2 });
  const answers = await fleet.run('checkForUpdates', checkAll(fleet, names));
  expect(Object.values(answers).map(({ kind }) => kind)).toEqual(names.map(() => 'checked'));
  expect(fleet.requests('SendCommand')).toHaveLength(5);
});

test('the update lock of another caller is waited for', async () => {
  const fleet = await startFleet({ instances: [{ name: 'a', host: { ...behind, repository: 'slow' } }] });
  // The first check runs into apiclient's limit of 10 s, the repository answers later.
  const answers = await fleet.run('checkForUpdates', checkAll(fleet, ['a']));
  expect(fleet.requests('SendCommand').length).toBeGreaterThan(1);
  expect(fleet.requests('SendCommand').length).toBeLessThanOrEqual(3);
  expect(answers[fleet.id('a')]?.kind).toBe('check-failed');
});

test('a host that does not answer within the limit fails its own check alone', async () => {
  const fleet = await startFleet(
    { instances: hosts('a', 'b') },
    { timings: { ssm: { reply: [100, 200] }, host: { boot: [3_600_000, 3_600_000] } } },
  );
  fleet.simulator.fault({ kind: 'reboot', instance: fleet.id('b') });
  await fleet.until(() => !fleet.state('b').agentConnected);
  const answers = await fleet.run('checkForUpdates', checkAll(fleet, ['a', 'b'], 2000));
  expect(answers[fleet.id('a')]).toMatchObject({ kind: 'checked' });
  expect(answers[fleet.id('b')]).toMatchObject({
    kind: 'check-failed',
    seen: expect.stringContaining('no answer within'),
  });
  expect(fleet.requests('CancelCommand')).toHaveLength(1);
});

test('an outage of SSM is waited for, up to the limit, and then named', async () => {
  const fleet = await startFleet({ instances: hosts('a') });
  fleet.simulator.fault({
    kind: 'aws-error',
    action: 'SendCommand',
    code: 'ThrottlingException',
    seconds: 3600,
  });
  const input = checkAll(fleet, ['a'], 3_600_000);
  const failure = await failureOf(fleet.attempt('checkForUpdates', input));
  expect(failure.type).toBe(failureTypes.unavailable);
  const answers = await fleet.attempt('checkForUpdates', input, {
    attempt: 2,
    heartbeatDetails: { until: Date.now() },
  });
  expect(answers[fleet.id('a')]).toMatchObject({
    kind: 'check-failed',
    seen: expect.stringContaining('ThrottlingException'),
  });
});

test('access denied and a changed document stop the rollout', async () => {
  const fleet = await startFleet({ instances: hosts('a') });
  const input = checkAll(fleet, ['a']);
  fleet.simulator.fault({
    kind: 'aws-error',
    action: 'SendCommand',
    code: 'AccessDeniedException',
    message: 'no',
  });
  const denied = await failureOf(fleet.attempt('checkForUpdates', input));
  expect(denied).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
  expect(denied.message).toContain('ssm:SendCommand on ecs-updater-check');
  const document = { ...input.command.document, hash: '0'.repeat(64) };
  const changed = await failureOf(
    fleet.attempt('checkForUpdates', { ...input, command: { ...input.command, document } }),
  );
  expect(changed).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
  expect(changed.message).toContain('--update-documents');
});

test('a document that is none of ours is never sent, whoever names it', async () => {
  const fleet = await startFleet({ instances: hosts('a') });
  const input = checkAll(fleet, ['a']);
  const document = { ...input.command.document, name: 'AWS-RunShellScript' };
  const refused = await failureOf(
    fleet.attempt('checkForUpdates', { ...input, command: { ...input.command, document } }),
  );
  expect(refused).toMatchObject({ type: failureTypes.stopsRollout, nonRetryable: true });
  expect(refused.message).toContain('"AWS-RunShellScript" is none of the SSM documents of ecs-updater');
  expect(fleet.requests('SendCommand')).toEqual([]);
});
