import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { howToRegister } from '../../../src/cli/apply/carry-out.js';
import { program } from '../../../src/cli/main.js';
import { searchAttributeKeys } from '../../../src/temporal/search-attributes.js';

const page = readFileSync('docs/temporal.md', 'utf8');
const sources = readdirSync('src/temporal', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join('src/temporal', file), 'utf8'))
  .join('\n');

const variablesIn = (text: string): string[] =>
  [...new Set([...text.matchAll(/\bECS_UPDATER_[A-Z_]+\b/g)].map(([name]) => name))].toSorted();

describe('the page on Temporal', () => {
  test('names our variables of Temporal, and no others', () => {
    expect(variablesIn(page)).toEqual(variablesIn(sources));
  });

  test('has the lines that apply prints for the search attributes', () => {
    const names = searchAttributeKeys.map(({ name }) => name);
    const said = [howToRegister(names, 'prod.a1b2c'), howToRegister(names, 'prod')].join('\n');
    const lines = page.split('\n').filter((line) => /^ +.*search-attributes? (?:add|create)/.test(line));
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(said).toContain(line.trim());
  });

  test('shows commands and flags that are there', async () => {
    const { commands } = await program();
    const there = commands.flatMap((one) => [
      one.name(),
      ...one.options.map(({ long }) => `${one.name()} ${long}`),
    ]);
    const shown = [...page.matchAll(/^ +ecs-updater ([a-z-]+)(.*)$/gm)].flatMap(
      ([, name = '', flags = '']) => [
        name,
        ...[...flags.matchAll(/--[a-z-]+/g)].map(([flag]) => `${name} ${flag}`),
      ],
    );
    expect(shown).toContain('encryption-key --file');
    expect(there).toEqual(expect.arrayContaining(shown));
  });
});
