import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const page = readFileSync('docs/reliability.md', 'utf8');
const cited = [...page.matchAll(/`([\w/-]+) › ([^`]+)`/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}));

const rows = (letter: string): number[] =>
  [...page.matchAll(new RegExp(`^\\| \\*\\*${letter}(\\d+)\\*\\* `, 'gm'))].map(([, number]) =>
    Number(number),
  );

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

describe('the page on reliability', () => {
  test.each(cited)('cites a test that exists: $file › $title', ({ file, title }) => {
    const path = `test/${file}.test.ts`;
    expect(existsSync(path), `${path} exists`).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(title);
  });

  test('has a row for every fault and every bug', () => {
    expect(rows('F')).toEqual(upTo(29));
    expect(rows('Q')).toEqual(upTo(29));
  });
});
