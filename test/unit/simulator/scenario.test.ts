import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createManualClock } from '../../../src/simulator/clock.js';
import { createFleet, type Fleet } from '../../../src/simulator/fleet.js';
import { plainScenario } from '../../../src/simulator/plain-scenario.js';
import {
  loadScenario,
  parseScenario,
  ScenarioError,
  type ScenarioInput,
} from '../../../src/simulator/scenario.js';
import { found } from './support.js';

const build = (scenario: ScenarioInput): Fleet => createFleet(parseScenario(scenario), createManualClock());

const instancesOf = (fleet: Fleet) => [
  ...found(fleet.ecs.clusters.get(fleet.scenario.cluster)).instances.values(),
];

const idsOf = (seed: number) =>
  instancesOf(build({ seed, instances: [{ count: 3 }] })).map(({ ec2InstanceId }) => ec2InstanceId);

describe('a scenario', () => {
  it('makes instances in the state it says', () => {
    const fleet = build({
      region: 'us-east-1',
      instances: [
        { count: 3, host: { offered: '1.26.1' } },
        { name: 'x', az: 'us-east-1f', status: 'DRAINING', drainedBy: 'ops', attributes: { team: 'sre' } },
        { name: 'away', agentConnected: false },
        { name: 'anywhere', kind: 'external' },
        { name: 'managed', kind: 'managed' },
      ],
      services: [{ name: 'web', desiredCount: 2, on: ['away'] }],
      tasks: [{ family: 'batch', on: 'x', startedBy: 'cron', count: 2 }],
    });
    const [first, , third, x, away, anywhere, managed] = instancesOf(fleet);
    expect([first?.availabilityZone, third?.availabilityZone]).toEqual(['us-east-1a', 'us-east-1c']);
    expect(x).toMatchObject({ status: 'DRAINING', statusBy: 'ops', availabilityZone: 'us-east-1f' });
    expect(x?.attributes.get('team')?.value).toBe('sre');
    expect([...(x?.tasks ?? [])].map(({ group, startedBy, starter }) => [group, startedBy, starter])).toEqual(
      [
        ['family:batch', 'cron', 'operator'],
        ['family:batch', 'cron', 'operator'],
      ],
    );
    expect(away).toMatchObject({ agentConnected: false });
    expect(away?.tasks.size).toBe(2);
    expect(anywhere?.ec2InstanceId).toMatch(/^mi-/);
    expect(anywhere?.attributes.has('bottlerocket.variant')).toBe(false);
    expect(fleet.machines.has(anywhere?.ec2InstanceId ?? '')).toBe(false);
    expect(managed).toMatchObject({ capacityProviderName: 'managed-instances' });
  });

  it('is the same fleet for the same seed', () => {
    expect(idsOf(1)).toEqual(idsOf(1));
    expect(idsOf(1)).not.toEqual(idsOf(2));
  });

  it('can hold more clusters than one', () => {
    const fleet = build({
      instances: [{}],
      otherClusters: [
        { cluster: 'second', instances: [{ count: 2, name: 'x' }], tasks: [{ family: 'batch', on: 'x' }] },
      ],
    });
    expect([...fleet.ecs.clusters.keys()]).toEqual(['demo', 'second']);
    expect(
      [...found(fleet.ecs.clusters.get('second')).instances.values()].map(({ tasks }) => tasks.size),
    ).toEqual([1, 1]);
    expect(new Set([...fleet.machines.values()].map(({ spec }) => spec.privateIp)).size).toBe(3);
  });

  it('leaves what finds no room to the scheduler', () => {
    const fleet = build({
      instances: [{ cpu: 1024 }],
      services: [{ name: 'web', desiredCount: 5, cpu: 512 }],
    });
    const service = found(fleet.ecs.clusters.get('demo')?.services.get('web'));
    expect([service.tasks.size, service.steady]).toEqual([2, false]);
  });

  it.each<[string, unknown, string]>([
    ['no instances', {}, 'instances: Invalid input: expected array, received undefined'],
    ['an unknown field', { instances: [{ zone: 'a' }] }, 'instances[0]: Unrecognized key: "zone"'],
    [
      'a bad zone',
      { instances: [{}, { az: 'x1' }] },
      'instances[1].az: "x1": a zone like a or eu-central-1a',
    ],
    [
      'a bad version',
      { instances: [{ host: { version: 'v1' } }] },
      'instances[0].host.version: "v1": a version like 1.26.1, without a v',
    ],
    [
      'a host that cannot be',
      { instances: [{ host: { found: 'ready' } }] },
      'instances[0].host.offered: found: ready needs an offered version',
    ],
    [
      'a service on an instance that is not there',
      { instances: [{}], services: [{ name: 'web', on: ['b'] }] },
      "services[0].on[0]: 'b' is no name or id of an instance of this scenario",
    ],
    [
      'a task nowhere',
      { instances: [{}], tasks: [{ family: 'x', on: 'b' }] },
      "tasks[0].on: 'b' is no name or id of an instance of this scenario",
    ],
    [
      'a service twice',
      { instances: [{}], services: [{ name: 'web' }, { name: 'web' }] },
      "services: 'web' is there twice",
    ],
    [
      'a constraint that is no query',
      { instances: [{}], services: [{ name: 'web', memberOf: 'a ~ b' }] },
      'services[0].memberOf: "a ~ b": no cluster query: \'a\' is no subject',
    ],
    [
      'a mistake in another cluster',
      {
        instances: [{}],
        otherClusters: [{ cluster: 'b', instances: [{}], tasks: [{ family: 'x', on: 'c' }] }],
      },
      "otherClusters[0].tasks[0].on: 'c' is no name or id of an instance of this scenario",
    ],
    [
      'a cluster twice',
      { instances: [{}], otherClusters: [{ cluster: 'demo', instances: [{}] }] },
      "clusters: 'demo' is there twice",
    ],
    [
      'one id for two',
      { instances: [{ ec2InstanceId: 'i-01234567', count: 2 }] },
      'instances[0].count: an instance with an id of its own is one',
    ],
  ])('is refused for %s', (_what, input, message) => {
    expect(() => parseScenario(input)).toThrow(new ScenarioError(message));
  });

  it('comes from a YAML file, whose name is in its errors', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'scenario-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'fleet.yaml');
    await writeFile(
      file,
      'cluster: prod\ninstances:\n  - { name: a, count: 2 }\nservices:\n  - { name: web, on: [a] }\n',
    );
    expect(await loadScenario(file)).toMatchObject({ cluster: 'prod', instances: [{ count: 2 }] });
    await writeFile(file, 'instances: 3\n');
    await expect(loadScenario(file)).rejects.toThrow(
      `${file}: instances: 3: Invalid input: expected array, received number`,
    );
    await expect(loadScenario(join(folder, 'none.yaml'))).rejects.toThrow('none.yaml: ENOENT');
  });
});

it('has a plain one: all behind by one version, two services, room to move', () => {
  const fleet = createFleet(plainScenario({ instances: 9, cluster: 'plain' }), createManualClock());
  const instances = instancesOf(fleet);
  expect(new Set(instances.map(({ availabilityZone }) => availabilityZone)).size).toBe(3);
  expect(
    [...fleet.hosts.values()].every(({ spec }) => spec.version === '1.26.0' && spec.offered === '1.26.1'),
  ).toBe(true);
  const services = [...found(fleet.ecs.clusters.get('plain')).services.values()];
  expect(services.map(({ steady, tasks, desiredCount }) => steady && tasks.size === desiredCount)).toEqual([
    true,
    true,
  ]);
  for (const { used, cpu, memory } of instances) {
    expect(used.cpu).toBeLessThan(cpu / 2);
    expect(used.memory).toBeLessThan(memory / 2);
  }
});
