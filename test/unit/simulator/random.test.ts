import { expect, it } from 'vitest';
import { createRandom } from '../../../src/simulator/random.js';

const draws = (seed: number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: 20 }, () => random.between(5, 10));
};

it('draws the same for the same seed, within bounds', () => {
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
  for (const draw of draws(7)) expect(draw).toSatisfy((value: number) => value >= 5 && value < 10);
});

it('forks streams that do not depend on what was drawn before', () => {
  const fresh = createRandom(1);
  const used = createRandom(1);
  used.between(0, 1);
  expect(used.fork('host').token(16)).toBe(fresh.fork('host').token(16));
  expect(fresh.fork('host').token(16)).not.toBe(fresh.fork('other').token(16));
});

it('picks every item sooner or later, and nothing from nothing', () => {
  const random = createRandom(3);
  expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c']))).size).toBe(3);
  expect(() => random.pick([])).toThrow(RangeError);
});
