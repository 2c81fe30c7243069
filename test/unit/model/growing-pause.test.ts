import { expect, test } from 'vitest';
import { GrowingPause } from '../../../src/model/growing-pause.js';

const minute = 60_000;
const hour = 60 * minute;

/** The pauses of a wait in which nothing changes. */
function pausesOf(forMs: number): number[] {
  const pause = new GrowingPause(minute);
  const pauses: number[] = [];
  for (let now = 0; now < forMs; now += pauses.at(-1) ?? 0) pauses.push(pause.after('same', now));
  return pauses;
}

test('is the first for an hour, and a sixtieth of the wait after that', () => {
  expect(pausesOf(hour)).toEqual(Array.from({ length: 60 }, () => minute));
  const pause = new GrowingPause(minute);
  expect([0, 6, 24].map((hours) => pause.after('same', hours * hour) / minute)).toEqual([1, 6, 24]);
});

test('starts anew with each change', () => {
  const pause = new GrowingPause(minute);
  const seen = ['a', 'a', 'b', 'b', 'a'];
  expect(seen.map((one, i) => pause.after(one, i * 2 * hour) / minute)).toEqual([1, 2, 1, 2, 1]);
});

test('a wait of a year takes no more than some hundred looks', () => {
  expect(pausesOf(365 * 24 * hour).length).toBeLessThan(1000);
});
