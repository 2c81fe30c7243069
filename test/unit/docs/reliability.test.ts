import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const page = readFileSync('docs/reliability.md', 'utf8');

const rows = (letter: string): number[] =>
  [...page.matchAll(new RegExp(`^\\| \\*\\*${letter}(\\d+)\\*\\* `, 'gm'))].map(([, number]) =>
    Number(number),
  );

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

describe('the page on reliability', () => {
  test('has a row for every fault and every bug', () => {
    expect(rows('F')).toEqual(upTo(29));
    expect(rows('Q')).toEqual(upTo(29));
  });
});
