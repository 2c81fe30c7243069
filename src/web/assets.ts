import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const own = (name: string): string => fileURLToPath(new URL(`assets/${name}`, import.meta.url));

const script = 'text/javascript; charset=utf-8';
const style = 'text/css; charset=utf-8';

/** Everything that pages load, by the name in its address; no other file can be asked for. */
const files: Readonly<Record<string, { path: () => string; type: string }>> = {
  'look.css': { path: () => own('look.css'), type: style },
  'dashboard.css': { path: () => own('dashboard.css'), type: style },
  'dashboard.js': { path: () => own('dashboard.js'), type: script },
  'idiomorph.js': { path: () => require.resolve('idiomorph/dist/idiomorph.esm.js'), type: script },
  'icon.svg': { path: () => own('icon.svg'), type: 'image/svg+xml' },
};

/** A file that pages load; null: there is none of this name. */
export async function asset(name: string): Promise<{ text: string; type: string } | null> {
  const file = Object.hasOwn(files, name) ? files[name] : undefined;
  return file ? { text: await readFile(file.path(), 'utf8'), type: file.type } : null;
}
