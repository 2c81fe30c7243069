import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

describe.each(['reliability', 'security'])('the page on %s', (page) => {
  const text = readFileSync(`docs/${page}.md`, 'utf8');
  const cited = [...text.matchAll(/`([\w/-]+) › ([^`]+)`/g)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));

  test('cites tests', () => {
    expect(cited.length).toBeGreaterThan(10);
  });

  test.each(cited)('cites one that exists: $file › $title', ({ file, title }) => {
    const path = `test/${file}.test.ts`;
    expect(existsSync(path), `${path} exists`).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(title);
  });
});
