import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMark, isHeld, isOurs, parseMark } from '../../../src/model/ownership.js';

const mark = fc.record(
  {
    installation: fc.stringMatching(/^[A-Za-z0-9._-]{1,32}$/),
    rolloutId: fc.uuid(),
    since: fc
      .date({ noInvalidDate: true, min: new Date('2000-01-01'), max: new Date('2100-01-01') })
      .map((d) => d.toISOString()),
    target: fc.stringMatching(/^\d\.\d{1,3}\.\d{1,3}(-[a-z0-9.]{1,12})?$/),
    held: fc.constant<true>(true),
  },
  { requiredKeys: ['installation', 'rolloutId', 'since'] },
);

describe('the mark of a drained instance', () => {
  test('reads as it was written', () => {
    fc.assert(
      fc.property(mark, (written) => {
        expect(parseMark(formatMark(written))).toEqual(written);
      }),
    );
  });

  test('fits into an attribute of ECS, 128 characters', () => {
    fc.assert(
      fc.property(mark, (written) => {
        expect(formatMark(written).length).toBeLessThanOrEqual(128);
      }),
    );
  });

  test.each(['1.26.1+build', `1.26.1-${'a'.repeat(40)}`, 'unknown', ''])(
    'leaves out a target that ECS would refuse: %s',
    (target) => {
      const known = { installation: 'default', rolloutId: 'r', since: '2026-01-01T00:00:00Z' };
      expect(parseMark(formatMark({ ...known, target, held: true }))).toEqual({ ...known, held: true });
    },
  );

  test('of another form belongs to nobody we know', () => {
    for (const value of [
      '',
      'yes',
      'default',
      'default/r',
      'default/r/yesterday',
      'a/b/c/2026-01-01T00:00:00Z',
      'default/r/2026-01-01T00:00:00Z/hold',
      'default/r/2026-01-01T00:00:00Z/held/',
    ]) {
      expect(parseMark(value)).toEqual({ installation: value, rolloutId: '', since: '' });
    }
  });

  test('any text can be read', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(typeof parseMark(value).installation).toBe('string');
      }),
    );
  });

  test('is ours if our installation left it', () => {
    const since = '2026-01-01T00:00:00Z';
    expect(isOurs(parseMark(`default/r/${since}`), 'default')).toBe(true);
    expect(isOurs(parseMark(`other/r/${since}`), 'default')).toBe(false);
    expect(isOurs(null, 'default')).toBe(false);
  });

  test.each([
    ['DRAINING', '/held', 'default', true],
    ['DRAINING', '', 'default', false],
    ['ACTIVE', '/held', 'default', false],
    ['DRAINING', '/held', 'other', false],
  ])('an instance that is %s, marked %s by %s: held is %s', (status, suffix, installation, held) => {
    const found = parseMark(`${installation}/r/2026-01-01T00:00:00Z${suffix}`);
    expect(isHeld({ status, mark: found }, 'default')).toBe(held);
  });

  test('a value that only begins like ours is not ours', () => {
    expect(isOurs(parseMark('default/r/not a time'), 'default')).toBe(false);
  });
});
