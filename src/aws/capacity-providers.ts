import {
  type ContainerInstance,
  DescribeCapacityProvidersCommand,
  type ECSClient,
} from '@aws-sdk/client-ecs';
import { batches } from '../model/batches.js';

/** Which of these instances' capacity providers hand out ECS Managed Instances. An answer holds at most 10 (API reference). */
export async function managedProvidersOf(
  ecs: ECSClient,
  clusterArn: string,
  found: readonly ContainerInstance[],
): Promise<Set<string>> {
  const names = [...new Set(found.flatMap(({ capacityProviderName }) => capacityProviderName ?? []))];
  const managed = new Set<string>();
  for (const batch of batches(names, 10)) {
    const { capacityProviders } = await ecs.send(
      // Those of Managed Instances belong to a cluster and are told of only with it (API reference).
      new DescribeCapacityProvidersCommand({ capacityProviders: batch, cluster: clusterArn }),
    );
    for (const { name, type, managedInstancesProvider } of capacityProviders ?? []) {
      if (name && (managedInstancesProvider || type === 'MANAGED_INSTANCES')) managed.add(name);
    }
  }
  return managed;
}
