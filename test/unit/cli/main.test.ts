import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { program, run } from '../../../src/cli/main.js';
import { CommandError, exitCodes } from '../../../src/cli/shared/errors.js';

// What all commands need is loaded with them, which takes longer than a test may.
beforeAll(() => program(), 60_000);

let stdout = '';
let stderr = '';

beforeEach(() => {
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
});
afterEach(() => void vi.restoreAllMocks());

const ecsUpdater = (...args: string[]) => run(['node', 'ecs-updater', ...args]);

describe('the command line', () => {
  test('prints its version', async () => {
    await expect(ecsUpdater('--version')).resolves.toBe(exitCodes.ok);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('prints its help with examples when asked, and calls it a usage error when nothing is asked', async () => {
    await expect(ecsUpdater('--help')).resolves.toBe(exitCodes.ok);
    expect(stdout).toContain('Examples:\n  $ ecs-updater');
    await expect(ecsUpdater()).resolves.toBe(exitCodes.usage);
  });

  test('every command explains itself with examples', async () => {
    for (const command of (await program()).commands) {
      stdout = '';
      await expect(ecsUpdater(command.name(), '--help')).resolves.toBe(exitCodes.ok);
      expect(stdout).toContain('Examples:\n  $ ');
      expect(stdout).toContain(`ecs-updater ${command.name()}`);
    }
  });

  test.each([
    ['an unknown command', ['updaet'], "unknown command 'updaet'"],
    ['an unknown option', ['worker', '--nope'], "unknown option '--nope'"],
    ['a port that is none', ['worker', '--health-port', '70000'], 'at most 65535'],
    ['a duration without unit', ['worker', '--grace', '5'], 'with its unit'],
    ['a build id with a blank', ['worker', '--build-id', 'of today'], "letters, digits, '-' and '_'"],
    ['a log level that does not exist', ['worker', '--log-level', 'loud'], 'Allowed choices'],
  ])('%s is a usage error in one line', async (_, args, message) => {
    await expect(ecsUpdater(...args)).resolves.toBe(exitCodes.usage);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  describe('without Temporal', () => {
    beforeEach(() => {
      vi.stubEnv('TEMPORAL_CONFIG_FILE', '/nonexistent/temporal.toml');
      vi.stubEnv('TEMPORAL_PROFILE', '');
      vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:1');
    });
    afterEach(() => void vi.unstubAllEnvs());

    const nightly = ['schedule', '--cluster', 'prod', '--cron', '0 3 * * *'];

    test.each([
      ['schedule --cluster prod', 'give --cron'],
      ['schedule --cluster prod --purge', '--purge goes with --delete'],
      ['schedule --delete', "required option '--cluster <name|arn>' not specified"],
      ['status --watch', '--watch goes with --cluster and a table'],
      ['status --cluster prod --watch -o json', '--watch goes with --cluster and a table'],
      ['status -o xml', 'Allowed choices are table, wide, json, yaml'],
      ['plan', "required option '--cluster <name>' not specified"],
      ['plan --cluster prod --limit 5', 'with its unit'],
      ['report --cluster prod', 'give --html, --json, or both'],
      ['report --cluster prod --html - --json -', 'only one of --html and --json'],
      ['history --cluster prod --limit 0', 'Give 1 to 1000'],
      ['run', "required option '--cluster <name>' not specified"],
      [
        'hold --cluster prod',
        'hold is for one instance: name it. To keep rollouts off the whole cluster, pause it. Give --instance <id>.',
      ],
      [
        'clear --cluster prod',
        'clear needs one of instance, quarantine (a version) and all. Give --instance <id>, --quarantine <version> or --all.',
      ],
      [
        'clear --cluster prod --instance i-1 --all',
        'clear needs one of instance, quarantine (a version) and all.',
      ],
      ['skip --cluster prod', 'skip is for one instance: name it.'],
      ['demo --instances 0', 'at least 1'],
      ['demo --speed fast', 'whole number'],
    ])('%s is a usage error in one line', async (line, message) => {
      await expect(ecsUpdater(...line.split(' '))).resolves.toBe(exitCodes.usage);
      expect(stderr).toContain(message);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    });

    test.each([
      [['--max-unavailable', 'all'], '--max-unavailable "all" is neither a number'],
      [['--drain-limit', '5'], '--drain-limit "5" is no duration'],
      [['--reboot-limit', '1m'], '--reboot-limit "1m" is shorter than'],
      [['--after-failed-reboot', 'panic'], '--after-failed-reboot "panic" is none of'],
      [['--include', ''], '--include "" is empty'],
      [['--time-zone', 'Mars/Base'], "It is no IANA time zone, as 'Europe/Berlin'"],
      [['--cron', 'at noon'], "It is no cron expression of five fields, as '0 3 * * 1-5'."],
      [['--jitter', '30'], 'with its unit'],
    ])('a schedule with %j is refused before anybody is asked', async (flags, message) => {
      await expect(ecsUpdater(...nightly, ...flags)).resolves.toBe(exitCodes.usage);
      expect(stderr).toContain(message);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    });

    test.each([
      ['status'],
      ['status', '--cluster', 'prod'],
      ['run', '--cluster', 'prod'],
      ['plan', '--cluster', 'prod'],
      ['pause', '--cluster', 'prod'],
      ['skip', '--cluster', 'prod', '--instance', 'i-0abc'],
      nightly,
      ['schedule', '--cluster', 'prod', '--delete'],
    ])('%s %s %s fails in one line that names the address', async (...line) => {
      await expect(ecsUpdater(...line)).resolves.toBe(exitCodes.failed);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^ecs-updater: Temporal at 127\.0\.0\.1:1 .*TEMPORAL_ADDRESS.*\n$/);
    });

    test('--debug shows the stack of an error, before and after the command', async () => {
      await ecsUpdater('--debug', 'status');
      expect(stderr).toMatch(/\n {4}at /);
      stderr = '';
      await ecsUpdater('status', '--debug');
      expect(stderr).toMatch(/\n {4}at /);
    });
  });

  test('configuration of Temporal that cannot be used is exit code 2 and one line', async () => {
    vi.stubEnv('TEMPORAL_PROFILE', 'missing');
    vi.stubEnv('TEMPORAL_CONFIG_FILE', '/nonexistent/temporal.toml');
    await expect(ecsUpdater('worker', '--metrics-port', '0', '--health-port', '0')).resolves.toBe(
      exitCodes.usage,
    );
    expect(stderr).toMatch(/^ecs-updater: Temporal's configuration cannot be used: .*missing.*\n$/);
    vi.unstubAllEnvs();
  });
});

test('an error of a command carries its exit code', () => {
  expect(new CommandError('a rollout of prod is already running', exitCodes.alreadyRunning).exitCode).toBe(3);
  expect(new CommandError('it failed').exitCode).toBe(1);
});
