import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ECSClient, ListServicesCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import type { Command } from 'commander';
import { expect, it, onTestFinished, vi } from 'vitest';
import { CommandError } from '../../../src/cli/shared/errors.js';
import { simulateCommand } from '../../../src/cli/simulate.js';

const run = (...args: string[]): Promise<Command> => {
  const command = simulateCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parseAsync(args, { from: 'user' });
};

it('prints what to export, serves until SIGTERM, then ends', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const ended = run(
    '--port',
    '0',
    '--instances',
    '4',
    '--cluster',
    'prod',
    '--region',
    'us-west-2',
    '--speed',
    '60',
  );
  const printed = await vi.waitFor(
    () => {
      const text = write.mock.calls.map(([chunk]) => String(chunk)).join('');
      expect(text).toContain('AWS_SECRET_ACCESS_KEY');
      return text;
    },
    { timeout: 10_000 },
  );
  write.mockRestore();
  const [, url = ''] = /^export AWS_ENDPOINT_URL=(http:\/\/127\.0\.0\.1:\d+)$/m.exec(printed) ?? [];
  expect(printed).toMatch(/^export AWS_REGION=us-west-2$/m);
  expect(printed).toMatch(/^export AWS_ACCESS_KEY_ID=\w+$/m);
  const state = await fetch(`${url}/_sim/state`);
  expect(await state.json()).toMatchObject({
    speed: 60,
    clusters: [{ name: 'prod', instances: [{}, {}, {}, {}] }],
  });
  process.emit('SIGTERM', 'SIGTERM');
  await ended;
  await expect(fetch(`${url}/_sim/state`)).rejects.toThrow('fetch failed');
});

it.each([
  ['--instances', '0'],
  ['--speed', '-1'],
  ['--port', '70000'],
  ['--seed', 'x'],
  ['--instances', '3', '--scenario', 'x.yaml'],
])('refuses %s %s', async (...args) => {
  await expect(run(...args)).rejects.toMatchObject({ name: 'CommanderError' });
});

it('refuses a scenario that it cannot read, or build, as wrong usage', async () => {
  await expect(run('--scenario', '/nowhere/fleet.yaml')).rejects.toMatchObject({
    name: 'CommandError',
    exitCode: 2,
  });
  await expect(run('--cluster', 'no good')).rejects.toThrow(CommandError);
});

it('serves under a policy, for those who are named', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const policy = fileURLToPath(new URL('../../../deploy/iam-policy.json', import.meta.url));
  const ended = run('--port', '0', '--policy', policy, '--policy-for', 'AKIAWORKER');
  const url = await vi.waitFor(
    () => {
      const text = write.mock.calls.map(([chunk]) => String(chunk)).join('');
      const [, found] = /^export AWS_ENDPOINT_URL=(.*)$/m.exec(text) ?? [];
      expect(found).toBeDefined();
      return found ?? '';
    },
    { timeout: 10_000 },
  );
  write.mockRestore();
  const refusedTo = async (accessKeyId: string): Promise<unknown> => {
    const credentials = { accessKeyId, secretAccessKey: 'none' };
    const ecs = new ECSClient({ endpoint: url, region: 'eu-central-1', credentials, maxAttempts: 1 });
    const clusters = { cluster: 'demo' };
    await ecs.send(new ListTasksCommand(clusters));
    try {
      return await ecs.send(new ListServicesCommand(clusters)).then(
        () => false,
        (error: unknown) => error instanceof Error && error.name === 'AccessDeniedException',
      );
    } finally {
      ecs.destroy();
    }
  };
  expect(await refusedTo('AKIAWORKER')).toBe(true);
  expect(await refusedTo('AKIAOTHER')).toBe(false);
  process.emit('SIGTERM', 'SIGTERM');
  await ended;
});

it('refuses a policy that it cannot enforce, as wrong usage', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ecs-updater-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'policy.json');
  await writeFile(
    file,
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]}',
  );
  await expect(run('--policy', file)).rejects.toMatchObject({
    name: 'CommandError',
    exitCode: 2,
    message: `${file}: Statement[0]: Principal is nothing that the simulator understands`,
  });
  await expect(run('--policy', '/nowhere/policy.json')).rejects.toMatchObject({
    name: 'CommandError',
    exitCode: 2,
  });
  await expect(run('--policy-for', 'AKIAWORKER')).rejects.toMatchObject({
    name: 'CommandError',
    exitCode: 2,
  });
});
