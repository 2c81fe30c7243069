import { describe, expect, test } from 'vitest';
import { countBehind, formatBehind, parseBehind, whoIsBehind } from '../../../src/model/behind.js';
import type { InstanceResult } from '../../../src/model/outcome.js';

const now = '2026-03-01T12:00:00.000Z';
const before = { since: '2026-02-01T12:00:00.000Z', version: '1.26.0' };

/** Since when an instance with this result, and this mark of an earlier rollout, is behind; null: it is not. */
function behindBy(
  result: InstanceResult,
  behind: typeof before | null = null,
  offered?: string,
): string | null {
  const instance = { ec2InstanceId: 'i-a', containerInstanceArn: 'arn', behind };
  const results = offered === undefined ? [{ result, ec2InstanceIds: ['i-a'] }] : [];
  const found = whoIsBehind(
    [instance],
    results,
    new Map(offered === undefined ? [] : [['i-a', offered]]),
    now,
  );
  return found[0]?.mark.since ?? null;
}

const versions = { from: '1.26.0', to: '1.26.1' };
const skipped = (reason: Extract<InstanceResult, { kind: 'skipped' }>['reason']): InstanceResult => ({
  kind: 'skipped',
  reason,
});

describe('an instance', () => {
  test('that has its update to come, or did not get it, is behind from the start of the first rollout that saw that', () => {
    const standalone = { ...skipped({ code: 'standalone-task', tasks: [] }), ...versions };
    expect(behindBy(standalone)).toBe(now);
    expect(behindBy(standalone, before)).toBe(before.since);
    expect(behindBy(standalone, null, '1.26.1')).toBe(now);
    const failed = { kind: 'failed', reason: { code: 'reboot-limit', limitMs: 1 }, ...versions } as const;
    expect(behindBy(failed)).toBe(now);
  });

  test.each<[string, InstanceResult]>([
    ['was updated', { kind: 'updated', ...versions }],
    ['runs the newest', skipped({ code: 'up-to-date', version: '1.26.1' })],
    ['is not in its wave', skipped({ code: 'not-in-wave', version: '1.26.0', newest: '1.26.1' })],
    [
      'was offered what was withdrawn',
      { ...skipped({ code: 'update-withdrawn', version: '1.26.0' }), ...versions },
    ],
    ['is gone', { kind: 'gone', reason: { code: 'terminated', detail: '' }, ...versions }],
  ])('that %s is not, whatever was before', (_, result) => {
    expect(behindBy(result, before)).toBeNull();
  });

  test('that could not be asked is, if it was before', () => {
    const away = skipped({ code: 'agent-disconnected' });
    expect(behindBy(away, before)).toBe(before.since);
    expect(behindBy(away)).toBeNull();
  });
});

test('the oldest of them tells for how long', () => {
  expect(countBehind([])).toEqual({ instances: 0, oldestSince: null });
  expect(countBehind([{ mark: { since: now, version: '2' } }, { mark: before }])).toEqual({
    instances: 2,
    oldestSince: before.since,
  });
});

test('a mark is read as it was written, and what is no mark is none', () => {
  expect(parseBehind(formatBehind(before))).toEqual(before);
  expect(parseBehind(formatBehind({ ...before, version: 'odd @ version' }))).toMatchObject({
    since: before.since,
  });
  for (const text of ['', 'yes', '2026-99-01T00:00:00Z/1', '2026-02-01/1.26.0'])
    expect(parseBehind(text)).toBeNull();
});
