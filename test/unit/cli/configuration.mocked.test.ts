import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../../src/cli/main.js';
import { exitCodes } from '../../../src/cli/shared/errors.js';
import { loadConfig } from '../../../src/config/load.js';

/** What is answered to each question, one after the other; without any more, it is cancelled. */
const answers = new Map<string, string[]>();
/** What was found wrong with answers. */
const faults: string[] = [];
const cancelled = Symbol('cancelled');

vi.mock('@clack/prompts', () => ({
  isCancel: (answer: unknown) => answer === cancelled,
  text: async ({
    message,
    validate,
  }: {
    message: string;
    validate: (answer: string) => string | undefined;
  }) => {
    for (const answer of answers.get(message) ?? []) {
      const fault = validate(answer);
      if (fault === undefined) return answer;
      faults.push(fault);
    }
    return cancelled;
  },
}));

let folder = '';
let stdout = '';
let stderr = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ecs-updater-'));
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  vi.stubEnv('AWS_REGION', '');
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const ecsUpdater = (...args: string[]): Promise<number> => run(['node', 'ecs-updater', ...args]);
const file = (name = 'ecs-updater.yaml'): string => join(folder, name);

describe('validate', () => {
  test('says that a file is right, and which clusters it has', async () => {
    await writeFile(
      file(),
      'defaults: {region: eu-central-1, schedule: {cron: 0 3 * * *}}\nclusters: [{cluster: a}, {cluster: b, name: c}]\n',
    );
    await expect(ecsUpdater('validate', '-f', file())).resolves.toBe(exitCodes.ok);
    expect(stdout).toBe(`${file()}: nothing is wrong; 2 clusters: a, c\n`);
  });

  test('says everything that is wrong, a line each', async () => {
    await writeFile(file(), 'clusters:\n  - cluster: a\n    region: Europe\n    drainLimt: 5m\n');
    await expect(ecsUpdater('validate', '--file', file())).resolves.toBe(exitCodes.usage);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `ecs-updater: ${file()}:3:13: clusters[0].region "Europe" is no AWS Region, as 'eu-central-1'.\n` +
        `ecs-updater: ${file()}:4:5: clusters[0].drainLimt is not known. Did you mean drainLimit?\n`,
    );
  });

  test('without a file says how to write one', async () => {
    await expect(ecsUpdater('validate', '-f', file())).resolves.toBe(exitCodes.usage);
    expect(stderr).toBe(
      `ecs-updater: there is no file ${file()}. Write one with: ecs-updater init -f ${file()}\n`,
    );
  });
});

describe('init', () => {
  const given = ['--cluster', 'prod', 'staging', '--region', 'eu-central-1', '--name', 'platform'];

  test('writes a file that is right, and the schema beside it', async () => {
    await expect(ecsUpdater('init', '-f', file(), ...given, '--time-zone', 'Europe/Berlin')).resolves.toBe(0);
    expect(stdout).toBe(
      `${file()} written, and beside it ecs-updater.schema.json, by which editors know its fields. Change what you like and check it with: ecs-updater validate -f ${file()}. Then see what it would do with: ecs-updater apply --dry-run -f ${file()}\n`,
    );
    expect(await loadConfig(file())).toMatchObject({
      name: 'platform',
      clusters: [
        { name: 'prod', schedule: { cron: ['0 3 * * 1-5'], timeZone: 'Europe/Berlin' } },
        { name: 'staging' },
      ],
    });
    const schema: unknown = JSON.parse(await readFile(file('ecs-updater.schema.json'), 'utf8'));
    expect(schema).toMatchObject({ title: 'ecs-updater.yaml' });
  });

  test('overwrites nothing without --force', async () => {
    await writeFile(file(), 'ours');
    await expect(ecsUpdater('init', '-f', file(), ...given)).resolves.toBe(exitCodes.usage);
    expect(stderr).toBe(`ecs-updater: ${file()} is there already. Overwrite it with --force.\n`);
    await expect(readFile(file(), 'utf8')).resolves.toBe('ours');
    await expect(readFile(file('ecs-updater.schema.json'))).rejects.toThrow('ENOENT');
    await expect(ecsUpdater('init', '-f', file(), ...given, '--force')).resolves.toBe(exitCodes.ok);
    await expect(loadConfig(file())).resolves.toMatchObject({ name: 'platform' });
  });

  test('takes the Region from an ARN', async () => {
    const arn = 'arn:aws:ecs:eu-west-1:123456789012:cluster/prod';
    await expect(ecsUpdater('init', '-f', file(), '--cluster', arn)).resolves.toBe(exitCodes.ok);
    await expect(loadConfig(file())).resolves.toMatchObject({ clusters: [{ region: 'eu-west-1' }] });
  });

  describe('on a terminal', () => {
    beforeEach(() => {
      Object.defineProperty(process.stdin, 'isTTY', { value: true, configurable: true });
      Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true });
    });
    afterEach(() => {
      Reflect.deleteProperty(process.stdin, 'isTTY');
      Reflect.deleteProperty(process.stdout, 'isTTY');
      answers.clear();
    });

    test('asks for what is not given, until it is right', async () => {
      answers.set('ECS cluster, by name or ARN', ['a b', 'prod']);
      answers.set('AWS Region', ['eu-central-1']);
      answers.set('When rollouts start, as a cron expression', ['often', '0 4 * * *']);
      answers.set('Name of the file, by which apply knows what is its own', ['platform']);
      await expect(ecsUpdater('init', '-f', file(), '--time-zone', 'Europe/Berlin')).resolves.toBe(
        exitCodes.ok,
      );
      expect(await loadConfig(file())).toMatchObject({
        name: 'platform',
        clusters: [{ name: 'prod', schedule: { cron: ['0 4 * * *'], timeZone: 'Europe/Berlin' } }],
      });
      expect(faults).toEqual([
        'it is neither the name of an ECS cluster nor its ARN',
        "it is no cron expression of five fields, as '0 3 * * 1-5'",
      ]);
    });

    test('writes nothing once a question was cancelled', async () => {
      await expect(ecsUpdater('init', '-f', file())).resolves.toBe(exitCodes.failed);
      expect(stderr).toBe('ecs-updater: cancelled; nothing was changed.\n');
      await expect(readFile(file())).rejects.toThrow('ENOENT');
    });
  });

  test.each([
    [[], 'give --cluster, or run init on a terminal, where it asks.'],
    [['--cluster', 'prod'], 'give --region, or run init on a terminal, where it asks.'],
    [['--cluster', 'a b'], '--cluster "a b" is neither the name of an ECS cluster nor its ARN.'],
    [[...given, '--region', 'Europe'], `--region "Europe" is no AWS Region, as 'eu-central-1'.`],
    [[...given, '--cron', 'noon'], `--cron "noon" is no cron expression of five fields, as '0 3 * * 1-5'.`],
    [[...given, '--time-zone', 'Berlin'], `--time-zone "Berlin" is no IANA time zone, as 'Europe/Berlin'.`],
    [[...given, '-f', 'a.json'], '--file "a.json" does not end in .yaml, which init writes.'],
    [[...given, '-f', '/nonexistent/a.yaml'], 'there is no folder /nonexistent for /nonexistent/a.yaml.'],
  ])('with %j is refused where nobody can be asked, and writes nothing', async (flags, message) => {
    await expect(ecsUpdater('init', '-f', file(), ...flags)).resolves.toBe(exitCodes.usage);
    expect(stderr).toBe(`ecs-updater: ${message}\n`);
    await expect(readFile(file())).rejects.toThrow('ENOENT');
  });
});
