import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from '../../support/dockerfile.js';

interface LockFile {
  packages: Record<string, { version: string; optionalDependencies?: Record<string, string> }>;
}

const { packages }: LockFile = JSON.parse(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8'));

/** Where npm looks for a dependency of the package at `path`: in its own folder, then in those above. */
function installed(path: string, name: string): boolean {
  if (`${path}/node_modules/${name}` in packages) return true;
  const above = path.lastIndexOf('/node_modules/');
  return above === -1 ? `node_modules/${name}` in packages : installed(path.slice(0, above), name);
}

// npm leaves out what the registry does not have in that version, and then refuses the lock file: `npm ci` fails.
test('the lock file has the binaries of every platform', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !installed(path, name))
      .map((name) => `${name} of ${path}`),
  );
  expect(missing).toEqual([]);
});
