import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from '../../support/dockerfile.js';

const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(projectFolder, 'package.json'), 'utf8'),
);

/** Imports and exports of values, also those that are loaded when they are needed; those of types alone leave no trace. */
const imported = /^(?:import|export)\s+(?!type\s)(?:[^;']*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;

/** `@scope/name`, or `name`, of what is imported. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

// The image has no others: what only stands in devDependencies is there for whoever develops, and missing for whoever runs it.
test('everything that the product loads is among its dependencies', () => {
  const missing = ['src', 'workflows', 'activities'].flatMap((folder) =>
    readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .flatMap((file) =>
        [...readFileSync(join(projectFolder, folder, file), 'utf8').matchAll(imported)]
          .map(([, before, later]) => before ?? later ?? '')
          .filter((specifier) => !/^[.#/]/.test(specifier) && !isBuiltin(specifier))
          .filter((specifier) => !(packageOf(specifier) in dependencies))
          .map((specifier) => `${specifier} of ${join(folder, file)}`),
      ),
  );
  expect(missing).toEqual([]);
});
