import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineConfig } from '../../../src/config/define-config.js';
import { loadConfig, parseConfig } from '../../../src/config/load.js';
import { ConfigFileError } from '../../../src/config/problem.js';

const schedule = { cron: '0 3 * * 1-5' };
const prod = { cluster: 'prod', region: 'eu-central-1', schedule };

function linesOf(err: unknown): readonly string[] {
  if (err instanceof ConfigFileError) return err.lines;
  throw err;
}

describe('a configuration in code', () => {
  test('is returned as it was given', () => {
    const config = { name: 'platform', clusters: [prod] };
    expect(defineConfig(config)).toBe(config);
  });

  test('is refused with everything that is wrong with it, by field and value', () => {
    const wrong = { clusters: [{ ...prod, region: 'Europe', drainLimt: '5m' }] };
    const define = () => defineConfig(wrong);
    expect(define).toThrow(ConfigFileError);
    expect(define).toThrow(
      `defineConfig: clusters[0].region "Europe" is no AWS Region, as 'eu-central-1'.\n` +
        'defineConfig: clusters[0].drainLimt is not known. Did you mean drainLimit?',
    );
  });

  test('is refused where clusters are wrong only beside each other', () => {
    expect(() => defineConfig({ clusters: [prod, prod] })).toThrow(
      'defineConfig: clusters[1] has the name prod, as clusters[0] has. Give it a name of its own by name.',
    );
  });

  test('has types: a compiler refuses what is no setting, and no value of one', () => {
    // @ts-expect-error 'never' is no policy
    expect(() => defineConfig({ clusters: [{ ...prod, afterFailedReboot: 'never' }] })).toThrow('is none of');
    // @ts-expect-error a duration has a unit
    expect(() => defineConfig({ clusters: [{ ...prod, drainLimit: 25 }] })).toThrow('is no duration');
    // @ts-expect-error there is no cluster
    expect(() => defineConfig({ name: 'platform' })).toThrow('clusters is missing');
  });
});

describe('a module in the place of the file', () => {
  let folder = '';
  const at = (name: string): string => join(folder, name);
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(at(name), text);
    return at(name);
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ecs-updater-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each(['config.js', 'config.mjs', 'config.cjs'])('%s says what YAML would', async (name) => {
    const config = { name: 'platform', defaults: { schedule, drainLimit: '40m' }, clusters: [prod] };
    const begin = name.endsWith('.cjs') ? 'module.exports =' : 'export default';
    await write('package.json', '{ "type": "module" }');
    const file = await write(name, `${begin} ${JSON.stringify(config)};`);
    const read = await loadConfig(file, { installation: 'blue' });
    const text = JSON.stringify(config);
    expect(read.clusters).toEqual(parseConfig({ file: 'a.yaml', text }, { installation: 'blue' }).clusters);
    expect({ file: read.file, name: read.name }).toEqual({ file, name: 'platform' });
    expect(read.where(0, 'region')).toBe(`${file}: clusters[0].region`);
  });

  test('is told by its name what is wrong with it, whether it calls defineConfig or not', async () => {
    const wrong = JSON.stringify({ clusters: [{ ...prod, region: 'Europe' }] });
    const complaint = `clusters[0].region "Europe" is no AWS Region, as 'eu-central-1'.`;
    const plain = await write('plain.mjs', `export default ${wrong};`);
    expect(await loadConfig(plain).catch(linesOf)).toEqual([`${plain}: ${complaint}`]);
    const defined = await write(
      'defined.mjs',
      `class ConfigFileError extends Error { name = 'ConfigFileError'; lines = ['defineConfig: ' + ${JSON.stringify(complaint)}]; }
      throw new ConfigFileError();`,
    );
    expect(await loadConfig(defined).catch(linesOf)).toEqual([`${defined}: ${complaint}`]);
  });

  test.each([
    [
      'none.mjs',
      'export const config = {};',
      'has no default export. Write: export default defineConfig({ … })',
    ],
    ['null.mjs', 'export default null;', 'has no default export. Write: export default defineConfig({ … })'],
    ['fails.mjs', `throw new TypeError('no such team\\nat all');`, 'cannot be run: TypeError: no such team.'],
  ])('%s is refused in one line', async (name, text, complaint) => {
    const file = await write(name, text);
    expect(await loadConfig(file).catch(linesOf)).toEqual([`${file} ${complaint}`]);
  });

  test('that is not there is missed as any other file is', async () => {
    const file = at('missing.mjs');
    expect(await loadConfig(file).catch(linesOf)).toEqual([
      `there is no file ${file}. Write one with: ecs-updater init -f ${file}`,
    ]);
  });
});
