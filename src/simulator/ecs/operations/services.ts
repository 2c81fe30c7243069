import { z } from 'zod';
import type {
  DescribeServicesResponse,
  ListServicesResponse,
  Service,
  UpdateServiceResponse,
} from '@aws-sdk/client-ecs';
import type { Operation } from '../../kernel.js';
import { invalidParameter, serviceNotFound } from '../errors.js';
import { clusterOf, ecsPage, lookUp, pageInput } from '../lookup.js';
import type { EcsCluster, EcsService } from '../model.js';
import { ecsOperation } from '../operation.js';
import { toServiceShape } from '../shapes.js';
import type { EcsWorld } from '../world.js';
import { queryOf } from './instances.js';
import { definitionOf } from './tasks.js';

/** ListServices gives 10 at a time unless asked for more (API reference). */
const defaultPageSize = 10;

const percent = z.int().min(0, 'Percentages cannot be negative.').optional();

const updateInput = z.object({
  cluster: z.string().optional(),
  service: z.string().min(1, 'Service cannot be empty.'),
  desiredCount: z.int().min(0, 'desiredCount cannot be negative.').optional(),
  taskDefinition: z.string().optional(),
  forceNewDeployment: z.boolean().default(false),
  deploymentConfiguration: z.object({ minimumHealthyPercent: percent, maximumPercent: percent }).optional(),
  placementConstraints: z
    .array(z.object({ type: z.enum(['distinctInstance', 'memberOf']), expression: z.string().optional() }))
    .optional(),
});

function findService(cluster: EcsCluster, reference: string): EcsService | undefined {
  const service = cluster.services.get(reference.slice(reference.lastIndexOf('/') + 1));
  return service && (reference === service.arn || reference === service.name) ? service : undefined;
}

export function serviceOperations(world: EcsWorld, pageSize: number): Record<string, Operation> {
  const shapeOf = (service: EcsService, include: { tags?: boolean } = {}): Service =>
    toServiceShape(world.context, service, world.scheduler.desiredCount(service), include);

  return {
    ListServices: ecsOperation(
      z.object({
        cluster: z.string().optional(),
        launchType: z.enum(['EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES']).optional(),
        schedulingStrategy: z
          .enum(['REPLICA', 'DAEMON'], { error: 'Scheduling strategy is invalid.' })
          .optional(),
        resourceManagementType: z.enum(['CUSTOMER', 'ECS']).optional(),
        ...pageInput,
      }),
      (input): ListServicesResponse => {
        const cluster = clusterOf(world, input.cluster);
        const picked = [...cluster.services.values()].filter(
          (service) =>
            (input.schedulingStrategy ?? service.schedulingStrategy) === service.schedulingStrategy &&
            (input.launchType ?? 'EC2') === 'EC2' &&
            input.resourceManagementType !== 'ECS',
        );
        const query = { action: 'ListServices', ...input };
        const page = ecsPage(picked, query, Math.min(defaultPageSize, pageSize));
        return { serviceArns: page.items.map(({ arn }) => arn), nextToken: page.nextToken };
      },
    ),

    DescribeServices: ecsOperation(
      z.object({
        cluster: z.string().optional(),
        services: z
          .array(z.string())
          .min(1, 'Services cannot be empty.')
          .max(10, 'services can have at most 10 items.'),
        include: z.array(z.enum(['TAGS'])).default([]),
      }),
      (input): DescribeServicesResponse => {
        const cluster = clusterOf(world, input.cluster);
        const { found, failures } = lookUp(world.context, cluster, input.services, 'service', (reference) =>
          findService(cluster, reference),
        );
        const include = { tags: input.include.includes('TAGS') };
        return { services: found.map((service) => shapeOf(service, include)), failures };
      },
    ),

    UpdateService: ecsOperation(updateInput, (input): UpdateServiceResponse => {
      const cluster = clusterOf(world, input.cluster);
      const service = findService(cluster, input.service);
      if (!service) throw serviceNotFound();
      const { desiredCount, deploymentConfiguration, taskDefinition } = input;
      const minimum = deploymentConfiguration?.minimumHealthyPercent ?? service.minimumHealthyPercent;
      const maximum = deploymentConfiguration?.maximumPercent ?? service.maximumPercent;
      if (service.schedulingStrategy === 'DAEMON' && desiredCount !== undefined) {
        throw invalidParameter(
          'The daemon scheduling strategy does not support a desired count for services.',
        );
      }
      if (maximum < 100 || minimum > maximum) {
        throw invalidParameter('maximumPercent must be at least 100 and not below minimumHealthyPercent.');
      }
      for (const { expression } of input.placementConstraints ?? []) queryOf(expression);
      const definition = taskDefinition === undefined ? undefined : definitionOf(cluster, taskDefinition);
      service.minimumHealthyPercent = minimum;
      service.maximumPercent = maximum;
      if (desiredCount !== undefined) service.desiredCount = desiredCount;
      if (input.placementConstraints) {
        service.placementConstraints = input.placementConstraints.map(({ type, expression }) => ({
          type,
          ...(expression !== undefined && { expression }),
        }));
      }
      world.updateService(service, { definition, redeploy: input.forceNewDeployment });
      return { service: shapeOf(service) };
    }),
  };
}
