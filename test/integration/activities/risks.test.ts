import { describe, expect, test } from 'vitest';
import type { Risk } from '../../../src/model/risk.js';
import { behind, startFleet, type TestFleet } from './fleet.js';

const assess = async (fleet: TestFleet, targets: string[], leftAlone: string[] = []): Promise<Risk[]> =>
  (
    await fleet.run('assessRisks', {
      cluster: fleet.cluster,
      targets: targets.map((name) => fleet.id(name)),
      leftAlone: leftAlone.map((name) => fleet.id(name)),
      atOnce: 1,
    })
  ).risks;

const named = (risks: Risk[]): string[] =>
  risks.map((risk) => `${risk.code} ${'service' in risk ? risk.service : risk.group}`);

test('names what is at risk on the hosts that are meant, from what ECS says of services, tasks and hosts', async () => {
  const fleet = await startFleet(
    {
      instances: [
        { name: 'a', cpu: 4096, host: behind },
        { name: 'b', cpu: 4096, host: behind },
        { name: 'c', host: { version: '1.26.1' } },
      ],
      services: [
        { name: 'web', desiredCount: 3 },
        { name: 'stuck', on: ['a', 'b'], maximumPercent: 100 },
        { name: 'rounded', on: ['a', 'b'], minimumHealthyPercent: 50, maximumPercent: 150 },
        { name: 'careless', on: ['a', 'b'], minimumHealthyPercent: 0 },
        { name: 'elsewhere', on: ['c'] },
        { name: 'guarded', desiredCount: 2, on: ['a', 'b'], protectedTasks: 2 },
        { name: 'logs', schedulingStrategy: 'DAEMON' },
      ],
      tasks: [
        { family: 'export', on: 'a' },
        { family: 'export', on: 'b', count: 2 },
        { family: 'other', on: 'c' },
      ],
    },
    { pageSize: 2 },
  );
  const before = fleet.requests().length;
  const risks = await assess(fleet, ['b', 'a']);
  expect(named(risks)).toEqual([
    'outage careless',
    'cannot-move rounded',
    'cannot-move stuck',
    'protected-task guarded',
    'standalone-task family:export',
  ]);
  expect(risks).toContainEqual({
    code: 'standalone-task',
    group: 'family:export',
    tasks: 3,
    on: { ec2InstanceIds: [fleet.id('b'), fleet.id('a')] },
  });
  expect(risks.find(({ code }) => code === 'protected-task')).toMatchObject({
    tasks: 2,
    until: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(named(await assess(fleet, [], ['b', 'a']))).not.toContain('outage careless');
  const changing = fleet
    .requests()
    .slice(before)
    .filter(({ action }) => !/^(List|Describe|Get)/.test(action));
  expect(changing).toEqual([]);
});

const hosts = (...names: string[]) => names.map((name) => ({ name, cpu: 2048, memory: 4096, host: behind }));

describe('room', () => {
  test('is sought in what the other hosts have left', async () => {
    const fleet = await startFleet({
      instances: hosts('a', 'b', 'c'),
      services: [
        { name: 'large', desiredCount: 3, memory: 3000, distinctInstance: true },
        { name: 'small', desiredCount: 3, memory: 300 },
      ],
    });
    expect(await assess(fleet, ['a'])).toEqual([
      {
        code: 'no-room',
        service: 'large',
        cpu: 256,
        memoryMiB: 3000,
        ports: [],
        on: { ec2InstanceIds: [fleet.id('a')] },
      },
    ]);
  });

  test('is sought where placement constraints allow it', async () => {
    const attributes = { disk: 'ssd' };
    const fleet = await startFleet({
      instances: [{ ...hosts('a')[0], attributes }, { ...hosts('b')[0], attributes }, ...hosts('c')],
      services: [
        { name: 'fast', desiredCount: 2, memory: 2500, memberOf: 'attribute:disk == ssd' },
        { name: 'any', desiredCount: 3, memory: 1000 },
      ],
    });
    expect(named(await assess(fleet, ['a']))).toEqual(['no-room fast']);
  });

  test('is sought on hosts where its port is free', async () => {
    const fleet = await startFleet({
      instances: hosts('a', 'b', 'c'),
      services: [
        { name: 'proxy', desiredCount: 3, hostPort: 8080 },
        { name: 'other', desiredCount: 2, hostPort: 9090, on: ['a', 'b', 'c'] },
      ],
    });
    expect(await assess(fleet, ['a'])).toMatchObject([
      { code: 'no-room', service: 'proxy', ports: ['8080/tcp'] },
    ]);
  });
});

test('more hosts than are asked one by one are read from the list of the whole cluster', async () => {
  const fleet = await startFleet({
    instances: [{ name: 'many', count: 60, host: behind }],
    services: [{ name: 'stuck', desiredCount: 120, maximumPercent: 100 }],
  });
  const ids = fleet.simulator
    .state()
    .clusters.flatMap(({ instances }) => instances.map((one) => one.ec2InstanceId));
  const before = fleet.requests().length;
  const { risks } = await fleet.run('assessRisks', {
    cluster: fleet.cluster,
    targets: ids,
    leftAlone: [],
    atOnce: 1,
  });
  expect(risks).toMatchObject([{ code: 'cannot-move', service: 'stuck', on: { more: 55 } }]);
  expect(fleet.requests().length - before).toBeLessThan(12);
});
