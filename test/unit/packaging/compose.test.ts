import { describe, expect, test } from 'vitest';
import { program } from '../../../src/cli/main.js';
import { hasHealthCheck, portsOf, readCompose } from '../../support/compose.js';
import type { Service } from '../../support/compose.js';

const { services, configs, volumes } = readCompose();
const all = Object.entries(services);
const ours = all.filter(([, service]) => service.build !== undefined);

function named(name: string): Service {
  const service = services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service;
}

/** Names of all that a service waits for, directly or not. */
const dependenciesOf = ({ depends_on: dependsOn }: Service): string[] =>
  Object.keys(dependsOn).flatMap((name) => [name, ...dependenciesOf(named(name))]);

const version = (name: string) => named(name).image.split(':')[1];

describe('the compose file', () => {
  test('has Temporal with its database and UI, a simulated fleet, a worker and a rollout', () => {
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining(['postgresql', 'temporal', 'temporal-ui', 'simulator', 'worker', 'rollout']),
    );
  });

  test('takes every image in a fixed version, but the one that is built here', () => {
    const fixed = /^[a-z/-]+:\d+\.\d+(\.\d+)?$/;
    const loose = all.filter(([, { image, build }]) => build === undefined && !fixed.test(image));
    expect(loose).toEqual([]);
    expect(ours.map(([, { image }]) => image)).toEqual(ours.map(() => 'ecs-updater:local'));
  });

  test('starts in an order that exists', () => {
    const started = new Set<string>();
    const ready = ([name, service]: [string, Service]) =>
      !started.has(name) && Object.keys(service.depends_on).every((dependency) => started.has(dependency));
    for (let next = all.find(ready); next !== undefined; next = all.find(ready)) started.add(next[0]);
    expect(started.size).toBe(all.length);
  });

  test.each(all)('%s waits only for what can be waited for', (_, { depends_on: dependsOn }) => {
    const cannot = Object.entries(dependsOn).filter(([name, { condition }]) =>
      condition === 'service_healthy' ? !hasHealthCheck(named(name)) : named(name).restart !== undefined,
    );
    expect(cannot).toEqual([]);
  });

  test.each(all)('%s speaks to services on ports that they listen on', (_, { environment }) => {
    const addresses = Object.values(environment).flatMap((value) => [
      ...value.matchAll(/(?:^|\/\/)([a-z][a-z0-9-]*):(\d+)/g),
    ]);
    const closed = addresses.filter(([, host = '', port]) => !portsOf(named(host)).includes(Number(port)));
    expect(closed).toEqual([]);
  });

  test.each(all)('%s waits, directly or not, for every service that it speaks to', (_, service) => {
    const behind = new Set(dependenciesOf(service));
    const hosts = Object.values(service.environment)
      // It is the name of the database and of its user as well.
      .filter((value) => value !== 'temporal')
      .map((value) => /^(?:https?:\/\/)?([a-z][a-z0-9-]*)(?::\d+)?$/.exec(value)?.[1] ?? '');
    expect(hosts.filter((host) => host in services && !behind.has(host))).toEqual([]);
  });

  test.each(all)('%s asks its health on a port that it listens on', (_, service) => {
    const { healthcheck } = service;
    const check = healthcheck === undefined || 'disable' in healthcheck ? '' : healthcheck.test.join(' ');
    const ports = [...check.matchAll(/(?:localhost|127\.0\.0\.1)[: ](\d+)/g)].map(([, port]) => Number(port));
    expect(portsOf(service)).toEqual(expect.arrayContaining(ports));
  });

  test('publishes each port of this machine once', () => {
    const published = all.flatMap(([, { ports }]) => ports.map((pair) => pair.split(':')[0]));
    expect(new Set(published).size).toBe(published.length);
  });

  test('mounts only what it defines', () => {
    const mounted = all.flatMap(([, service]) => service.configs.map(({ source }) => source));
    expect(Object.keys(configs)).toEqual(expect.arrayContaining(mounted));
    const kept = all.flatMap(([, service]) => service.volumes.map((volume) => volume.split(':')[0]));
    expect(Object.keys(volumes)).toEqual(expect.arrayContaining(kept));
  });

  test("gives both sides of Temporal's database the same name and password", () => {
    const { POSTGRES_USER: user, POSTGRES_PASSWORD: password } = named('postgresql').environment;
    expect(named('temporal').environment).toMatchObject({ POSTGRES_USER: user, POSTGRES_PWD: password });
    expect(named('temporal-schema').environment).toMatchObject({ SQL_USER: user, SQL_PASSWORD: password });
  });

  test('keeps the schema at the version of the server', () => {
    expect(version('temporal-schema')).toBe(version('temporal'));
    expect(version('temporal-namespace')).toBe(version('temporal'));
  });
});

describe('our own services in the compose file', () => {
  const commands = ours.flatMap(([name, { entrypoint, command = '' }]) => {
    const lines = entrypoint === undefined ? [`ecs-updater ${command}`] : command.split('\n');
    const calls = lines.map((line) => line.trim()).filter((line) => line.startsWith('ecs-updater '));
    return calls.map((call) => [name, call]);
  });

  test.each(commands)('%s runs a command that exists, with options that it has: %s', async (_, line = '') => {
    const [, name, ...rest] = line.split(/\s+/);
    const command = (await program(name)).commands.find((candidate) => candidate.name() === name);
    const options = rest.filter((word) => word.startsWith('--'));
    expect(command?.options.map(({ long }) => long)).toEqual(expect.arrayContaining(options));
  });

  test('mean the same cluster, region, Temporal and AWS', () => {
    const text = ours.map(([, { command }]) => command).join(' ');
    expect(new Set([...text.matchAll(/--cluster (\S+)/g)].map(([, cluster]) => cluster)).size).toBe(1);
    expect(named('rollout').environment).toEqual(named('worker').environment);
    const region = named('worker').environment['AWS_REGION'];
    expect(named('simulator').command).toContain(`--region ${region}`);
  });

  test('set only variables that something reads, and none to nothing', () => {
    const read = /^(TEMPORAL_(ADDRESS|NAMESPACE)|AWS_\w+|ECS_UPDATER_(METRICS_PORT|HEALTH_PORT|LOG_LEVEL))$/;
    const set = ours.flatMap(([, { environment }]) => Object.entries(environment));
    expect(set.filter(([variable, value]) => !read.test(variable) || value === '')).toEqual([]);
  });
});
