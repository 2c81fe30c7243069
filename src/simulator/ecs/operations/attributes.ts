import { z } from 'zod';
import type {
  Attribute,
  DeleteAttributesResponse,
  ListAttributesResponse,
  PutAttributesResponse,
} from '@aws-sdk/client-ecs';
import { AwsError, type Operation } from '../../kernel.js';
import { invalidParameter } from '../errors.js';
import { clusterOf, ecsPage, findInstance, pageInput } from '../lookup.js';
import type { EcsCluster, EcsInstance } from '../model.js';
import { ecsOperation } from '../operation.js';
import type { EcsWorld } from '../world.js';

/** Custom attributes of an instance (ECS API reference, PutAttributes). */
const mostCustom = 10;

const attributeInput = z.object({
  name: z
    .string()
    .min(1, 'Attribute name cannot be empty.')
    .max(128, 'Attribute name can have at most 128 characters.')
    .regex(/^[A-Za-z0-9._/\\-]+$/, 'Attribute name contains invalid characters.'),
  value: z
    .string()
    .min(1, 'Attribute value must have at least 1 character.')
    .max(128, 'Attribute value can have at most 128 characters.')
    .regex(/^[A-Za-z0-9._@/\\: -]+$/, 'Attribute value contains invalid characters.')
    .refine((value) => value.trim() === value, 'Attribute value cannot start or end with a blank.')
    .optional(),
  targetType: z.enum(['container-instance'], { error: 'Target type must be container-instance.' }).optional(),
  targetId: z.string().optional(),
});

const changeInput = z.object({
  cluster: z.string().optional(),
  attributes: z
    .array(attributeInput)
    .min(1, 'Attributes cannot be empty.')
    .max(10, 'attributes can have at most 10 items.'),
});

type AttributeInput = z.infer<typeof attributeInput>;

function targetOf(cluster: EcsCluster, { targetId, targetType }: AttributeInput): EcsInstance {
  if (targetId === undefined) throw invalidParameter('Target id cannot be empty.');
  if (!targetId.startsWith('arn:') && !targetType) {
    throw invalidParameter('Target type must be given with the short form of a target id.');
  }
  const instance = findInstance(cluster, targetId);
  if (!instance || instance.status === 'INACTIVE') {
    throw new AwsError(
      'TargetNotFoundException',
      `The specified target was not found. You can view your available container instances with ListContainerInstances.`,
    );
  }
  return instance;
}

const answerOf = (instance: EcsInstance, name: string, value: string | undefined): Attribute => ({
  name,
  value,
  targetType: 'container-instance',
  targetId: instance.arn,
});

export function attributeOperations(world: EcsWorld, pageSize: number): Record<string, Operation> {
  return {
    PutAttributes: ecsOperation(changeInput, (input): PutAttributesResponse => {
      const cluster = clusterOf(world, input.cluster);
      const puts = input.attributes.map((attribute) => ({
        attribute,
        instance: targetOf(cluster, attribute),
      }));
      for (const instance of new Set(puts.map((put) => put.instance))) {
        const names = new Set(
          [...instance.attributes].flatMap(([name, { custom }]) => (custom ? [name] : [])),
        );
        for (const put of puts) if (put.instance === instance) names.add(put.attribute.name);
        if (names.size > mostCustom) {
          throw new AwsError(
            'AttributeLimitExceededException',
            `You can apply up to ${mostCustom} custom attributes for each resource.`,
          );
        }
      }
      for (const { instance, attribute } of puts) {
        instance.attributes.set(attribute.name, {
          ...(attribute.value !== undefined && { value: attribute.value }),
          custom: true,
        });
        instance.version++;
      }
      return {
        attributes: puts.map(({ instance, attribute }) =>
          answerOf(instance, attribute.name, attribute.value),
        ),
      };
    }),

    DeleteAttributes: ecsOperation(changeInput, (input): DeleteAttributesResponse => {
      const cluster = clusterOf(world, input.cluster);
      const removals = input.attributes.map((attribute) => ({
        attribute,
        instance: targetOf(cluster, attribute),
      }));
      for (const { instance, attribute } of removals) {
        if (instance.attributes.delete(attribute.name)) instance.version++;
      }
      return {
        attributes: removals.map(({ instance, attribute }) =>
          answerOf(instance, attribute.name, attribute.value),
        ),
      };
    }),

    ListAttributes: ecsOperation(
      z.object({
        cluster: z.string().optional(),
        targetType: z.enum(['container-instance'], { error: 'Target type must be container-instance.' }),
        attributeName: z.string().optional(),
        attributeValue: z.string().optional(),
        ...pageInput,
      }),
      (input): ListAttributesResponse => {
        const cluster = clusterOf(world, input.cluster);
        const { attributeName, attributeValue } = input;
        const picked = [...cluster.instances.values()].flatMap((instance) => {
          if (instance.status === 'INACTIVE') return [];
          return [...instance.attributes].flatMap(([name, { value }]) =>
            (attributeName === undefined || name === attributeName) &&
            (attributeValue === undefined || value === attributeValue)
              ? [{ arn: `${instance.arn} ${name}`, attribute: answerOf(instance, name, value) }]
              : [],
          );
        });
        const page = ecsPage(picked, { action: 'ListAttributes', ...input }, pageSize);
        return { attributes: page.items.map(({ attribute }) => attribute), nextToken: page.nextToken };
      },
    ),
  };
}
