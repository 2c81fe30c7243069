import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigFileError } from './problem.js';
import type { ReadFile } from './yaml-file.js';

/** Files that are run, and export what they say; everything else is read as YAML or JSON. */
export const isModuleFile = (file: string): boolean => /\.[cm]?[jt]s$/.test(file);

/** What a program has made, as a file that was read: it has fields, but no lines. */
export const madeByProgram = (name: string, data: unknown): ReadFile => ({
  data,
  offsetOf: () => 0,
  place: () => name,
});

/**
 * Runs a module, and takes its default export for the configuration. Throws {@link ConfigFileError} where it cannot be run, or has none.
 * TypeScript is understood where Node does (22.18, or 23.6 and later: Node's documentation, Modules: TypeScript).
 */
export async function readModule(file: string): Promise<ReadFile> {
  return madeByProgram(file, await defaultExport(file));
}

async function defaultExport(file: string): Promise<unknown> {
  let module: unknown;
  try {
    module = await import(pathToFileURL(resolve(file)).href);
  } catch (err) {
    throw unusable(file, err);
  }
  const found = typeof module === 'object' && module !== null && 'default' in module ? module.default : null;
  if (found !== null && found !== undefined) return found;
  throw new ConfigFileError([`${file} has no default export. Write: export default defineConfig({ … })`]);
}

function unusable(file: string, err: unknown): ConfigFileError {
  // `defineConfig` may be that of another copy of this package.
  if (err instanceof Error && err.name === 'ConfigFileError' && 'lines' in err && Array.isArray(err.lines)) {
    const lines = err.lines.map((line) => String(line).replace(definedInCode, file));
    return new ConfigFileError(lines);
  }
  if (err instanceof Error && 'code' in err && err.code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return new ConfigFileError([
      `${file} is TypeScript, which Node ${process.versions.node} does not run. Use Node 22.18 or later, or write it as .mjs.`,
    ]);
  }
  const fact = err instanceof Error ? `${err.name}: ${err.message}` : String(err);
  return new ConfigFileError([`${file} cannot be run: ${fact.replace(/\.?(\n.*)?$/s, '')}.`]);
}

/** What `defineConfig` calls the configuration: it does not know in which file it is called. */
export const definedInCode = 'defineConfig';
