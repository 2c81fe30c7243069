import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allOf, copiesOf, projectFolder, readStages } from '../../support/dockerfile.js';

interface Manifest {
  scripts: Record<string, string>;
  bin: Record<string, string>;
}

const manifest: Manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'));
const stages = readStages();
const final = stages.at(-1);
if (final === undefined) throw new Error('the Dockerfile has no stage');

const kept = readFileSync(join(projectFolder, '.dockerignore'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

const fromContext = stages.flatMap(copiesOf).filter(({ from }) => from === undefined);

/** git does not keep it: it would be missing in a clone. */
const isEmptyFolder = (path: string): boolean =>
  statSync(path).isDirectory() && readdirSync(path).length === 0;

describe('the image', () => {
  test('is built on the slim image of Node 24 throughout', () => {
    expect(stages.map(({ image }) => image)).toEqual(stages.map(() => 'node:24-slim'));
  });

  test.each(fromContext.flatMap(({ sources }) => sources))(
    'copies %s, which is there and not ignored',
    (source) => {
      const path = join(projectFolder, source);
      expect(existsSync(path)).toBe(true);
      expect(isEmptyFolder(path)).toBe(false);
      expect(kept).toContain(source);
    },
  );

  test('copies everything that it lets into its context', () => {
    const copied = new Set(fromContext.flatMap(({ sources }) => sources));
    expect(kept.filter((path) => !copied.has(path))).toEqual([]);
  });

  test('copies only from stages that exist', () => {
    const names = new Set([undefined, ...stages.map(({ name }) => name)]);
    expect(stages.flatMap(copiesOf).filter(({ from }) => !names.has(from))).toEqual([]);
  });

  test('runs only npm scripts that exist', () => {
    const scripts = stages
      .flatMap((stage) => allOf(stage, 'RUN'))
      .flatMap((run) => [...run.matchAll(/npm run (\S+)/g)].map(([, script]) => script));
    expect(scripts).toEqual(['build']);
    for (const script of scripts) expect(manifest.scripts).toHaveProperty(script ?? '');
  });

  test('has production dependencies only', () => {
    const [{ from } = { from: undefined }] = copiesOf(final).filter(
      ({ target }) => target === 'node_modules',
    );
    const dependencies = stages.find(({ name }) => name === from);
    if (dependencies === undefined) throw new Error('no stage for node_modules');
    expect(allOf(dependencies, 'RUN')).toEqual(['npm ci --omit=dev --ignore-scripts']);
  });

  test('runs the command of the package as a user without rights', () => {
    expect(allOf(final, 'USER')).toEqual(['node']);
    const [command = ''] = Object.keys(manifest.bin);
    expect(allOf(final, 'ENTRYPOINT')).toEqual([JSON.stringify([command])]);
    expect(allOf(final, 'RUN')).toContain(`ln -s /app/${manifest.bin[command]} /usr/local/bin/${command}`);
    expect(allOf(final, 'CMD')).toEqual(['["worker"]']);
  });

  test('has the root certificates that the native connection needs', () => {
    expect(allOf(final, 'RUN').join('\n')).toContain('ca-certificates');
  });

  test("shows the worker's ports and asks its health", () => {
    expect(allOf(final, 'EXPOSE')).toEqual(['9464 8080']);
    const [health = ''] = allOf(final, 'HEALTHCHECK');
    expect(health).toMatch(/^--interval=.* CMD \["node", "-e", ".*"\]$/);
    expect(health).toContain('ECS_UPDATER_HEALTH_PORT || 8080}/livez');
  });
});
