import {
  ListContainerInstancesCommand,
  ListServicesCommand,
  ListTasksCommand,
  paginateListContainerInstances,
  paginateListServices,
  paginateListTasks,
} from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { behind, cluster, startBench } from '../support.js';
import { invalid, scenario } from './fixture.js';

/** Sizes of all pages; nothing is on two of them. */
const collect = async <T>(pages: AsyncIterable<T>, pick: (page: T) => string[] | undefined) => {
  const sizes: number[] = [];
  const all: string[] = [];
  for await (const page of pages) {
    sizes.push(pick(page)?.length ?? 0);
    all.push(...(pick(page) ?? []));
  }
  expect(new Set(all).size).toBe(all.length);
  return sizes;
};

describe('pages', () => {
  it('cover everything once, though something joins in between', async () => {
    const big = await startBench(
      {
        instances: [{ name: 'a', count: 7, host: behind }],
        services: Array.from({ length: 12 }, (_, index) => ({ name: `s${index}`, cpu: 64, memory: 64 })),
      },
      { pageSize: 3 },
    );
    const client = big.ecs;
    expect(
      await collect(
        paginateListContainerInstances({ client }, { cluster }),
        (page) => page.containerInstanceArns,
      ),
    ).toEqual([3, 3, 1]);
    expect(await collect(paginateListServices({ client }, { cluster }), (page) => page.serviceArns)).toEqual([
      3, 3, 3, 3,
    ]);
    expect(
      await collect(paginateListTasks({ client, pageSize: 5 }, { cluster }), (page) => page.taskArns),
    ).toEqual([5, 5, 2]);
  });

  it('have tokens that belong to their query', async () => {
    const small = await startBench(scenario, { pageSize: 1 });
    const { nextToken } = await small.ecs.send(new ListContainerInstancesCommand({ cluster }));
    await expect(
      small.ecs.send(new ListContainerInstancesCommand({ cluster, status: 'ACTIVE', nextToken })),
    ).rejects.toMatchObject(invalid(/token/));
    await expect(small.ecs.send(new ListTasksCommand({ cluster, nextToken }))).rejects.toMatchObject(
      invalid(/token/),
    );
  });

  it('of services are ten long where nothing is said', async () => {
    const many = await startBench({
      instances: [{ name: 'a', host: behind }],
      services: Array.from({ length: 12 }, (_, index) => ({ name: `s${index}`, cpu: 64, memory: 64 })),
    });
    const { serviceArns, nextToken } = await many.ecs.send(new ListServicesCommand({ cluster }));
    expect(serviceArns).toHaveLength(10);
    expect(nextToken).toBeDefined();
  });
});
