import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addSettingsFlags, settingsFrom } from '../../../../src/cli/shared/settings-flags.js';
import { CommandError, exitCodes } from '../../../../src/cli/shared/errors.js';
import { parseSettings } from '../../../../src/config/settings.js';

const given = (...args: string[]): Record<string, string> =>
  addSettingsFlags(new Command()).parse(args, { from: 'user' }).opts();

function refusal(...args: string[]): CommandError {
  try {
    settingsFrom(given(...args), {});
  } catch (err) {
    if (err instanceof CommandError) return err;
    throw err;
  }
  throw new Error(`${args.join(' ')} was taken`);
}

describe('the flags of the settings', () => {
  test('become settings; what is not given has its default', () => {
    expect(settingsFrom(given(), {})).toEqual(parseSettings({}));
    expect(
      settingsFrom(
        given('--max-unavailable', '10%', '--stop-starting-after', '2h', '--drain-limit', '5m'),
        {},
      ),
    ).toEqual(parseSettings({ maxUnavailable: '10%', stopStartingAfter: '2h', drainLimit: '5m' }));
  });

  test('go before the defaults of the command', () => {
    expect(settingsFrom(given(), { installation: 'ops' }).installation).toBe('ops');
    expect(settingsFrom(given('--installation', 'mine'), { installation: 'ops' }).installation).toBe('mine');
  });

  test('are wrong usage where a value cannot be used, with flag and value named in one line', () => {
    expect(refusal('--max-unavailable', '0')).toMatchObject({
      exitCode: exitCodes.usage,
      message: `--max-unavailable "0" is neither a number of instances from 1, nor a percentage as '10%', nor 'unlimited'.`,
    });
    expect(refusal('--stop-starting-after', 'soon').message).toBe(
      `--stop-starting-after "soon" is no duration with a unit, as '90s' or '25m'.`,
    );
    expect(refusal('--after-failed-reboot', 'panic').message).toBe(
      `--after-failed-reboot "panic" is none of 'activate', 'ec2-reboot', 'hold'.`,
    );
    expect(refusal('--include', '').message).toBe('--include "" is empty.');
  });

  test('say the defaults that they have', () => {
    const flags = addSettingsFlags(new Command()).options.flatMap((option) => {
      const [, value] = /\(default: (\w+)\)/.exec(option.description) ?? [];
      return value === undefined || option.long === '--stop-starting-after' ? [] : [option.long ?? '', value];
    });
    expect(flags).toContain('--drain-limit');
    expect(settingsFrom(given(...flags), {})).toEqual(parseSettings({}));
  });
});
