import { describe, expect, test } from 'vitest';
import type { Room } from '../../../src/model/placement.js';
import { risksOf, type Risk, type ServiceFacts, type TaskFacts } from '../../../src/model/risk.js';
import { taskRange } from '../../../src/model/task-range.js';

const room = (name: string, over: Partial<Room> = {}): Room => ({
  arn: `arn:${name}`,
  ec2InstanceId: `i-${name}`,
  isOpen: true,
  cpu: 1024,
  memoryMiB: 2048,
  takenPorts: new Set(),
  architecture: 'x86_64',
  capacityProvider: null,
  ...over,
});

const full = (name: string): Room => room(name, { cpu: 0, memoryMiB: 0 });

const service = (name: string, over: Partial<ServiceFacts> = {}): ServiceFacts => ({
  name,
  scheduling: 'REPLICA',
  desiredCount: 2,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  isDeploying: false,
  suitable: null,
  occupied: null,
  ...over,
});

const task = (on: string, name: string | null, over: Partial<TaskFacts> = {}): TaskFacts => ({
  on: `arn:${on}`,
  service: name,
  group: name === null ? 'family:batch' : `service:${name}`,
  cpu: 256,
  memoryMiB: 512,
  ports: [],
  capacityProvider: null,
  protectedUntil: null,
  ...over,
});

interface Given {
  targets?: string[];
  leftAlone?: string[];
  atOnce?: number;
  tasks: TaskFacts[];
  services?: ServiceFacts[];
  instances?: Room[];
}

function risks({
  targets = ['a'],
  leftAlone = [],
  atOnce = 1,
  tasks,
  services = [],
  instances,
}: Given): Risk[] {
  return risksOf({
    targets: targets.map((name) => `arn:${name}`),
    leftAlone: leftAlone.map((name) => `arn:${name}`),
    atOnce,
    tasks,
    services: new Map(services.map((one) => [one.name, one])),
    instances: instances ?? [room('a'), room('b'), room('c')],
  }).risks;
}

const codes = (given: Given): string[] => risks(given).map(({ code }) => code);

describe('what a service may have while its hosts are drained', () => {
  test('is rounded up below and down above', () => {
    expect(taskRange({ desiredCount: 3, minimumHealthyPercent: 50, maximumPercent: 150 })).toEqual({
      fewest: 2,
      most: 4,
    });
  });

  test.each([
    { desiredCount: 2, minimumHealthyPercent: 100, maximumPercent: 100 },
    // One task: half of it rounds up to one, and one and a half down to one.
    { desiredCount: 1, minimumHealthyPercent: 50, maximumPercent: 150 },
    { desiredCount: 3, minimumHealthyPercent: 67, maximumPercent: 133 },
  ])(
    'a service that may have neither one less nor one more cannot move: $desiredCount of $minimumHealthyPercent to $maximumPercent %',
    (over) => {
      expect(risks({ tasks: [task('a', 'db')], services: [service('db', over)] })).toEqual([
        { code: 'cannot-move', service: 'db', ...over, on: { ec2InstanceIds: ['i-a'] } },
      ]);
    },
  );

  test.each([
    { desiredCount: 2, minimumHealthyPercent: 50, maximumPercent: 100 },
    { desiredCount: 2, minimumHealthyPercent: 100, maximumPercent: 150 },
  ])(
    'a service that may have one less, or one more, can move: $minimumHealthyPercent to $maximumPercent %',
    (over) => {
      expect(codes({ tasks: [task('a', 'web')], services: [service('web', over)] })).toEqual([]);
    },
  );
});

describe('a service of one task', () => {
  test('is out while it moves, where ECS may stop it first', () => {
    const one = service('web', { desiredCount: 1, minimumHealthyPercent: 0 });
    expect(risks({ tasks: [task('a', 'web')], services: [one] })).toEqual([
      {
        code: 'outage',
        service: 'web',
        desiredCount: 1,
        minimumHealthyPercent: 0,
        on: { ec2InstanceIds: ['i-a'] },
      },
    ]);
  });

  test('is named where its second is started first', () => {
    const one = service('web', { desiredCount: 1, minimumHealthyPercent: 50 });
    expect(codes({ tasks: [task('a', 'web')], services: [one] })).toEqual(['single-task']);
  });
});

describe('a service whose every task may be stopped', () => {
  const careless = service('web', { minimumHealthyPercent: 0 });
  const tasks = [task('a', 'web'), task('b', 'web')];

  test('is out where its hosts are drained at the same time', () => {
    expect(codes({ targets: ['a', 'b'], atOnce: 2, tasks, services: [careless] })).toEqual(['outage']);
  });

  test('is not where they are drained one after the other', () => {
    expect(codes({ targets: ['a', 'b'], tasks, services: [careless] })).toEqual([]);
  });
});

describe('room elsewhere', () => {
  const web = service('web');
  const noRoom = (over: Partial<Given> = {}): boolean =>
    codes({ tasks: [task('a', 'web')], services: [web], ...over }).includes('no-room');

  test('that is free is enough', () => {
    expect(noRoom({ instances: [full('a'), full('b'), room('c')] })).toBe(false);
  });

  test.each([
    ['all full', [full('b')]],
    ['too little memory', [room('b', { memoryMiB: 511 })]],
    ['too little CPU', [room('b', { cpu: 255 })]],
    ['not open', [room('b', { isOpen: false })]],
    ['of another architecture', [room('b', { architecture: 'arm64' })]],
  ])('that is %s is none', (_, others) => {
    expect(noRoom({ instances: [room('a'), ...others] })).toBe(true);
  });

  test('on the host itself is none', () => {
    expect(noRoom({ instances: [room('a')] })).toBe(true);
  });

  test('on a host that is drained at the same time is none', () => {
    const given = { targets: ['a', 'b'], instances: [room('a'), room('b')] };
    expect(noRoom({ ...given, atOnce: 1 })).toBe(false);
    expect(noRoom({ ...given, atOnce: 2 })).toBe(true);
  });

  test('is used up by the tasks of other services on the host', () => {
    const tasks = [task('a', 'web', { memoryMiB: 1500 }), task('a', 'api', { memoryMiB: 1000 })];
    const services = [web, service('api')];
    expect(risks({ tasks, services, instances: [full('a'), room('b')] })).toEqual([
      {
        code: 'no-room',
        service: 'api',
        cpu: 256,
        memoryMiB: 1000,
        ports: [],
        on: { ec2InstanceIds: ['i-a'] },
      },
    ]);
  });

  test('where a port of the task is taken is none', () => {
    const tasks = [task('a', 'web', { ports: ['8080/tcp'] })];
    const taken = room('b', { takenPorts: new Set(['8080/tcp']) });
    expect(noRoom({ tasks, instances: [room('a'), taken] })).toBe(true);
    expect(noRoom({ tasks, instances: [room('a'), taken, room('c')] })).toBe(false);
  });

  test('for two tasks that have the same port is on two hosts', () => {
    const tasks = [1, 2].map(() => task('a', 'web', { ports: ['8080/tcp'] }));
    expect(noRoom({ tasks, instances: [room('a'), room('b')] })).toBe(true);
    expect(noRoom({ tasks, instances: [room('a'), room('b'), room('c')] })).toBe(false);
  });

  test('is where the constraints of the service allow it', () => {
    const near = service('web', { suitable: new Set(['arn:a', 'arn:b']) });
    expect(noRoom({ services: [near], instances: [room('a'), full('b'), room('c')] })).toBe(true);
    expect(noRoom({ services: [near], instances: [room('a'), room('b'), full('c')] })).toBe(false);
  });

  test('is where a service that wants one task on each has none', () => {
    const spread = service('web', { occupied: new Set(['arn:a', 'arn:b']) });
    expect(noRoom({ services: [spread], instances: [room('a'), room('b'), full('c')] })).toBe(true);
    const two = [task('a', 'web'), task('b', 'web')];
    const both = { targets: ['a', 'b'], atOnce: 2, tasks: two, services: [spread] };
    expect(noRoom({ ...both, instances: [room('a'), room('b'), room('c')] })).toBe(true);
  });

  test('is in the capacity provider of the task', () => {
    const tasks = [task('a', 'web', { capacityProvider: 'spot' })];
    const spot = (name: string): Room => room(name, { capacityProvider: 'spot' });
    expect(noRoom({ tasks, instances: [spot('a'), room('b')] })).toBe(true);
    expect(noRoom({ tasks, instances: [spot('a'), spot('b')] })).toBe(false);
  });
});

describe('tasks that we never stop', () => {
  test('are named by what started them, and counted', () => {
    const tasks = [
      task('b', null),
      task('a', null),
      task('a', null, { group: 'family:export' }),
      task('a', 'web', { protectedUntil: '2026-01-05T03:00:00.000Z' }),
      task('a', 'web', { protectedUntil: '2026-01-05T05:00:00.000Z' }),
    ];
    expect(risks({ targets: ['a', 'b'], tasks, services: [service('web')] })).toEqual([
      {
        code: 'protected-task',
        service: 'web',
        tasks: 2,
        until: '2026-01-05T05:00:00.000Z',
        on: { ec2InstanceIds: ['i-a'] },
      },
      { code: 'standalone-task', group: 'family:batch', tasks: 2, on: { ec2InstanceIds: ['i-a', 'i-b'] } },
      { code: 'standalone-task', group: 'family:export', tasks: 1, on: { ec2InstanceIds: ['i-a'] } },
    ]);
  });
});

test('on a host that is left alone only what keeps it so is named, and others may find room there', () => {
  const services = [
    service('stuck', { maximumPercent: 100 }),
    service('solo', { desiredCount: 1, minimumHealthyPercent: 0 }),
    service('large'),
  ];
  const tasks = [
    task('a', 'stuck'),
    task('a', 'solo'),
    task('a', 'large', { memoryMiB: 9000 }),
    task('b', 'large', { memoryMiB: 1500 }),
  ];
  const given = { targets: ['b'], leftAlone: ['a'], tasks, services, instances: [room('a'), full('b')] };
  expect(codes(given)).toEqual(['cannot-move']);
  expect(codes({ ...given, targets: ['b', 'a'], leftAlone: [] })).toContain('no-room');
});

test('a daemon is at no risk: it is stopped with its host, and comes back with it', () => {
  const agent = service('agent', {
    scheduling: 'DAEMON',
    desiredCount: 1,
    minimumHealthyPercent: 0,
    maximumPercent: 100,
  });
  expect(codes({ tasks: [task('a', 'agent')], services: [agent], instances: [full('a')] })).toEqual([]);
});

test('a service that is being deployed is named', () => {
  expect(codes({ tasks: [task('a', 'web')], services: [service('web', { isDeploying: true })] })).toEqual([
    'deployment-in-progress',
  ]);
});

test('of many hosts and services the first are named, and the others counted', () => {
  const names = Array.from({ length: 300 }, (_, i) => `s${String(i).padStart(3, '0')}`);
  const found = risksOf({
    targets: names.map((name) => `arn:${name}`),
    leftAlone: [],
    atOnce: 1,
    tasks: names.flatMap((name) => [task(name, 'everywhere'), task(name, name)]),
    services: new Map(['everywhere', ...names].map((name) => [name, service(name, { maximumPercent: 100 })])),
    instances: [...names.map((name) => room(name)), room('free')],
  });
  expect(found.risks).toHaveLength(200);
  expect(found.more).toBe(101);
  expect(found.risks[0]).toMatchObject({
    service: 'everywhere',
    on: { ec2InstanceIds: ['i-s000', 'i-s001', 'i-s002', 'i-s003', 'i-s004'], more: 295 },
  });
});
