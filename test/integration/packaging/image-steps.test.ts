import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { copiesOf, projectFolder, readStages } from '../../support/dockerfile.js';
import type { Copy, Stage } from '../../support/dockerfile.js';

const root = mkdtempSync(join(tmpdir(), 'image-'));
const stages = readStages();
const folderOf = (index: number) => join(root, String(index), 'app');
const image = folderOf(stages.length - 1);

/** What COPY does: of several sources, or into `./`, each under its own name. */
function copy({ from, sources, target }: Copy, into: string): void {
  const origin = (source: string) =>
    from === undefined
      ? join(projectFolder, source)
      : join(root, String(stages.findIndex(({ name }) => name === from)), source);
  for (const source of sources) {
    cpSync(origin(source), join(into, target === './' ? source : target), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
}

/** Carries out a stage, but for what belongs to the operating system of the image. */
function carryOut(stage: Stage, into: string): void {
  mkdirSync(into, { recursive: true });
  const copies = copiesOf(stage);
  for (const { keyword, text } of stage.instructions) {
    const [next] = copies;
    if (keyword === 'COPY' && next !== undefined) {
      copy(next, into);
      copies.shift();
    }
    if (keyword === 'RUN' && text.startsWith('npm ')) {
      execFileSync('/bin/sh', ['-ec', text], { cwd: into, stdio: 'pipe' });
    }
  }
}

const env = {
  ...process.env,
  NODE_ENV: 'production',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  AWS_REGION: 'eu-central-1',
};
const ecsUpdater = (...args: string[]) =>
  execFileSync(process.execPath, ['bin/ecs-updater.js', ...args], { cwd: image, env, encoding: 'utf8' });

const has = (name: string) => existsSync(join(image, 'node_modules', name));

describe('the steps of the Dockerfile, in folders of their own', () => {
  beforeAll(() => {
    for (const [index, stage] of stages.entries()) carryOut(stage, folderOf(index));
  }, 900_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }), 300_000);

  test('leave an image whose command runs', () => {
    expect(ecsUpdater('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(ecsUpdater('--help')).toContain('worker');
  });

  test('leave out what only the development needs', () => {
    expect(has('@temporalio/worker')).toBe(true);
    expect(['typescript', 'vitest', 'oxlint', 'knip', 'fast-check'].filter(has)).toEqual([]);
  });

  test('leave a worker that starts, with nothing but these files, and stops when told to', async () => {
    const args = ['bin/ecs-updater.js', 'worker', '--metrics-port', '0', '--health-port', '0'];
    const worker = spawn(process.execPath, args, { cwd: image, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    worker.stderr.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
    await vi.waitFor(() => expect(log).toContain('Trying again'), 30_000);
    worker.kill('SIGTERM');
    expect(await once(worker, 'exit')).toEqual([0, null]);
  });
});
