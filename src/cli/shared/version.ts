import { createRequire } from 'node:module';

/** The product's version, as its package.json says. */
export function version(): string {
  const manifest: unknown = createRequire(import.meta.url)('#package.json');
  return hasVersion(manifest) ? manifest.version : 'unknown';
}

const hasVersion = (value: unknown): value is { version: string } =>
  typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'string';
