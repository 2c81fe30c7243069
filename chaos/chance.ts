import type { SeededRandom } from '../src/simulator/random.js';

/** A whole number from `least` to `most`, both included. */
export const whole = (random: SeededRandom, least: number, most: number): number =>
  Math.min(most, Math.floor(random.between(least, most + 1)));

/** One of the items, each as likely as its weight. */
export function weighted<T>(random: SeededRandom, items: readonly (readonly [weight: number, item: T])[]): T {
  let left = random.between(
    0,
    items.reduce((sum, [weight]) => sum + weight, 0),
  );
  for (const [weight, item] of items) {
    left -= weight;
    if (left < 0) return item;
  }
  return random.pick(items)[1];
}

/** So many things, each drawn anew. */
export const several = <T>(count: number, draw: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => draw(index));
