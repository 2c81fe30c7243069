import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { workerIsPolling } from '../../../src/temporal/rollouts.js';
import { freePort } from '../../../src/temporal/servers/ports.js';
import { copiesOf, projectFolder, readDockerfile } from '../../support/dockerfile.js';
import type { Copy, Stage } from '../../support/dockerfile.js';
import { eventually } from '../../support/eventually.js';
import { addNamespace } from '../../support/installation.js';

const root = mkdtempSync(join(tmpdir(), 'image-'));
const { stages } = readDockerfile();
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

/** What a builder says of the machine for which it builds. */
const builder = { TARGETARCH: process.arch === 'x64' ? 'amd64' : process.arch };

/** Carries out a stage, but for what belongs to the operating system of the image. */
function carryOut(stage: Stage, into: string): void {
  mkdirSync(into, { recursive: true });
  const copies = copiesOf(stage);
  for (const { keyword, text } of stage.instructions) {
    const [next] = copies;
    if (keyword === 'COPY' && next !== undefined) {
      if (next.from !== 'system') copy(next, into);
      copies.shift();
    }
    if (keyword === 'RUN' && /^(npm|node) /.test(text)) {
      execFileSync('/bin/sh', ['-ec', text], {
        cwd: into,
        stdio: 'pipe',
        env: { ...process.env, ...builder },
      });
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

/** What Node needs to know to forbid every write to a file; what native code does it does not see. */
const withoutWriting = [
  Number(process.versions.node.split('.')[0]) < 24 ? '--experimental-permission' : '--permission',
  '--allow-fs-read=*',
  '--allow-worker',
  '--allow-addons',
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=SecurityWarning',
];

/** Arguments of a Node that runs the image's command so. */
const command = (...args: string[]) => [...withoutWriting, 'bin/ecs-updater.js', ...args];

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

  test('leave out what no command needs: optional packages, and connections for other platforms', () => {
    expect(
      ['@swc/core-linux-x64-gnu', '@swc/core-linux-arm64-gnu', 'node-liblzma', '@mongodb-js/zstd'].filter(
        has,
      ),
    ).toEqual([]);
    const releases = readdirSync(join(image, 'node_modules/@temporalio/core-bridge/releases'));
    expect(releases).toEqual([`${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-unknown-linux-gnu`]);
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

  test('leave a fleet, a worker and commands that work where no file can be written', async ({
    onTestFinished,
  }) => {
    const { address } = inject('devServer');
    const connection = await Connection.connect({ address });
    onTestFinished(() => connection.close());
    const fleet = await freePort();
    const worldly = {
      ...env,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: await addNamespace(connection),
      AWS_ENDPOINT_URL: `http://127.0.0.1:${fleet}`,
      AWS_ACCESS_KEY_ID: 'simulated',
      AWS_SECRET_ACCESS_KEY: 'simulated',
    };
    const start = (...args: string[]) => {
      const child = spawn(process.execPath, command(...args), { cwd: image, env: worldly, stdio: 'ignore' });
      onTestFinished(async () => {
        const exit = once(child, 'exit');
        if (child.kill('SIGTERM')) await exit;
      });
    };
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, command(...args), { cwd: image, env: worldly });
    start(
      'simulate',
      '--port',
      String(fleet),
      '--cluster',
      'prod',
      '--region',
      worldly.AWS_REGION,
      '--instances',
      '3',
    );
    start('worker', '--metrics-port', '0', '--health-port', '0');
    await vi.waitFor(() => fetch(`${worldly.AWS_ENDPOINT_URL}/_sim/state`), 30_000);
    const client = new Client({ connection, namespace: worldly.TEMPORAL_NAMESPACE });
    await eventually('a worker polls', () => workerIsPolling(client));
    await run('schedule', '--cluster', 'prod', '--cron', '0 3 * * *');
    const { stdout } = await run('plan', '--cluster', 'prod');
    expect(stdout).toContain('prod: 3 of 3 instances would be updated.');
    await expect(run('init', '--cluster', 'prod')).rejects.toThrow('Access to this API has been restricted');
  }, 240_000);
});
