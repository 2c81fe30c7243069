import {
  DeleteAttributesCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  type ECSClient,
  InvalidParameterException,
  ListContainerInstancesCommand,
  paginateListAttributes,
  paginateListContainerInstances,
  UntagResourceCommand,
} from '@aws-sdk/client-ecs';
import { everyPage } from './pages.js';
import { type ClusterRef, drainedAttribute } from '../model/names.js';
import { isOurs, parseMark } from '../model/ownership.js';
import { quarantinesOf, quarantineTag } from '../model/quarantine.js';

/** There is no such cluster. */
export class ClusterNotFound extends Error {
  override readonly name = 'ClusterNotFound';

  constructor(readonly fact: string) {
    super(`${fact}. Check the name and AWS_REGION.`);
  }
}

/** Nothing says which Region is meant. */
export class NoRegion extends Error {
  override readonly name = 'NoRegion';
}

/** Finds a cluster by name or ARN. Throws {@link ClusterNotFound} and {@link NoRegion}. */
export async function findCluster(
  ecs: ECSClient,
  cluster: string,
): Promise<Omit<ClusterRef, 'name'> & { clusterName: string }> {
  const region = await ecs.config.region().catch((err: unknown) => {
    throw new NoRegion(
      'no AWS Region is set. Name it by AWS_REGION, or in the profile that AWS_PROFILE names.',
      { cause: err },
    );
  });
  const { clusters } = await ecs.send(new DescribeClustersCommand({ clusters: [cluster] }));
  const found = clusters?.[0];
  if (!found?.clusterArn || !found.clusterName || found.status !== 'ACTIVE') {
    throw new ClusterNotFound(
      `there is no ECS cluster ${cluster} in ${region}${found?.status ? ` (it is ${found.status})` : ''}`,
    );
  }
  return { arn: found.clusterArn, region, clusterName: found.clusterName };
}

/** Why ECS would refuse an expression of the cluster query language; null: it would not. */
export async function refusalOfExpression(
  ecs: ECSClient,
  clusterArn: string,
  filter: string,
): Promise<string | null> {
  try {
    await ecs.send(new ListContainerInstancesCommand({ cluster: clusterArn, filter, maxResults: 1 }));
    return null;
  } catch (err) {
    if (err instanceof InvalidParameterException) return err.message;
    throw err;
  }
}

/** Ids of the instances of a cluster that are DRAINING through this installation. */
export async function drainedBy(ecs: ECSClient, clusterArn: string, installation: string): Promise<string[]> {
  const ids: string[] = [];
  const filter = `attribute:${drainedAttribute} exists`;
  const pages = paginateListContainerInstances(
    { client: ecs, stopOnSameToken: true },
    { cluster: clusterArn, status: 'DRAINING', filter },
  );
  for await (const { containerInstanceArns = [] } of everyPage(pages)) {
    if (containerInstanceArns.length === 0) continue;
    const { containerInstances = [] } = await ecs.send(
      new DescribeContainerInstancesCommand({
        cluster: clusterArn,
        containerInstances: containerInstanceArns,
      }),
    );
    for (const { ec2InstanceId, attributes = [] } of containerInstances) {
      const mark = attributes.find(({ name }) => name === drainedAttribute)?.value;
      if (ec2InstanceId && mark && isOurs(parseMark(mark), installation)) ids.push(ec2InstanceId);
    }
  }
  return ids;
}

/** Removes the marks of this installation from every container instance of a cluster. Returns how many there were. */
export const removeMarks = (ecs: ECSClient, clusterArn: string, installation: string): Promise<number> =>
  removeAttributes(ecs, clusterArn, drainedAttribute, (value) => isOurs(parseMark(value), installation));

/** Removes an attribute, whatever its value, from every container instance of a cluster. Returns how many there were. */
export const removeEvery = (ecs: ECSClient, clusterArn: string, attribute: string): Promise<number> =>
  removeAttributes(ecs, clusterArn, attribute, () => true);

/** Lifts every quarantine of a cluster: they stand in its tags. Returns how many there were. */
export async function removeQuarantines(ecs: ECSClient, clusterArn: string): Promise<number> {
  const { clusters } = await ecs.send(
    new DescribeClustersCommand({ clusters: [clusterArn], include: ['TAGS'] }),
  );
  const tagKeys = Object.keys(quarantinesOf(clusters?.[0]?.tags ?? [])).map(quarantineTag);
  if (tagKeys.length > 0) await ecs.send(new UntagResourceCommand({ resourceArn: clusterArn, tagKeys }));
  return tagKeys.length;
}

async function removeAttributes(
  ecs: ECSClient,
  clusterArn: string,
  name: string,
  isMeant: (value: string) => boolean,
): Promise<number> {
  let removed = 0;
  const pages = paginateListAttributes(
    { client: ecs, stopOnSameToken: true },
    { cluster: clusterArn, targetType: 'container-instance', attributeName: name },
  );
  for await (const { attributes } of everyPage(pages)) {
    for (const { targetId, value = '' } of attributes ?? []) {
      if (!targetId || !isMeant(value)) continue;
      await ecs.send(new DeleteAttributesCommand({ cluster: clusterArn, attributes: [{ name, targetId }] }));
      removed += 1;
    }
  }
  return removed;
}
