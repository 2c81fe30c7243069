import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Reads a file of this package, as `deploy/ssm/…`; the same from sources and from `dist`. */
export async function readPackageFile(...path: string[]): Promise<string> {
  const root = dirname(createRequire(import.meta.url).resolve('#package.json'));
  return readFile(join(root, ...path), 'utf8');
}
