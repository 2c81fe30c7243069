import { expect, test } from 'vitest';
import { parseDuration } from '../../../src/config/durations.js';

test.each([
  ['250ms', 250],
  ['90s', 90_000],
  ['25m', 1_500_000],
  ['1.5h', 5_400_000],
  ['2d', 172_800_000],
  ['0s', 0],
])('%s is a duration', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '25', 'm', '25 m', '25M', '-5m', '1e3s', '5m5s', '٣m', '25minutes', '.5h'])(
  '%j is none',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
