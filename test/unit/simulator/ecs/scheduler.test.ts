import * as fc from 'fast-check';
import { DescribeServicesCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../../src/simulator/clock.js';
import { createFleet } from '../../../../src/simulator/fleet.js';
import { parseScenario } from '../../../../src/simulator/scenario.js';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import { behind, cluster, found, minutes, startBench, threeInstances, type Bench } from '../support.js';

const steady = (bench: Bench, name: string) => () => bench.service(name).steady;

describe('placement', () => {
  it('spreads over zones, then instances', async () => {
    const bench = await startBench({
      instances: ['a', 'a', 'b', 'c'].map((az, index) => ({ name: `${az}${index}`, az, host: behind })),
      services: [{ name: 'web', desiredCount: 6 }],
    });
    expect(['a0', 'a1', 'b2', 'c3'].map((name) => bench.instance(name).tasks.size)).toEqual([1, 1, 2, 2]);
  });

  it('keeps tasks with one host port, and distinctInstance ones, apart', async () => {
    const bench = await startBench({
      instances: threeInstances,
      services: [
        { name: 'edge', desiredCount: 4, hostPort: 443 },
        { name: 'db', desiredCount: 4, distinctInstance: true },
      ],
    });
    await bench.clock.advance(minutes(2));
    for (const service of ['edge', 'db']) {
      expect(new Set([...bench.service(service).tasks].map((task) => task.instance)).size).toBe(3);
      expect(bench.service(service).tasks.size).toBe(3);
    }
    expect(bench.service('edge').events[0]?.message).toContain(
      'is already using a port required by your task',
    );
  });

  it('puts pinned services on their instances only', async () => {
    const bench = await startBench({
      instances: threeInstances,
      services: [{ name: 'web', desiredCount: 2, on: ['b'] }],
    });
    expect(bench.instance('b').tasks.size).toBe(2);
  });
});

describe('a service', () => {
  it('scales when told to, and says when it is steady', async () => {
    const bench = await startBench({
      instances: threeInstances,
      services: [{ name: 'web', desiredCount: 1 }],
    });
    await bench.ecs.send(new UpdateServiceCommand({ cluster, service: 'web', desiredCount: 4 }));
    const counts = async () => {
      const { services } = await bench.ecs.send(new DescribeServicesCommand({ cluster, services: ['web'] }));
      const { desiredCount, runningCount, pendingCount, events } = found(services?.[0]);
      return { desiredCount, runningCount, pendingCount, event: events?.[0]?.message };
    };
    expect(await counts()).toMatchObject({ desiredCount: 4, runningCount: 1, pendingCount: 0 });
    await bench.clock.advanceUntil(() => bench.service('web').tasks.size === 4);
    expect(await counts()).toMatchObject({ runningCount: 1, pendingCount: 3 });
    await bench.clock.advanceUntil(steady(bench, 'web'), minutes(5));
    expect(await counts()).toEqual({
      desiredCount: 4,
      runningCount: 4,
      pendingCount: 0,
      event: '(service web) has reached a steady state.',
    });
  });

  it('replaces all its tasks in a new deployment', async () => {
    const bench = await startBench({
      instances: threeInstances,
      services: [{ name: 'web', desiredCount: 2 }],
    });
    const before = new Set(bench.service('web').tasks);
    const { service } = await bench.ecs.send(
      new UpdateServiceCommand({ cluster, service: 'web', forceNewDeployment: true }),
    );
    expect(service?.deployments?.map(({ status, rolloutState }) => [status, rolloutState])).toEqual([
      ['PRIMARY', 'IN_PROGRESS'],
      ['ACTIVE', 'COMPLETED'],
    ]);
    await bench.clock.advanceUntil(steady(bench, 'web'), minutes(10));
    expect([...bench.service('web').tasks].some((task) => before.has(task))).toBe(false);
    expect(bench.service('web').deployments).toMatchObject([
      { status: 'PRIMARY', rolloutState: 'COMPLETED' },
    ]);
  });
});

it('never breaks min and max percent, whatever drains and comes back', async () => {
  const services = fc.array(
    fc.record({
      desiredCount: fc.integer({ min: 1, max: 5 }),
      minimumHealthyPercent: fc.constantFrom(0, 34, 50, 100),
      maximumPercent: fc.constantFrom(100, 150, 200),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const steps = fc.array(
    fc.record({
      instance: fc.nat({ max: 4 }),
      status: fc.constantFrom('ACTIVE' as const, 'DRAINING' as const),
      waitSeconds: fc.integer({ min: 1, max: 200 }),
    }),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(services, steps, fc.integer(), async (drawn, plan, seed) => {
      const clock = createManualClock();
      const scenario = parseScenario({
        seed,
        instances: [{ count: 5, host: behind }],
        services: drawn.map((service, index) => ({ name: `s${index}`, ...service })),
      });
      const { ecs, journal } = createFleet(scenario, clock);
      const world = found(ecs.clusters.get(cluster));
      const instances = [...world.instances.values()];
      const check = (): void => {
        for (const service of world.services.values()) {
          const tasks = [...service.tasks];
          const running = tasks.filter(
            (task) => task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING',
          );
          const fewest = Math.ceil((service.desiredCount * service.minimumHealthyPercent) / 100);
          const most = Math.floor((service.desiredCount * service.maximumPercent) / 100);
          expect(running.length).toBeGreaterThanOrEqual(fewest);
          expect(tasks.length).toBeLessThanOrEqual(most);
        }
        for (const instance of instances) expect(instance.used.cpu).toBeLessThanOrEqual(instance.cpu);
      };
      journal.on((entry) => {
        if (entry.kind === 'event' && entry.event.startsWith('task-')) check();
      });
      for (const { instance, status, waitSeconds } of plan) {
        ecs.setStatus(found(instances[instance]), status, 'someone');
        await clock.advance(waitSeconds * 1000);
      }
      for (const instance of instances) ecs.setStatus(instance, 'ACTIVE', 'someone');
      await clock.advance(minutes(30));
      for (const service of world.services.values()) expect(service.steady).toBe(true);
      const placed = instances.flatMap((instance) => liveTasks(instance));
      expect(placed).toHaveLength(drawn.reduce((sum, service) => sum + service.desiredCount, 0));
    }),
    { numRuns: 60 },
  );
});
