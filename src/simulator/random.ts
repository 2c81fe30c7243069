import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Random } from './kernel.js';

/** Seeded chance that can give each part of the world a stream of its own. */
export interface SeededRandom extends Random {
  /** An independent stream, always the same for this seed and label, whatever was drawn here before. */
  fork(label: string): SeededRandom;
  /** `length` random digits of `alphabet` (default hexadecimal), for ids. */
  token(length: number, alphabet?: string): string;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value | 0;
}

/** A source of chance; the same seed gives the same draws. */
export function createRandom(seed: number): SeededRandom {
  const generator = xoroshiro128plus(seed);
  const unit = (): number => uniformFloat64(generator);
  const pick = <T>(items: readonly T[]): T => {
    const index = Math.min(items.length - 1, Math.floor(unit() * items.length));
    for (const item of items.slice(index, index + 1)) return item;
    throw new RangeError('cannot pick from nothing');
  };
  return {
    between: (min, max) => min + unit() * (max - min),
    chance: (probability) => unit() < probability,
    pick,
    fork: (label) => createRandom(hash(`${seed}/${label}`)),
    token(length, alphabet = '0123456789abcdef') {
      let text = '';
      for (let index = 0; index < length; index++) text += alphabet[Math.floor(unit() * alphabet.length)];
      return text;
    },
  };
}
