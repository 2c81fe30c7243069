import {
  DeleteAttributesCommand,
  DescribeClustersCommand,
  type ECSClient,
  paginateListAttributes,
} from '@aws-sdk/client-ecs';
import { type ClusterRef, drainedAttribute } from '../model/names.js';

/** There is no such cluster. */
export class ClusterNotFound extends Error {
  override readonly name = 'ClusterNotFound';
}

/** Finds a cluster by name or ARN. Throws {@link ClusterNotFound}. */
export async function findCluster(
  ecs: ECSClient,
  cluster: string,
): Promise<Omit<ClusterRef, 'name'> & { clusterName: string }> {
  const region = await ecs.config.region();
  const { clusters } = await ecs.send(new DescribeClustersCommand({ clusters: [cluster] }));
  const found = clusters?.[0];
  if (!found?.clusterArn || !found.clusterName || found.status !== 'ACTIVE') {
    throw new ClusterNotFound(
      `there is no ECS cluster ${cluster} in ${region}${found?.status ? ` (it is ${found.status})` : ''}. Check the name and AWS_REGION.`,
    );
  }
  return { arn: found.clusterArn, region, clusterName: found.clusterName };
}

/** Removes our marks from every container instance of a cluster that carries one. Returns how many there were. */
export async function removeMarks(ecs: ECSClient, clusterArn: string): Promise<number> {
  let removed = 0;
  const pages = paginateListAttributes(
    { client: ecs, stopOnSameToken: true },
    { cluster: clusterArn, targetType: 'container-instance', attributeName: drainedAttribute },
  );
  for await (const { attributes } of pages) {
    for (const { targetId } of attributes ?? []) {
      if (!targetId) continue;
      await ecs.send(
        new DeleteAttributesCommand({
          cluster: clusterArn,
          attributes: [{ name: drainedAttribute, targetId }],
        }),
      );
      removed += 1;
    }
  }
  return removed;
}
