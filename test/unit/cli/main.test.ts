import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { program, run } from '../../../src/cli/main.js';
import { CommandError, exitCodes } from '../../../src/cli/shared/errors.js';

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
    for (const command of program().commands) {
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
    ['a log level that does not exist', ['worker', '--log-level', 'loud'], 'Allowed choices'],
  ])('%s is a usage error in one line', async (_, args, message) => {
    await expect(ecsUpdater(...args)).resolves.toBe(exitCodes.usage);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
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
