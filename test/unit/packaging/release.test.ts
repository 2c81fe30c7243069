import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { allOf, projectFolder, readDockerfile } from '../../support/dockerfile.js';

const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');
const manifest: { version: string; scripts: Record<string, string> } = JSON.parse(read('package.json'));

const permissions = z.record(z.string(), z.enum(['read', 'write', 'none']));
const step = z.object({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const job = z.object({
  uses: z.string().optional(),
  needs: z.union([z.string(), z.array(z.string())]).default([]),
  permissions: permissions.optional(),
  steps: z.array(step).default([]),
});
const workflow = z.object({ permissions, jobs: z.record(z.string(), job) });

/** What a job runs, step after step. */
const commandsOf = (of: z.infer<typeof job> | undefined): string =>
  of?.steps.flatMap(({ run }) => run?.trim() ?? []).join('\n') ?? '';

const folder = '.github/workflows';
const files = readdirSync(join(projectFolder, folder)).map((name) => join(folder, name));

describe.each(files)('%s', (file) => {
  const text = read(file);
  const { permissions, jobs } = workflow.parse(parse(text));
  const steps = Object.values(jobs).flatMap(({ steps }) => steps);
  const commands = steps.flatMap(({ run }) => run ?? []);
  const all = commands.join('\n');

  test('takes every action by the commit that it was at, and says which version that is', () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) {
      expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
      expect(text).toMatch(new RegExp(`${action} # v\\d+\\.\\d+\\.\\d+$`, 'm'));
    }
  });

  test('may by itself only read, and leaves no credentials behind for what it runs', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.map((checkout) => checkout.with['persist-credentials'])).toEqual(
      checkouts.map(() => false),
    );
  });

  test('runs nothing that somebody else could have written into a name or a title', () => {
    expect(commands.filter((command) => command.includes('${{'))).toEqual([]);
  });

  test('runs only scripts that are there', () => {
    const scripts = [...all.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name]) => name);
    expect(scripts.filter((name) => name === undefined || !(name in manifest.scripts))).toEqual([]);
    const paths = [...all.matchAll(/(?:^|\s)((?:scripts|\.ci)\/[\w./-]+)/g)].map(([, path]) => path ?? '');
    expect(paths.filter((path) => !existsSync(join(projectFolder, path)))).toEqual([]);
    const called = Object.values(jobs).flatMap(({ uses }) => uses ?? []);
    expect(called.filter((path) => !existsSync(join(projectFolder, path)))).toEqual([]);
  });

  test('waits only for jobs that it has', () => {
    const needed = Object.values(jobs).flatMap(({ needs }) => needs);
    expect(needed.filter((name) => !(name in jobs))).toEqual([]);
  });

  test('gives the image only what it takes, on the base that it names', () => {
    const { args, stages } = readDockerfile();
    const taken = [...Object.keys(args), ...stages.flatMap((stage) => allOf(stage, 'ARG'))];
    const known = taken.map((text) => text.split('=')[0]);
    const given = [...all.matchAll(/--build-arg "?(\w+)=([^"\s]*)/g)].map(([, name = '', value = '']) => ({
      name,
      value,
    }));
    expect(given.filter(({ name }) => !known.includes(name))).toEqual([]);
    const bases = given.filter(({ name }) => name === 'NODE_IMAGE').map(({ value }) => value);
    const builds = all.match(/docker buildx build/g) ?? [];
    expect(bases.map((base) => base.split('@')[0])).toEqual(builds.map(() => args['NODE_IMAGE']));
    // Each by the same digest.
    expect(new Set(bases).size).toBe(Math.min(builds.length, 1));
  });
});

test('a release is tested as every change is, before anything of it is made', () => {
  const { jobs } = workflow.parse(parse(read(`${folder}/release.yml`)));
  expect(jobs['test']?.uses).toBe(`./${folder}/ci.yml`);
  const ci = workflow.parse(parse(read(`${folder}/ci.yml`)));
  expect(Object.keys(ci.jobs)).toEqual(['test', 'image']);
  expect(commandsOf(ci.jobs['test'])).toBe('.ci/run');
  const { test: _, check, ...publishing } = jobs;
  expect(check?.needs).toBe('test');
  expect(Object.entries(publishing).map(([name, { needs }]) => [name, needs])).toEqual([
    ['package', 'image'],
    ['image', 'check'],
  ]);
  const checked = commandsOf(check);
  for (const command of ['node scripts/release-notes.js', 'npm audit --omit dev', 'npm audit signatures'])
    expect(checked).toContain(command);
});

test.each(['ci', 'release'])(
  'in %s the image is built and run without rights, before it goes anywhere',
  (name) => {
    const { jobs } = workflow.parse(parse(read(`${folder}/${name}.yml`)));
    const commands = commandsOf(jobs['image']);
    const [built = '', tag] =
      /^docker buildx build \. --load --platform linux\/amd64 .*--tag (\S+)$/m.exec(commands) ?? [];
    const run = `docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges ${tag} --version`;
    const order = [built, `\n${run}\n`, ...(name === 'release' ? ['docker login ', '--push '] : [])];
    const places = order.map((command) => `${commands}\n`.indexOf(command));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  },
);

test('what is published to npm is a file here, and no repository elsewhere that is named like it', () => {
  const published = /npm publish [^\n]* (\S+)$/m.exec(read(`${folder}/release.yml`))?.[1];
  expect(published).toBe('./package/*.tgz');
});

describe('the changelog', () => {
  const headings = [...read('CHANGELOG.md').matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);

  test('has this version first, and a date or that it is not released', () => {
    expect(headings[0]).toMatch(
      new RegExp(`^\\[${manifest.version.replaceAll('.', '\\.')}\\] - (unreleased|\\d{4}-\\d\\d-\\d\\d)$`),
    );
  });

  test('has only kinds of changes that Keep a Changelog knows', () => {
    const kinds = [...read('CHANGELOG.md').matchAll(/^### (.*)$/gm)].map(([, kind]) => kind);
    const known = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
    expect(kinds.filter((kind) => kind === undefined || !known.includes(kind))).toEqual([]);
  });
});
