import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { explainRisk } from '../../../src/model/explain-risk.js';
import type { Room } from '../../../src/model/placement.js';
import { risksOf, type ServiceFacts, type Surroundings, type TaskFacts } from '../../../src/model/risk.js';
import { taskRange } from '../../../src/model/task-range.js';

const hosts = ['a', 'b', 'c', 'd'];
const names = ['web', 'api', 'db'];

const room = fc.record({
  isOpen: fc.boolean(),
  cpu: fc.integer({ min: 0, max: 1024 }),
  memoryMiB: fc.integer({ min: 0, max: 2048 }),
  takenPorts: fc.subarray(['80/tcp', '53/udp']).map((ports) => new Set(ports)),
});

const service: fc.Arbitrary<Omit<ServiceFacts, 'name'>> = fc.record({
  scheduling: fc.constantFrom('REPLICA', 'DAEMON'),
  desiredCount: fc.integer({ min: 1, max: 5 }),
  minimumHealthyPercent: fc.integer({ min: 0, max: 100 }),
  maximumPercent: fc.integer({ min: 100, max: 200 }),
  isDeploying: fc.boolean(),
  suitable: fc.option(fc.subarray(hosts).map((some) => new Set(some))),
  occupied: fc.option(fc.subarray(hosts).map((some) => new Set(some))),
});

const task: fc.Arbitrary<TaskFacts> = fc.record({
  on: fc.constantFrom(...hosts),
  service: fc.constantFrom(null, ...names),
  group: fc.constantFrom('family:x', 'family:y'),
  cpu: fc.integer({ min: 0, max: 1024 }),
  memoryMiB: fc.integer({ min: 1, max: 1024 }),
  ports: fc.subarray(['80/tcp', '53/udp']),
  capacityProvider: fc.constant(null),
  protectedUntil: fc.option(fc.constant('2026-01-05T03:00:00.000Z')),
});

const surroundings: fc.Arbitrary<Surroundings> = fc.record({
  targets: fc.shuffledSubarray(hosts, { minLength: 1 }),
  leftAlone: fc.constant([]),
  atOnce: fc.integer({ min: 1, max: 4 }),
  tasks: fc.array(task, { maxLength: 12 }),
  services: fc
    .tuple(service, service, service)
    .map((all) => new Map(all.map((one, i) => [names[i] ?? '', { ...one, name: names[i] ?? '' }]))),
  instances: fc.tuple(room, room, room, room).map((rooms): Room[] =>
    rooms.map((one, i) => ({
      ...one,
      arn: hosts[i] ?? '',
      ec2InstanceId: `i-${hosts[i]}`,
      architecture: null,
      capacityProvider: null,
    })),
  ),
});

/** Only tasks on the targets are looked at. */
const cases = surroundings.map((around) => ({
  ...around,
  tasks: around.tasks.filter(({ on }) => around.targets.includes(on)),
}));

test('a daemon is never at risk but for a protected task of it', () => {
  fc.assert(
    fc.property(cases, (around) => {
      const daemons = new Set(
        [...around.services.values()].flatMap(({ name, scheduling }) =>
          scheduling === 'DAEMON' ? [name] : [],
        ),
      );
      const named = risksOf(around).risks.filter((risk) => 'service' in risk && daemons.has(risk.service));
      expect(named.every(({ code }) => code === 'protected-task')).toBe(true);
    }),
  );
});

test('whoever has room for everything on one more host has room', () => {
  fc.assert(
    fc.property(cases, (around) => {
      const giant: Room = {
        arn: 'giant',
        ec2InstanceId: 'i-giant',
        isOpen: true,
        cpu: 1e6,
        memoryMiB: 1e6,
        takenPorts: new Set(),
        architecture: null,
        capacityProvider: null,
      };
      const services = [...around.services.values()].map((one) => ({
        ...one,
        suitable: null,
        occupied: null,
      }));
      const given = {
        ...around,
        tasks: around.tasks.map((one) => ({ ...one, ports: [] })),
        services: new Map(services.map((one) => [one.name, one])),
        instances: [...around.instances, giant],
      };
      expect(risksOf(given).risks.filter(({ code }) => code === 'no-room')).toEqual([]);
    }),
  );
});

test('where less is free than has to move, some service may find no room', () => {
  fc.assert(
    fc.property(cases, (around) => {
      const drained = new Set(around.targets);
      const moving = around.tasks.filter(
        ({ service }) => service !== null && around.services.get(service)?.scheduling === 'REPLICA',
      );
      const free = around.instances
        .filter(({ arn, isOpen }) => isOpen && !drained.has(arn))
        .reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
      fc.pre(moving.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0) > free);
      const { risks } = risksOf({ ...around, atOnce: around.targets.length });
      expect(risks.some(({ code }) => code === 'no-room')).toBe(true);
    }),
  );
});

test('a service is called stuck only where it may have neither one less nor one more', () => {
  fc.assert(
    fc.property(cases, (around) => {
      for (const risk of risksOf(around).risks) {
        if (risk.code !== 'cannot-move') continue;
        const { fewest, most } = taskRange(risk);
        expect([fewest, most]).toEqual([risk.desiredCount, risk.desiredCount]);
      }
    }),
  );
});

test('what is advised helps', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), (desiredCount) => {
      const on = { ec2InstanceIds: ['i-1'] };
      const stuck = { desiredCount, minimumHealthyPercent: 100, maximumPercent: 100 };
      const sentence = explainRisk({ code: 'cannot-move', service: 'db', ...stuck, on });
      const [, more, less] =
        /maximumPercent to (\d+) or more, or minimumHealthyPercent to (\d+) or less/.exec(sentence) ?? [];
      expect(taskRange({ ...stuck, maximumPercent: Number(more) }).most).toBeGreaterThan(desiredCount);
      expect(taskRange({ ...stuck, minimumHealthyPercent: Number(less) }).fewest).toBeLessThan(desiredCount);
    }),
  );
});

test('every risk has a sentence that names a host and ends', () => {
  fc.assert(
    fc.property(cases, (around) => {
      for (const risk of risksOf(around).risks) {
        expect(explainRisk(risk)).toContain(risk.on.ec2InstanceIds[0]);
        expect(explainRisk(risk)).toMatch(/\.$/);
      }
    }),
  );
});
