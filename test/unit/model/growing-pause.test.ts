import { expect, test } from 'vitest';
import { GrowingPause } from '../../../src/model/growing-pause.js';

const minute = 60_000;
const day = 1440 * minute;

/** The pauses of a wait in which nothing changes. */
function pausesOf(forMs: number): number[] {
  const pause = new GrowingPause(minute);
  const pauses: number[] = [];
  for (let now = 0; now < forMs; now += pauses.at(-1) ?? 0) pauses.push(pause.after('same', now));
  return pauses;
}

test('grows to fifteen times the first while nothing changes', () => {
  expect(pausesOf(9 * minute).map((ms) => ms / minute)).toEqual([1, 1.5, 2.25, 3.375, 5.0625]);
  expect(Math.max(...pausesOf(day))).toBe(15 * minute);
});

test('starts anew with each change', () => {
  const pause = new GrowingPause(minute);
  const seen = ['a', 'a', 'a', 'b', 'b', 'a'];
  expect(seen.map((one, i) => pause.after(one, i * 10 * minute) / minute)).toEqual([1, 1.5, 2.25, 1, 1.5, 1]);
});

test('a wait of a year takes no more than some thousand looks', () => {
  expect(pausesOf(365 * day).length).toBeLessThan(1500);
});
