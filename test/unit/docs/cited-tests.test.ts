import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** The call of a test or of a group of tests, up to its title; what `each` and the like are given ends where the title begins. */
const call =
  /(?<![.\w])(?:test|plainTest|it|describe)(?:\.\w+)*?(?:\.(?:each|for|skipIf|runIf)(?:<[^]*?>)?\([^]*?\))?\(\s*/;
const literal = /(['"`])((?:\\.|(?!\1)[^\\])*)\1/;

/** Titles of the tests in a file and of their groups, as they stand there; what is in a comment is none. */
const titlesIn = (source: string): string[] =>
  [
    ...source
      .replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '')
      .matchAll(new RegExp(call.source + literal.source, 'g')),
  ].map(([, , title = '']) => title.replaceAll(/\\(.)/g, '$1'));

test('a title is that of a test or of a group, wherever it stands in the call', () => {
  const source = `
    // test('in a comment'
    /** it('in another') */
    const text = 'test of nothing';
    if (/x/.test('matched')) throw new Error('thrown');
    describe('a group', () => {
      test('on one line', () => expect(read('a')('b')).toBe('said'));
      it.concurrent(
        "on another's",
        async () => {},
      );
      test.each([['a (value)', \`other\`]])('of %s', () => {});
      test.for<[name: string, act: () => void]>([
        ['a', () => act('b')],
      ])(
        'far away',
        () => {},
      );
      describe.skipIf(!there)('if it is there', () => {});
      plainTest('by another name', () => {});
    });`;
  expect(titlesIn(source)).toEqual([
    'a group',
    'on one line',
    "on another's",
    'of %s',
    'far away',
    'if it is there',
    'by another name',
  ]);
});

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
    expect(titlesIn(readFileSync(path, 'utf8'))).toContain(title);
  });
});
