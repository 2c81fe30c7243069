import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatOrderMark, parseOrderMark } from '../../../src/model/order-mark.js';

const since = '2026-01-05T03:00:00.000Z';
/** What ECS takes for a value (API reference, Attribute). */
const allowed = /^(?! )[A-Za-z0-9_./@\\: -]{1,128}(?<! )$/;

test.each([
  [{ since, by: 'ann', reason: 'disk is being looked at' }, `${since}/ann/disk is being looked at`],
  [{ since, by: 'ann' }, `${since}/ann/`],
  [{ since, reason: 'no name' }, `${since}//no name`],
  [{ since }, `${since}//`],
])('%j is written as %j and read again', (hold, text) => {
  expect(formatOrderMark(hold)).toBe(text);
  expect(parseOrderMark(text)).toEqual(hold);
});

test.each([
  ['yes', { reason: 'yes' }],
  ['', {}],
  ['ask ann/or bob', { reason: 'ask ann/or bob' }],
  [`${since}/ann/a/b`, { since, by: 'ann', reason: 'a/b' }],
])('%j, set by hand, holds, too', (text, hold) => {
  expect(parseOrderMark(text)).toEqual(hold);
});

test('whoever holds it for whatever reason, ECS takes the value, and time and name are told again', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'binary' }),
      (reason, by) => {
        const text = formatOrderMark({ since, by, reason });
        expect(text).toMatch(allowed);
        expect(parseOrderMark(text).since).toBe(since);
        expect(formatOrderMark({ since, ...parseOrderMark(text) })).toBe(text);
      },
    ),
  );
});
