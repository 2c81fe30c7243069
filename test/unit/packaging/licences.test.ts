import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectFolder } from '../../support/dockerfile.js';

const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');

interface Locked {
  version: string;
  license?: string;
  dev?: true;
  devOptional?: true;
  optional?: true;
}

const { packages }: { packages: Record<string, Locked> } = JSON.parse(read('package-lock.json'));
const production = Object.entries(packages).filter(
  ([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional,
);

/** Permissive ones, and CC-BY-4.0 for a package of data. Whoever adds one here has read it. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

/** Of an SPDX expression without nested parentheses. */
const isAllowed = (expression: string): boolean =>
  expression
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((license) => allowed.has(license)));

const exceptions: Record<string, string> = {
  // Its package.json names none; its LICENSE is the Unlicense.
  'node_modules/unionfs': 'none',
  // Optional, for archives of a kind that no script of ours opens: the image leaves it out, and it may be left out everywhere.
  'node_modules/node-liblzma': 'LGPL-3.0',
};

describe('the licences of what the product runs with', () => {
  test('are permissive, but for those that are named here', () => {
    const others = production
      .map(([path, { license = 'none' }]): [string, string] => [path, license])
      .filter(([, license]) => !isAllowed(license));
    expect(Object.fromEntries(others)).toEqual(exceptions);
  });

  test('hold where an exception was made', () => {
    expect(read('node_modules/unionfs/LICENSE')).toMatch(/^This is free and unencumbered software/);
    expect(packages['node_modules/node-liblzma']?.optional).toBe(true);
  });

  test('stand with their texts in THIRD-PARTY-NOTICES.txt, as `npm run notices` writes it', () => {
    const script = join(projectFolder, 'scripts', 'third-party-notices.js');
    const written = execFileSync(process.execPath, [script], { encoding: 'utf8' });
    expect(read('THIRD-PARTY-NOTICES.txt')).toBe(written);
    const lines = new Set(written.split('\n'));
    const missing = production.filter(([path, { version, license = 'see the text' }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return !lines.has(`${name} ${version} (${license})`);
    });
    expect(missing).toEqual([]);
  });
});

test('the licence of the product itself is the one that package.json names', () => {
  const { license }: { license: string } = JSON.parse(read('package.json'));
  expect(license).toBe('Apache-2.0');
  expect(read('LICENSE')).toMatch(/^\s*Apache License\s+Version 2\.0, January 2004\s/);
  expect(read('LICENSE')).toContain('END OF TERMS AND CONDITIONS');
});
