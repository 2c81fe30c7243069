import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The product's version, as its package.json says. */
export function packageVersion(): string {
  const manifest: unknown = require('#package.json');
  return hasVersion(manifest) ? manifest.version : 'unknown';
}

/** Reads a file of this package, as `deploy/ssm/…`; the same from sources and from `dist`. */
export async function readPackageFile(...path: string[]): Promise<string> {
  return readFile(join(dirname(require.resolve('#package.json')), ...path), 'utf8');
}

const hasVersion = (value: unknown): value is { version: string } =>
  typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'string';
