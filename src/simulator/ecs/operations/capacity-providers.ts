import { z } from 'zod';
import type {
  AutoScalingGroupProvider,
  CapacityProvider,
  DescribeCapacityProvidersResponse,
  Failure,
} from '@aws-sdk/client-ecs';
import type { Operation } from '../../kernel.js';
import { ecsArn, type EcsContext } from '../context.js';
import { ecsPage, pageInput } from '../lookup.js';
import { ecsOperation } from '../operation.js';
import type { EcsWorld } from '../world.js';

/** An answer holds at most so many (API reference). */
const mostAtOnce = 10;

interface Known {
  arn: string;
  name: string;
  provider: CapacityProvider;
}

/** Those that instances name: of Managed Instances where such an instance does, else of an Auto Scaling group. */
export function capacityProviderOperations(world: EcsWorld, pageSize: number): Record<string, Operation> {
  const arnOf = (name: string): string => ecsArn(world.context, `capacity-provider/${name}`);

  const known = (): Map<string, Known> => {
    const providers = new Map<string, Known>();
    for (const { instances } of world.clusters.values()) {
      for (const { capacityProviderName: name, kind } of instances.values()) {
        if (name === undefined) continue;
        const arn = arnOf(name);
        const kindOf: CapacityProvider =
          kind === 'managed'
            ? { type: 'MANAGED_INSTANCES', managedInstancesProvider: { propagateTags: 'NONE' } }
            : { type: 'EC2_AUTOSCALING', autoScalingGroupProvider: groupProvider(world.context, name) };
        const provider = { capacityProviderArn: arn, name, status: 'ACTIVE' as const, tags: [], ...kindOf };
        providers.set(name, { arn, name, provider });
      }
    }
    return providers;
  };

  return {
    DescribeCapacityProviders: ecsOperation(
      z.object({
        capacityProviders: z
          .array(z.string())
          .max(100, 'capacityProviders can have at most 100 items.')
          .optional(),
        ...pageInput,
      }),
      ({ capacityProviders: asked, ...paging }): DescribeCapacityProvidersResponse => {
        const providers = known();
        const names = asked?.map((reference) => reference.slice(reference.lastIndexOf('/') + 1));
        const found = [...providers.values()].filter(({ name }) => !names || names.includes(name));
        const failures: Failure[] = (names ?? [])
          .filter((name) => !providers.has(name))
          .map((name) => ({ arn: arnOf(name), reason: 'MISSING' }));
        const query = { action: 'DescribeCapacityProviders', names, ...paging };
        const { items, nextToken } = ecsPage(found, query, Math.min(pageSize, mostAtOnce));
        return { capacityProviders: items.map(({ provider }) => provider), failures, nextToken };
      },
    ),
  };
}

const groupProvider = ({ region, accountId }: EcsContext, name: string): AutoScalingGroupProvider => ({
  autoScalingGroupArn: `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/${name}`,
  managedScaling: { status: 'DISABLED' },
  managedTerminationProtection: 'DISABLED',
  managedDraining: 'DISABLED',
});
