import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { longestValue } from '../../../src/model/attribute-text.js';
import {
  backOffMs,
  type Failure,
  type FailureMark,
  failureOf,
  type FailureRules,
  fallenBack,
  forbiddenBy,
  formatFailure,
  markAfter,
  markedVersion,
  parseFailure,
} from '../../../src/model/failures.js';
import type { Outcome } from '../../../src/model/outcome.js';

const minute = 60_000;
const day = 86_400_000;
const rules: FailureRules = {
  giveUpAfter: 5,
  quarantineAfter: 2,
  backOffMs: minute,
  longestBackOffMs: day,
};
const at = '2026-01-05T03:00:00.000Z';
const now = Date.parse(at);
const failed = (spec: Partial<Extract<FailureMark, { kind: 'failed' }>> = {}): FailureMark => ({
  kind: 'failed',
  version: '1.20.0',
  tries: 1,
  code: 'reboot-limit',
  at,
  ...spec,
});
const unreadable: FailureMark = { kind: 'unreadable', text: 'do not touch' };
const failure: Failure = { version: '1.20.0', code: 'drain-limit', at: '2026-01-06T03:00:00.000Z' };

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('1.20.0'));
/** What ECS takes for a value (API reference, Attribute). */
const allowed = /^(?! )[A-Za-z0-9_./@\\: -]{1,128}(?<! )$/;

describe('the attribute', () => {
  test('of any version can be written and reads as what was written', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.nat(),
        fc.date({ noInvalidDate: true, min: new Date(0) }),
        (version, n, when) => {
          fc.pre(when.getUTCFullYear() < 10_000);
          const mark = failed({
            version: markedVersion(version),
            tries: 1 + (n % 9999),
            at: when.toISOString(),
          });
          const text = formatFailure(mark);
          expect(text).toMatch(allowed);
          expect(text.length).toBeLessThanOrEqual(longestValue);
          expect(parseFailure(text)).toEqual(mark);
        },
      ),
    );
  });

  test('of any text is read, and written back as it was', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(formatFailure(parseFailure(text))).toBe(text);
      }),
    );
  });

  test.each([
    '',
    'yes',
    '1.20.0',
    '1.20.0/0/reboot-limit/2026-01-05T03:00:00.000Z',
    '1.20.0/x/reboot-limit/2026-01-05T03:00:00.000Z',
    '1.20.0/1/Reboot Limit/2026-01-05T03:00:00.000Z',
    '1.20.0/1/reboot-limit/yesterday',
    '1.20.0/1/reboot-limit/2026-99-99T03:00:00.000Z',
    '1.20.0/1/reboot-limit/2026-01-05T03:00:00.000Z/more',
  ])('that says %j is unreadable', (text) => {
    expect(parseFailure(text)).toEqual({ kind: 'unreadable', text });
  });
});

describe('what is remembered', () => {
  test.each<[string, Outcome, string | null, Failure | null]>([
    [
      'a failure',
      { kind: 'failed', reason: { code: 'reboot-limit', limitMs: 1 } },
      '1.20.0',
      { version: '1.20.0', code: 'reboot-limit', at },
    ],
    [
      'a roll-back',
      { kind: 'rolled-back', reason: { code: 'apply-failed', detail: 'x' } },
      '1.20.0',
      { version: '1.20.0', code: 'apply-failed', at },
    ],
    ['no cancel', { kind: 'rolled-back', reason: { code: 'cancelled' } }, '1.20.0', null],
    [
      "nothing of somebody else's hand",
      { kind: 'failed', reason: { code: 'taken-over', status: 'ACTIVE' } },
      '1.20.0',
      null,
    ],
    ['no skip', { kind: 'skipped', reason: { code: 'update-withdrawn', version: '1' } }, '1.20.0', null],
    [
      'no update',
      { kind: 'updated', from: '1', to: '2', warning: { code: 'settle-limit', limitMs: 1, services: [] } },
      '2',
      null,
    ],
    [
      'nothing of an unknown version',
      { kind: 'failed', reason: { code: 'reboot-limit', limitMs: 1 } },
      null,
      null,
    ],
  ])('%s', (_, outcome, version, expected) => {
    expect(failureOf(outcome, { from: '1.19.0', to: version }, at)).toEqual(expected);
  });

  test.each<[string, string, 'booted-old-version' | 'reboot-limit']>([
    ['that EC2 rebooted into what it ran before fell back', '1.19.0', 'booted-old-version'],
    ['that EC2 rebooted into the new version did not', '1.20.0', 'reboot-limit'],
  ])('a host %s', (_, version, code) => {
    const outcome: Outcome = {
      kind: 'failed',
      reason: {
        code: 'reboot-limit',
        limitMs: 1,
        afterwards: { did: 'ec2-reboot', seen: 'healthy', version },
      },
    };
    expect(failureOf(outcome, { from: '1.19.0', to: '1.20.0' }, at)).toEqual({ version: '1.20.0', code, at });
  });

  test.each<[string, FailureMark | null, FailureMark | null]>([
    ['a first failure is try 1', null, failed({ tries: 1, code: 'drain-limit', at: failure.at })],
    [
      'the same version again is one more',
      failed({ tries: 2 }),
      failed({ tries: 3, code: 'drain-limit', at: failure.at }),
    ],
    [
      'another version begins anew',
      failed({ version: '1.19.0', tries: 4 }),
      failed({ tries: 1, code: 'drain-limit', at: failure.at }),
    ],
    ['the same instant is written already', failed({ tries: 2, at: failure.at }), null],
    ['what somebody else wrote stays', unreadable, null],
    [
      'that it fell back stays known',
      failed({ code: 'booted-old-version' }),
      failed({ tries: 2, code: 'booted-old-version', at: failure.at }),
    ],
  ])('%s', (_, before, after) => {
    expect(markAfter(before, failure)).toEqual(after);
  });

  test('written twice, as after a lost answer, it counts once', () => {
    expect(markAfter(markAfter(null, failure), failure)).toBeNull();
    fc.assert(
      fc.property(anyText, (text) => {
        const first = markAfter(parseFailure(text), failure);
        return first === null || markAfter(first, failure) === null;
      }),
    );
  });
});

describe('the back-off', () => {
  test.each([
    [1, 2 * minute],
    [2, 4 * minute],
    [4, 16 * minute],
    [10, 1024 * minute],
    [11, day],
    [9999, day],
  ])('after %i tries is %i ms', (tries, ms) => {
    expect(backOffMs(tries, rules)).toBe(ms);
  });

  test('never shrinks with more tries', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9998 }), (tries) => {
        expect(backOffMs(tries + 1, rules)).toBeGreaterThanOrEqual(backOffMs(tries, rules));
      }),
    );
  });
});

describe('an instance on which a version failed', () => {
  test.each<[string, FailureMark | null, string, number, object | null]>([
    [
      'is left alone at once',
      failed(),
      '1.20.0',
      0,
      { code: 'backing-off', tries: 1, until: '2026-01-05T03:02:00.000Z' },
    ],
    ['is left alone until the last moment', failed(), '1.20.0', 2 * minute - 1, { code: 'backing-off' }],
    ['is tried again then', failed(), '1.20.0', 2 * minute, null],
    ['gets a newer version at once', failed(), '1.21.0', 0, null],
    [
      'is given up after so many tries',
      failed({ tries: 5 }),
      '1.20.0',
      100 * day,
      { code: 'gave-up', tries: 5 },
    ],
    ['gets a newer version even when given up', failed({ tries: 5 }), '1.21.0', 0, null],
    [
      'is given up where nobody can read what failed',
      unreadable,
      '1.21.0',
      100 * day,
      { code: 'gave-up', tries: null, unreadable: 'do not touch' },
    ],
    ['is as any other without the attribute', null, '1.20.0', 0, null],
    [
      'is known by its version as far as ECS can hold it',
      failed({ version: '1.20.0_a' }),
      '1.20.0+a',
      0,
      { code: 'backing-off', version: '1.20.0+a' },
    ],
  ])('%s', (_, mark, version, afterMs, reason) => {
    const found = forbiddenBy(mark, version, rules, now + afterMs);
    expect({ reason: found }).toMatchObject({ reason });
  });

  test('counts for the quarantine of the version from which it fell back', () => {
    expect(fallenBack(failed({ code: 'booted-old-version' }))).toBe('1.20.0');
    expect(fallenBack(failed())).toBeNull();
    expect(fallenBack(unreadable)).toBeNull();
    expect(fallenBack(null)).toBeNull();
  });
});
