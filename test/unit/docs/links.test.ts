import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const pages = ['README.md', 'CHANGELOG.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);

/** The anchor that a heading has (GitHub: small letters, without punctuation, blanks as dashes). */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```/gms, '');

const anchorsOf = (page: string): string[] =>
  [...withoutCode(readFileSync(page, 'utf8')).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    anchorOf(heading.replaceAll(/`|\[([^\]]*)\]\([^)]*\)/g, '$1')),
  );

const links = pages.flatMap((page) =>
  [
    ...withoutCode(readFileSync(page, 'utf8')).matchAll(
      /\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)/g,
    ),
  ].map(([, path = '', anchor]) => ({ page, path, anchor })),
);

test('the pages have links', () => {
  expect(links.length).toBeGreaterThan(50);
});

test.each(links)('$page leads to $path, $anchor', ({ page, path, anchor }) => {
  const target = path === '' ? page : join(dirname(page), path);
  expect(existsSync(target), `${target} exists`).toBe(true);
  const anchors = anchor === undefined ? [undefined] : anchorsOf(target);
  expect(anchors).toContain(anchor);
});
