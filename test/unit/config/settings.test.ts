import { isDeepStrictEqual } from 'node:util';
import { assert, constantFrom, nat, oneof, property, string, stringMatching } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RolloutSettings } from '../../../src/model/settings.js';
import { settingsText } from '../../../src/config/settings-text.js';
import {
  atSpeed,
  parseSettings,
  settingNotes,
  SettingsError,
  type SettingsText,
} from '../../../src/config/settings.js';

const minutes = (n: number): number => n * 60_000;

/** Settings, or why there are none; any other error is thrown on. */
function settingsOrRefusal(text: SettingsText): RolloutSettings | SettingsError {
  try {
    return parseSettings(text);
  } catch (err) {
    if (err instanceof SettingsError) return err;
    throw err;
  }
}

function refusal(text: SettingsText): SettingsError {
  const refused = settingsOrRefusal(text);
  if (refused instanceof SettingsError) return refused;
  throw new Error(`${JSON.stringify(text)} was taken`);
}

describe('settings', () => {
  test('have the defaults of the README', () => {
    expect(parseSettings({})).toMatchObject({
      maxUnavailable: { kind: 'count', count: 1 },
      failureBudget: { kind: 'count', count: 1 },
      stopStartingAfterMs: null,
      include: null,
      exclude: null,
      afterFailedReboot: 'activate',
      installation: 'default',
      updatesPerRun: 250,
      limits: {
        prerequisitesMs: minutes(5),
        checkMs: minutes(2),
        checkFreshMs: minutes(15),
        drainMs: minutes(25),
        updateMs: minutes(15),
        rebootMs: minutes(15),
        verifyMs: minutes(10),
        settleMs: minutes(10),
        capacityMs: minutes(30),
        attentionMs: minutes(15),
      },
    });
  });

  test('are told again as the text that they were read from', () => {
    const text = { ...settingsText(parseSettings({ notificationLimit: '2h', notificationTimeout: '5s' })) };
    expect(text).toMatchObject({ notificationLimit: '2h', notificationTimeout: '5s', drainLimit: '25m' });
    for (const { name } of settingNotes()) expect(text).toHaveProperty(name);
  });

  test('are read from text', () => {
    const settings = parseSettings({
      maxUnavailable: '10%',
      failureBudget: '0',
      stopStartingAfter: '1.5h',
      include: 'attribute:ecs.os-type == linux',
      exclude: 'attribute:pool == gpu',
      installation: 'prod-eu.1',
      drainLimit: '90s',
      capacityLimit: '0s',
    });
    expect(settings).toMatchObject({
      maxUnavailable: { kind: 'percent', percent: 10 },
      failureBudget: { kind: 'count', count: 0 },
      stopStartingAfterMs: minutes(90),
      include: 'attribute:ecs.os-type == linux',
      exclude: 'attribute:pool == gpu',
      installation: 'prod-eu.1',
      limits: { drainMs: 90_000, capacityMs: 0, rebootMs: minutes(15) },
    });
    expect(parseSettings({ maxUnavailable: 'unlimited', failureBudget: 'unlimited' })).toMatchObject({
      maxUnavailable: { kind: 'unlimited' },
      failureBudget: { kind: 'unlimited' },
    });
  });

  test.each<[keyof SettingsText, string, string]>([
    ['maxUnavailable', '0', 'neither a number of instances from 1'],
    ['maxUnavailable', '101%', 'neither a number of instances from 1'],
    ['maxUnavailable', '2.5', 'neither a number of instances from 1'],
    ['maxUnavailable', '9'.repeat(20), 'neither a number of instances from 1'],
    ['failureBudget', '-1', 'neither a number of failures'],
    ['failureBudget', '101%', "nor a percentage as '10%'"],
    ['failureBudget', '9'.repeat(400), "nor 'unlimited'"],
    ['stopStartingAfter', '30s', 'is shorter than 1m'],
    ['include', '', 'is empty'],
    ['exclude', '', 'is empty'],
    ['installation', 'a b', 'is no name of letters'],
    ['installation', 'a/b', 'is no name of letters'],
    ['installation', 'x'.repeat(33), 'is no name of letters'],
    ['checkLimit', '5s', 'is shorter than 10s'],
    ['checkFresh', '10', 'is no duration with a unit'],
    ['drainLimit', '25 minutes', 'is no duration with a unit'],
    ['drainLimit', '-5m', 'is no duration with a unit'],
    ['updateLimit', '30s', 'is shorter than 1m'],
    ['rebootLimit', '7m', 'is shorter than 8m'],
    ['verifyLimit', '', 'is no duration with a unit'],
    ['settleLimit', '1w', 'is no duration with a unit'],
    ['capacityLimit', '400d', 'is longer than 365d'],
    ['notificationTimeout', '500ms', 'is shorter than 1s'],
    ['notificationLimit', '0s', 'is shorter than 10s'],
  ])('refuse %s %j, and say so', (field, value, fault) => {
    const error = refusal({ [field]: value });
    expect(error).toMatchObject({ field, value: JSON.stringify(value) });
    expect(error.fault).toContain(fault);
    expect(error.message).toBe(`${field} ${JSON.stringify(value)} ${error.fault}`);
  });

  test('refuse what to do after a failed reboot if it is none of the choices', () => {
    const text: Record<string, string> = { afterFailedReboot: 'panic' };
    expect(refusal(text)).toMatchObject({
      field: 'afterFailedReboot',
      value: '"panic"',
      fault: "is none of 'activate', 'ec2-reboot', 'hold'",
    });
  });

  test('whatever text they are given, are refused in one line or go to a workflow unchanged', () => {
    const fields = Object.keys({
      maxUnavailable: 0,
      failureBudget: 0,
      stopStartingAfter: 0,
      include: 0,
      exclude: 0,
      afterFailedReboot: 0,
      installation: 0,
      prerequisitesLimit: 0,
      checkLimit: 0,
      checkFresh: 0,
      drainLimit: 0,
      updateLimit: 0,
      rebootLimit: 0,
      verifyLimit: 0,
      settleLimit: 0,
      capacityLimit: 0,
      giveUpAfter: 0,
      notificationTimeout: 0,
      notificationLimit: 0,
      quarantineAfter: 0,
    } satisfies Record<Exclude<keyof SettingsText, 'updatesPerRun'>, 0>);
    const value = oneof(
      string(),
      nat().map(String),
      stringMatching(/^\d{1,400}(\.\d+)?(ms|s|m|h|d|%)?$/),
      constantFrom('unlimited', 'activate', '__proto__', 'null'),
    );
    assert(
      property(constantFrom(...fields), value, (field, text) => {
        const settings = settingsOrRefusal({ [field]: text });
        return settings instanceof SettingsError
          ? settings.field === field &&
              settings.value === JSON.stringify(text) &&
              !/\n/.test(settings.message)
          : isDeepStrictEqual(JSON.parse(JSON.stringify(settings)), settings);
      }),
    );
  });
});

describe('a world that runs faster', () => {
  test('has every time of ours divided, and nothing else', () => {
    const settings = parseSettings({ stopStartingAfter: '1h', failureBudget: '3', updatesPerRun: 20 });
    const fast = atSpeed(settings, 30);
    expect(fast).toMatchObject({
      failureBudget: { kind: 'count', count: 3 },
      updatesPerRun: 20,
      maxUnavailable: { kind: 'count', count: 1 },
      stopStartingAfterMs: minutes(2),
      failures: { giveUpAfter: 5, quarantineAfter: 2, backOffMs: 2000, longestBackOffMs: 2_880_000 },
      limits: { drainMs: 50_000, rebootMs: 30_000, attentionMs: 30_000 },
    });
    expect(fast.pace.readsApartMs).toBe(Math.round(settings.pace.readsApartMs / 30));
    expect(atSpeed(parseSettings({}), 30).stopStartingAfterMs).toBeNull();
  });

  test('has whole milliseconds, and at least one', () => {
    const { limits, pace, stopStartingAfterMs } = atSpeed(
      parseSettings({ stopStartingAfter: '61s', capacityLimit: '0s' }),
      9999,
    );
    for (const ms of [...Object.values(limits), ...Object.values(pace), Number(stopStartingAfterMs)]) {
      expect(Number.isInteger(ms)).toBe(true);
      expect(ms).toBeGreaterThanOrEqual(1);
    }
  });
});
