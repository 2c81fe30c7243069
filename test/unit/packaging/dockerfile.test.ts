import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allOf, copiesOf, projectFolder, readDockerfile } from '../../support/dockerfile.js';

interface Manifest {
  license: string;
  scripts: Record<string, string>;
  bin: Record<string, string>;
}

const manifest: Manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'));
const { args, stages } = readDockerfile();
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
  test('is built on the slim image of Node 24 throughout, or on what an argument names', () => {
    expect(args).toEqual({ NODE_IMAGE: 'node:24-slim', RUNTIME_IMAGE: '${NODE_IMAGE}' });
    const made = stages.slice(0, -1);
    expect(made.map(({ image }) => image)).toEqual(made.map(() => '${NODE_IMAGE}'));
    expect(final.image).toBe('${RUNTIME_IMAGE}');
  });

  test("is put together without running anything of the image's own architecture", () => {
    const made = stages.slice(0, -1);
    expect(made.map(({ platform }) => platform)).toEqual(made.map(() => '${BUILDPLATFORM}'));
    expect(final.platform).toBeUndefined();
    expect(allOf(final, 'RUN')).toEqual([]);
  });

  test('needs no shell: every command of it is a list of words', () => {
    const words = /^\["node", .*\]$/;
    expect(allOf(final, 'ENTRYPOINT').join()).toMatch(words);
    expect(allOf(final, 'HEALTHCHECK').join()).toMatch(/ CMD \["node", .*\]$/);
  });

  test('says what it is', () => {
    const labels = allOf(final, 'LABEL').join(' ');
    expect(labels).toContain('org.opencontainers.image.title="ecs-updater"');
    expect(labels).toContain(`org.opencontainers.image.licenses="${manifest.license}"`);
    const filled = [...labels.matchAll(/"\$\{(\w+)\}"/g)].map(([, name]) => name);
    expect(allOf(final, 'ARG').map((text) => text.split('=')[0])).toEqual(filled);
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

  test('has the licences of what is in it', () => {
    expect(copiesOf(final).flatMap(({ sources }) => sources)).toEqual(
      expect.arrayContaining(['LICENSE', 'THIRD-PARTY-NOTICES.txt']),
    );
  });

  test('has production dependencies only', () => {
    const [{ from } = { from: undefined }] = copiesOf(final).filter(
      ({ target }) => target === 'node_modules',
    );
    const dependencies = stages.find(({ name }) => name === from);
    if (dependencies === undefined) throw new Error('no stage for node_modules');
    expect(allOf(dependencies, 'RUN')).toEqual([
      'npm ci --omit=dev --omit=optional --ignore-scripts',
      'node scripts/keep-one-platform.js ${TARGETARCH}',
    ]);
    // A default would stand before what the builder says.
    expect(allOf(dependencies, 'ARG')).toEqual(['TARGETARCH']);
  });

  test('runs the command of the package as a user without rights', () => {
    // The number of `node` in Node's images: Kubernetes' runAsNonRoot takes no name.
    expect(allOf(final, 'USER')).toEqual(['1000:1000']);
    const [command = ''] = Object.keys(manifest.bin);
    expect(allOf(final, 'ENTRYPOINT')).toEqual([`["node", "/app/${manifest.bin[command]}"]`]);
    expect(allOf(final, 'CMD')).toEqual(['["worker"]']);
  });

  test('has the command on its path, too', () => {
    const [command = ''] = Object.keys(manifest.bin);
    const system = stages.flatMap((stage) => allOf(stage, 'RUN')).join('\n');
    expect(system).toContain(`ln -s /app/${manifest.bin[command]} /commands/${command}`);
    // A link that is copied by its own name would become what it leads to.
    expect(copiesOf(final)).toContainEqual({
      from: 'system',
      sources: ['/commands'],
      target: '/usr/local/bin',
    });
  });

  test('has the root certificates that the native connection needs', () => {
    const [system] = stages.filter(({ name }) => name === 'system');
    expect(system && allOf(system, 'RUN').join('\n')).toContain(
      'install --yes --no-install-recommends ca-certificates',
    );
    const certificates = '/etc/ssl/certs/ca-certificates.crt';
    expect(copiesOf(final)).toContainEqual({ from: 'system', sources: [certificates], target: certificates });
  });

  test("shows the worker's ports and asks its health", () => {
    expect(allOf(final, 'EXPOSE')).toEqual(['9464 8080']);
    const [health = ''] = allOf(final, 'HEALTHCHECK');
    expect(health).toMatch(/^--interval=.* CMD \["node", "-e", ".*"\]$/);
    expect(health).toContain('ECS_UPDATER_HEALTH_PORT || 8080}/livez');
  });
});
