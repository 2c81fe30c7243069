import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = [
  'src',
  'workflows',
  'activities',
  'bench',
  'chaos',
  'package-lock.json',
  'tsconfig.build.json',
  'scripts/build.js',
];

/** Tests that start our commands as processes use the compiled sources: compile them if something is newer. */
export default function setup(): void {
  const newest = Math.max(...sources.map((source) => newestIn(join(root, source))));
  if (newest > modified(join(root, 'dist', 'workflow-bundle.js'))) {
    try {
      execFileSync(process.execPath, [join(root, 'scripts', 'build.js')], { stdio: 'inherit' });
    } catch {
      console.warn('The build failed: tests that start our commands run what it left behind.');
    }
  }
}

function newestIn(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

const modified = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
