import { z } from 'zod';
import type {
  ListTagsForResourceResponse,
  TagResourceResponse,
  UntagResourceResponse,
} from '@aws-sdk/client-ecs';
import { AwsError, type Operation } from '../../kernel.js';
import { invalidParameter } from '../errors.js';
import { ecsOperation } from '../operation.js';
import { toTags } from '../shapes.js';
import type { EcsWorld } from '../world.js';

const mostTags = 50;

/** The tags of whatever an ARN names: a cluster, a container instance or a service. */
function tagsOf(world: EcsWorld, arn: string): Map<string, string> {
  const [, kind, clusterName = '', name = ''] =
    /^arn:[^/]*:([a-z-]+)\/([^/]+)(?:\/([^/]+))?$/.exec(arn) ?? [];
  if (!kind) throw invalidParameter('Invalid resource ARN.');
  const cluster = world.clusters.get(clusterName);
  const resource =
    kind === 'cluster'
      ? cluster
      : kind === 'container-instance'
        ? cluster?.instances.get(name)
        : cluster?.services.get(name);
  if (!resource || resource.arn !== arn) {
    throw new AwsError('ResourceNotFoundException', 'The specified resource could not be found.');
  }
  return resource.tags;
}

export function tagOperations(world: EcsWorld): Record<string, Operation> {
  return {
    TagResource: ecsOperation(
      z.object({
        resourceArn: z.string(),
        tags: z.array(z.object({ key: z.string().min(1).max(128), value: z.string().max(256).default('') })),
      }),
      ({ resourceArn, tags }): TagResourceResponse => {
        const current = tagsOf(world, resourceArn);
        const merged = new Map([...current, ...tags.map(({ key, value }): [string, string] => [key, value])]);
        if (merged.size > mostTags) {
          throw new AwsError('LimitExceededException', `A resource can have at most ${mostTags} tags.`);
        }
        for (const [key, value] of merged) current.set(key, value);
        return {};
      },
    ),

    UntagResource: ecsOperation(
      z.object({ resourceArn: z.string(), tagKeys: z.array(z.string().min(1).max(128)) }),
      ({ resourceArn, tagKeys }): UntagResourceResponse => {
        const current = tagsOf(world, resourceArn);
        for (const key of tagKeys) current.delete(key);
        return {};
      },
    ),

    ListTagsForResource: ecsOperation(
      z.object({ resourceArn: z.string() }),
      ({ resourceArn }): ListTagsForResourceResponse => ({ tags: toTags(tagsOf(world, resourceArn)) }),
    ),
  };
}
