import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { clusterWorkflowId, taskQueue } from '../../../src/model/names.js';
import { keyIdOf } from '../../../src/temporal/encryption/codec.js';
import { keyLine } from '../../../src/temporal/encryption/key-ring.js';
import { workerIsPolling } from '../../../src/temporal/rollouts.js';
import { projectFolder } from '../../support/dockerfile.js';
import { eventually } from '../../support/eventually.js';
import { addNamespace } from '../../support/installation.js';
import { type Ended, runIn, serve } from '../../support/processes.js';

const root = mkdtempSync(join(tmpdir(), 'package-'));
const folder = join(root, 'empty');

const manifest: { name: string; version: string } = JSON.parse(
  readFileSync(join(projectFolder, 'package.json'), 'utf8'),
);

const packed = z.tuple([
  z.object({ filename: z.string(), size: z.number(), files: z.array(z.object({ path: z.string() })) }),
]);
let paths: string[] = [];
let size = 0;

/** Runs a command where it must end well. */
async function run(
  place: string,
  file: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const ended = await runIn(place, file, args, env);
  if (ended.code !== 0)
    throw new Error(`${file} ${args.join(' ')} ended with ${ended.code}: ${ended.stdout}${ended.stderr}`);
  return ended;
}

const ecsUpdater = (args: string[], env?: Record<string, string>): Promise<Ended> =>
  runIn(folder, 'npx', ['ecs-updater', ...args], env);

beforeAll(async () => {
  mkdirSync(folder);
  // The suite has built it already; `npm pack` alone would build it anew.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', root];
  const { stdout } = await run(projectFolder, 'npm', pack);
  const [{ filename, files, size: bytes }] = packed.parse(JSON.parse(stdout));
  paths = files.map(({ path }) => path);
  size = bytes;
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', join(root, filename)];
  await run(folder, 'npm', install);
}, 900_000);
afterAll(() => rmSync(root, { recursive: true, force: true }), 300_000);

describe('the package', () => {
  test('holds what runs and what is read, and nothing that only its development needs', () => {
    const others = paths.filter(
      (path) => !/^(bin|deploy|dist\/(src|workflows|activities)|docs)\//.test(path),
    );
    expect(others.toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'THIRD-PARTY-NOTICES.txt',
      'dist/workflow-bundle.encoding.js',
      'dist/workflow-bundle.js',
      'dist/workflow-bundle.traced.encoding.js',
      'dist/workflow-bundle.traced.js',
      'package.json',
    ]);
    expect(paths.filter((path) => /\.map$|\.test\.|\.tsx?$/.test(path) && !path.endsWith('.d.ts'))).toEqual(
      [],
    );
  });

  test('is small', () => {
    expect(size).toBeLessThan(2_200_000);
  });

  test('does not tell where it was built', () => {
    const telling = paths.filter((path) =>
      readFileSync(join(projectFolder, path), 'utf8').includes(projectFolder),
    );
    expect(telling).toEqual([]);
  });

  test('is installed as it is, without a build', () => {
    const installed = join(folder, 'node_modules', manifest.name);
    expect(existsSync(join(installed, 'dist', 'workflow-bundle.js'))).toBe(true);
    expect(existsSync(join(folder, 'node_modules', 'typescript'))).toBe(false);
  });
});

describe('npx ecs-updater in an empty folder', () => {
  test('says its version and its commands', async () => {
    expect(await ecsUpdater(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    const { stdout } = await ecsUpdater(['--help']);
    expect(stdout).toContain('worker');
    expect(stdout).toContain('demo');
  });

  test('writes a configuration that it finds right', async () => {
    const init = ['init', '--cluster', 'prod', '--region', 'eu-central-1', '--name', 'platform'];
    expect(await ecsUpdater(init)).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(folder, 'ecs-updater.schema.json'))).toBe(true);
    expect(await ecsUpdater(['validate'])).toEqual({
      code: 0,
      stdout: 'ecs-updater.yaml: nothing is wrong; 1 cluster: prod\n',
      stderr: '',
    });
  });

  test('runs the demo to its end', async () => {
    const { code, stdout, stderr } = await ecsUpdater(['demo']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      'Every instance ended as its case should, and the audit of the fleet found no violation.',
    );
  }, 600_000);
});

/** A namespace of its own and a fleet, with the Schedule of a rollout that leaves every instance out. */
async function startWorld(more: Record<string, string> = {}) {
  const { address } = inject('devServer');
  const connection = await Connection.connect({ address });
  const namespace = await addNamespace(connection);
  const fleet = await serve(['simulate', '--port', '0', '--cluster', 'prod', '--instances', '2'], {});
  onTestFinished(async () => {
    await connection.close();
    await fleet.close();
  });
  const environment = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    AWS_ENDPOINT_URL: new URL(fleet.url).origin,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
    ...more,
  };
  const exclude = ['--exclude', 'attribute:bottlerocket.variant exists'];
  await run(
    folder,
    'npx',
    ['ecs-updater', 'schedule', '--cluster', 'prod', '--cron', '0 3 * * *', ...exclude],
    environment,
  );
  return { environment, client: new Client({ connection, namespace }) };
}

/** Starts a worker of the examples; it has to end well, once it is told to end. */
async function start(
  name: string,
  env: Record<string, string>,
  client: Client,
): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [join('out', name)], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  const exit = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));
  await eventually('a worker polls', () => workerIsPolling(client));
  return async () => {
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  };
}

const keys = keyLine({ id: 'ours', kind: 'aes256', material: randomBytes(32) });

/** The examples of docs/library.md, by the file names that stand beside their language. */
const examples = [
  ...readFileSync(join(projectFolder, 'docs', 'library.md'), 'utf8').matchAll(
    /^```[jt]s (\S+)\n(.*?)^```$/gms,
  ),
];

describe('the examples of docs/library.md', () => {
  beforeAll(async () => {
    for (const [, name = '', text = ''] of examples) writeFileSync(join(folder, name), text);
    await run(folder, 'npm', ['pkg', 'set', 'type=module']);
    const compilerOptions = {
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      rootDir: '.',
      outDir: 'out',
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const compiler = join(projectFolder, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await runIn(folder, process.execPath, [compiler]);
    // Declarations are checked, too; those of others have errors of their own.
    const ours = stdout.split('\n').filter((line) => /^(?!node_modules\/(?!ecs-updater\/))\S/.test(line));
    if (ours.length > 0) throw new Error(ours.join('\n'));
  }, 180_000);

  test('are a worker that carries out a rollout, and a program that reads its report, also where all is encrypted', async () => {
    const { environment, client } = await startWorld({ ECS_UPDATER_ENCRYPTION_KEYS: keys });
    const end = await start('worker.js', environment, client);
    await run(folder, 'npx', ['ecs-updater', 'run', '--cluster', 'prod'], environment);
    const { stdout } = await run(folder, process.execPath, [join('out', 'report.js')], environment);
    const line = /^i-\w+ skipped: the settings leave it out \(include, exclude\)\.$/gm;
    expect(stdout.match(line)).toHaveLength(2);
    await end();
    const { events } = await client.workflow.getHandle(clusterWorkflowId('prod')).fetchHistory();
    const started = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    expect(started.map(keyIdOf)).toEqual(['ours']);
  }, 180_000);

  test('are a worker with workflows of its own beside ours', async () => {
    const { environment, client } = await startWorld();
    const end = await start('own-worker.js', environment, client);
    const greeting = client.workflow.execute('greet', { taskQueue, workflowId: 'greeting', args: ['Kim'] });
    await expect(greeting).resolves.toBe('Hello, Kim');
    const { stdout } = await run(folder, 'npx', ['ecs-updater', 'plan', '--cluster', 'prod'], environment);
    expect(stdout).toContain('prod: 0 of 2 instances would be updated.');
    await end();
  }, 180_000);

  test('are a module that can stand in the place of the configuration file', async () => {
    expect(await ecsUpdater(['validate', '-f', 'ecs-updater.config.mjs'])).toEqual({
      code: 0,
      stdout: 'ecs-updater.config.mjs: nothing is wrong; 2 clusters: prod-eu-central-1, prod-eu-west-1\n',
      stderr: '',
    });
  });
});

describe('a module in the place of the configuration file', () => {
  test('is told in one line what is wrong with it', async () => {
    writeFileSync(
      join(folder, 'wrong.mjs'),
      `import { defineConfig } from 'ecs-updater';\nexport default defineConfig({ clusters: [] });\n`,
    );
    writeFileSync(join(folder, 'slip.mjs'), 'export default {');
    expect(await ecsUpdater(['validate', '-f', 'wrong.mjs'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'ecs-updater: wrong.mjs: clusters is empty.\n',
    });
    expect(await ecsUpdater(['validate', '-f', 'slip.mjs'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'ecs-updater: slip.mjs cannot be run: SyntaxError: Unexpected end of input.\n',
    });
  });
});
