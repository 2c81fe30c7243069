import { z } from 'zod';
import type {
  DeregisterContainerInstanceResponse,
  DescribeContainerInstancesResponse,
  ListContainerInstancesResponse,
  UpdateContainerInstancesStateResponse,
} from '@aws-sdk/client-ecs';
import type { Operation } from '../../kernel.js';
import { invalidParameter } from '../errors.js';
import { clusterOf, ecsPage, findInstance, listedAsOf, lookUp, pageInput } from '../lookup.js';
import type { EcsCluster, EcsInstance } from '../model.js';
import { ecsOperation } from '../operation.js';
import { parseQuery, QuerySyntaxError, type Query } from '../query-language.js';
import { toQuerySubject } from '../query-subject.js';
import { toInstanceShape } from '../shapes.js';
import { liveTasks } from '../task-runner.js';
import type { EcsWorld } from '../world.js';

const statuses = ['ACTIVE', 'DRAINING', 'REGISTERING', 'DEREGISTERING', 'REGISTRATION_FAILED'] as const;
const badStatus = { error: 'Container instance status is invalid.' };

const instanceIds = (most: number): z.ZodType<string[]> =>
  z
    .array(z.string())
    .min(1, 'Container instance cannot be empty.')
    .max(most, `instanceIds can have at most ${most} items.`);

/** Whether a list that shows the world of `asOf` (virtual ms) has an instance among those of a status. */
function isListed(instance: EcsInstance, status: string | undefined, asOf: number): boolean {
  if (instance.registeredAt > asOf) return false;
  const { before } = instance;
  const shown = before && before.until > asOf ? before.status : instance.status;
  return status === undefined ? shown !== 'INACTIVE' : shown === status;
}

/** The test of a filter; one that cannot be read is the caller's mistake. */
export function queryOf(filter: string | undefined): Query {
  try {
    return filter === undefined || filter === '' ? () => true : parseQuery(filter);
  } catch (error) {
    if (error instanceof QuerySyntaxError)
      throw invalidParameter(`Invalid filter expression: ${error.message}.`);
    throw error;
  }
}

export function instanceOperations(world: EcsWorld, pageSize: number): Record<string, Operation> {
  const lookUpInstances = (
    cluster: EcsCluster,
    references: readonly string[],
  ): ReturnType<typeof lookUp<EcsInstance>> =>
    lookUp(world.context, cluster, references, 'container-instance', (reference) =>
      findInstance(cluster, reference),
    );

  return {
    ListContainerInstances: ecsOperation(
      z.object({
        cluster: z.string().optional(),
        filter: z.string().optional(),
        status: z.enum(statuses, badStatus).optional(),
        ...pageInput,
      }),
      (input): ListContainerInstancesResponse => {
        const cluster = clusterOf(world, input.cluster);
        const query = queryOf(input.filter);
        const asOf = listedAsOf(world.context);
        const picked = [...cluster.instances.values()].filter(
          (instance) => isListed(instance, input.status, asOf) && query(toQuerySubject(instance)),
        );
        const page = ecsPage(picked, { action: 'ListContainerInstances', ...input }, pageSize);
        return { containerInstanceArns: page.items.map(({ arn }) => arn), nextToken: page.nextToken };
      },
    ),

    DescribeContainerInstances: ecsOperation(
      z.object({
        cluster: z.string().optional(),
        containerInstances: instanceIds(100),
        include: z.array(z.enum(['TAGS', 'CONTAINER_INSTANCE_HEALTH'])).default([]),
      }),
      ({ cluster, containerInstances, include }): DescribeContainerInstancesResponse => {
        const { found, failures } = lookUpInstances(clusterOf(world, cluster), containerInstances);
        const wanted = {
          tags: include.includes('TAGS'),
          health: include.includes('CONTAINER_INSTANCE_HEALTH'),
        };
        return { containerInstances: found.map((instance) => toInstanceShape(instance, wanted)), failures };
      },
    ),

    UpdateContainerInstancesState: ecsOperation(
      z.object({
        cluster: z.string().optional(),
        containerInstances: instanceIds(10),
        status: z.enum(statuses, badStatus),
      }),
      ({ cluster, containerInstances, status }, caller): UpdateContainerInstancesStateResponse => {
        if (status !== 'ACTIVE' && status !== 'DRAINING') {
          throw invalidParameter('Container instance status should be one of [ACTIVE, DRAINING].');
        }
        const { found, failures } = lookUpInstances(clusterOf(world, cluster), containerInstances);
        const registered = found.filter((instance) => {
          if (instance.status !== 'INACTIVE') return true;
          failures.push({ arn: instance.arn, reason: 'INACTIVE' });
          return false;
        });
        for (const instance of registered) world.setStatus(instance, status, caller.principal);
        return { containerInstances: registered.map((instance) => toInstanceShape(instance)), failures };
      },
    ),

    DeregisterContainerInstance: ecsOperation(
      z.object({
        cluster: z.string().optional(),
        containerInstance: z.string().min(1, 'Container instance cannot be empty.'),
        force: z.boolean().default(false),
      }),
      ({ cluster, containerInstance, force }, caller): DeregisterContainerInstanceResponse => {
        const instance = findInstance(clusterOf(world, cluster), containerInstance);
        if (!instance || instance.status === 'INACTIVE')
          throw invalidParameter('Referenced container instance was not found.');
        if (!force && liveTasks(instance).length > 0)
          throw invalidParameter('Found tasks running on the container instance.');
        world.deregister(instance, caller.principal);
        return { containerInstance: toInstanceShape(instance) };
      },
    ),
  };
}
