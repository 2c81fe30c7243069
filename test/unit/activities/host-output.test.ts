import { describe, expect, test } from 'vitest';
import {
  checkResultOf,
  excerpt,
  hostProbeOf,
  hostStatusOf,
  isPassing,
  lastWords,
  parseApplyOutput,
  parseCheckOutput,
  updateLockOf,
  type CheckOutput,
} from '../../../activities/host-output.js';

/** The host's clock in these fixtures. */
const bootId = '2f1c9e4a-7a54-4c5e-9d0b-6f3a1b2c3d4e';
const now = Date.parse('2026-11-21T12:00:10Z') / 1000;

/** Available, as core-kit prints it. */
const available = {
  active_partition: {
    image: { arch: 'x86_64', variant: 'aws-ecs-2', version: '1.20.5' },
    next_to_boot: true,
  },
  available_updates: ['1.21.1', '1.20.5', '1.20.4'],
  chosen_update: { arch: 'x86_64', variant: 'aws-ecs-2', version: '1.21.1' },
  most_recent_command: {
    cmd_status: 'Success',
    cmd_type: 'refresh',
    exit_status: 0,
    stderr: '',
    timestamp: '2026-11-21T12:00:08.284285751Z',
  },
  staging_partition: null,
  update_state: 'Available',
};

const ready = {
  ...available,
  active_partition: { ...available.active_partition, next_to_boot: false },
  staging_partition: {
    image: { arch: 'x86_64', variant: 'aws-ecs-2', version: '1.21.1' },
    next_to_boot: true,
  },
  update_state: 'Ready',
};

const printed = (changes: object = {}): string =>
  `${JSON.stringify({ schema: 1, bootId, now, version: '1.20.5', status: available, error: null, ...changes })}\n`;

const failed = (stderr: string): string => printed({ status: null, error: { exitCode: 1, stderr } });

function parsed(text: string): CheckOutput {
  const output = parseCheckOutput(text);
  if ('seen' in output) throw new Error(output.seen);
  return output;
}

describe('the output of a check', () => {
  test('says what the host runs and is offered', () => {
    expect(checkResultOf(parsed(printed()))).toEqual({
      kind: 'checked',
      host: {
        bootId,
        now,
        runningVersion: '1.20.5',
        updateState: 'Available',
        chosenVersion: '1.21.1',
        stagedVersion: null,
        availableVersions: ['1.21.1', '1.20.5', '1.20.4'],
        refreshed: true,
      },
    });
  });

  test('says what is staged', () => {
    expect(hostStatusOf(parsed(printed({ status: ready })))).toMatchObject({
      updateState: 'Ready',
      stagedVersion: '1.21.1',
    });
  });

  test.each([
    ['that failed', { cmd_status: 'Failed' }],
    ['of long ago', { timestamp: '2026-11-21T11:40:00Z' }],
    ['of another kind', { cmd_type: 'prepare' }],
    ['without a time', { timestamp: 'yesterday' }],
  ])('a refresh %s is none', (_, command) => {
    const status = { ...available, most_recent_command: { ...available.most_recent_command, ...command } };
    expect(hostStatusOf(parsed(printed({ status })))?.refreshed).toBe(false);
  });

  test('a host without any command so far is not refreshed', () => {
    expect(
      hostStatusOf(parsed(printed({ status: { ...available, most_recent_command: null } })))?.refreshed,
    ).toBe(false);
  });

  test.each([
    ['nothing', ''],
    ['half of it', printed().slice(0, 200)],
    ['twice', printed() + printed()],
    ['a panic', '\u001B[31m\u0000{{ thread "main" panicked \\ at'],
    ['colours', `\u001B[34m${printed()}\u001B[0m`],
    ['another schema', printed({ schema: 2 })],
    ['a clock of text', printed({ now: String(now) })],
    ['no boot id', printed({ bootId: '' })],
    ['a boot id that no order could name', printed({ bootId: 'boot-1' })],
    ['a clock that was never set', printed({ now: 4711 })],
    ['a clock in the far future', printed({ now: 99_999_999_999 })],
    ['a version as long as a book', printed({ version: '1'.repeat(5000) })],
    ['an unknown state', printed({ status: { ...available, update_state: 'Waiting' } })],
    ['a state of null', printed({ status: { ...available, update_state: null } })],
    ['versions of numbers', printed({ status: { ...available, available_updates: [1.2] } })],
    ['a list', '[]'],
    ['null', 'null'],
  ])('%s is not understood, and quoted', (_, text) => {
    expect(parseCheckOutput(text)).toEqual({ seen: expect.any(String) });
  });

  test('two versions that contradict each other are a failed check', () => {
    expect(checkResultOf(parsed(printed({ version: '1.19.0' })))).toMatchObject({
      kind: 'check-failed',
      seen: expect.stringContaining('1.19.0'),
    });
  });

  test('an error of apiclient is quoted without its colours', () => {
    const result = checkResultOf(
      parsed(failed('12:00:00 \u001B[34m[INFO]\u001B[0m Refreshing updates...\nFailed to check')),
    );
    expect(result).toEqual({
      kind: 'check-failed',
      seen: 'exit code 1: 12:00:00 [INFO] Refreshing updates... Failed to check',
    });
  });

  test('what a script wrote to stderr is cut off', () => {
    expect(parsed(`${printed()}\n----------ERROR-------\nsh: warning\n`)).toMatchObject({ bootId });
  });

  test('a host that has just booted tells its boot and version, but no state', () => {
    const text = failed(
      "Failed to get settings: Failed GET request to '/updates/status': Status 404 when GETing unix://x:0/updates/status: No update status found",
    );
    expect(hostProbeOf(parsed(text))).toEqual({
      bootId,
      now,
      runningVersion: '1.20.5',
      updateState: null,
      locked: false,
    });
    expect(updateLockOf(parsed(text))).toBe('free');
  });

  test.each([
    'Failed to check for updates: Failed to make refresh request: Status 423 when POSTing unix://x:0/actions/refresh-updates: Update lock held',
    "Failed to check for updates: Unable to check initial update status, got code '423 Locked': Update lock held",
  ])('a held lock is known: %s', (stderr) => {
    expect(updateLockOf(parsed(failed(stderr)))).toBe('held');
    expect(hostProbeOf(parsed(failed(stderr))).locked).toBe(true);
    expect(isPassing(stderr)).toBe(true);
  });

  test.each([
    '06:42:35.423 Failed to connect to API socket',
    'Failed to check for updates: refresh attempt failed with status Failed (-1): cannot reach the repository',
    'sh: apiclient: not found',
  ])('another error tells nothing of the lock and does not pass: %s', (stderr) => {
    expect(updateLockOf(parsed(failed(stderr)))).toBe('unknown');
    expect(isPassing(stderr)).toBe(false);
  });

  test('the client’s limit of 10 s passes', () => {
    const stderr =
      'Failed to check for updates: Timed out after waiting 10s seconds after POST to /actions/refresh-updates, unsure of result';
    expect(isPassing(stderr)).toBe(true);
  });
});

test('an apply tells its end only with the whole of its line', () => {
  const line = JSON.stringify({
    schema: 1,
    commandId: 'apply.1',
    bootId,
    now,
    version: '1.20.5',
    status: null,
    exitCode: 1,
    stderr: 'Failed to apply',
  });
  expect(parseApplyOutput(`${line}\n`)).toMatchObject({ exitCode: 1, stderr: 'Failed to apply' });
  expect(parseApplyOutput(line.slice(0, -5))).toBeNull();
  expect(parseApplyOutput('')).toBeNull();
});

test('a long text is recognised by both of its ends', () => {
  const text = `begin ${'x'.repeat(5000)} the cause`;
  expect(excerpt(text)).toMatch(/^begin .* … .* the cause$/);
});

test('what a document cut begins with a whole word and keeps its end', () => {
  const said = `${'Downloading '.repeat(40)}Detail: No space left on device (os error 28)`;
  expect(lastWords(said.slice(-300))).toMatch(
    /^… (Downloading )+Detail: No space left on device \(os error 28\)$/,
  );
  expect(lastWords('Failed to apply update')).toBe('Failed to apply update');
  expect(lastWords('x'.repeat(300))).toMatch(/^… x+$/);
});
