import {
  DescribeClustersCommand,
  ListContainerInstancesCommand,
  type ListContainerInstancesCommandInput,
  paginateListContainerInstances,
} from '@aws-sdk/client-ecs';
import { managedProvidersOf } from '../src/aws/capacity-providers.js';
import { everyPage } from '../src/aws/pages.js';
import type { AwsClients } from '../src/aws/clients.js';
import { present, UnreadableAnswer } from '../src/aws/errors.js';
import { describeByArn, toInstance } from './container-instances.js';
import { containerInstanceId } from '../src/model/names.js';
import { beat } from './heartbeat.js';
import type { Activities } from './types.js';

type Input<Name extends keyof Activities> = Parameters<Activities[Name]>[0];
type Answer<Name extends keyof Activities> = ReturnType<Activities[Name]>;

/** ECS lists at most 100 at a time; so many pages make one answer of ours. */
const pagesPerAnswer = 5;

/** One page (up to 500) of a cluster's container instances. */
export async function discoverInstances(
  { ecs }: AwsClients,
  { cluster, cursor }: Input<'discoverInstances'>,
): Answer<'discoverInstances'> {
  const arns: string[] = [];
  let nextToken = cursor ?? undefined;
  for (let page = 0; page < pagesPerAnswer; page++) {
    const answer = await ecs.send(
      new ListContainerInstancesCommand({ cluster: cluster.arn, ...(nextToken && { nextToken }) }),
    );
    arns.push(...present(answer.containerInstanceArns, 'containerInstanceArns'));
    if (nextToken && answer.nextToken === nextToken) {
      throw new UnreadableAnswer('ECS gives the same page again and again');
    }
    ({ nextToken } = answer);
    if (!nextToken) break;
  }
  const found = [];
  for (let at = 0; at < arns.length; at += 100) {
    found.push(...(await describeByArn(ecs, cluster.arn, arns.slice(at, at + 100))));
  }
  const managed = await managedProvidersOf(ecs, cluster.arn, found);
  return {
    instances: found.filter(({ status }) => status !== 'INACTIVE').map((one) => toInstance(one, managed)),
    cursor: nextToken ?? null,
  };
}

/** Which container instances `include` and `exclude` mean: two lists, however many pages the cluster has. */
export async function matchInstances(
  { ecs }: AwsClients,
  { cluster, include, exclude }: Input<'matchInstances'>,
): Answer<'matchInstances'> {
  const matching = async (filter: string | null) =>
    filter === null ? null : (await listAll(ecs, { cluster: cluster.arn, filter })).map(containerInstanceId);
  const [included, excluded] = await Promise.all([matching(include), matching(exclude)]);
  return { included, excluded };
}

/** Looks for one instance by its EC2 id, and for the expression that leaves it out. */
export async function findInstance(
  { ecs }: AwsClients,
  { cluster, ec2InstanceId, include, exclude }: Input<'findInstance'>,
): Answer<'findInstance'> {
  const found = await describeByArn(ecs, cluster.arn, await arnsOf(ecs, cluster.arn, ec2InstanceId));
  const managed = await managedProvidersOf(ecs, cluster.arn, found);
  const [instance] = found
    .filter(({ status }) => status !== 'INACTIVE')
    .map((one) => toInstance(one, managed));
  if (!instance) return null;
  const means = (filter: string) => meansInstance(ecs, cluster.arn, instance.containerInstanceArn, filter);
  if (exclude !== null && (await means(exclude))) return { instance, leftOutBy: 'exclude' };
  if (include !== null && !(await means(include))) return { instance, leftOutBy: 'include' };
  return { instance, leftOutBy: null };
}

/** The container instances, at most one, of an EC2 id. */
export const arnsOf = async (
  ecs: AwsClients['ecs'],
  cluster: string,
  ec2InstanceId: string,
): Promise<string[]> =>
  // It becomes part of an expression.
  /^m?i-[0-9a-f]+$/.test(ec2InstanceId)
    ? listAll(ecs, { cluster, filter: `ec2InstanceId == ${ec2InstanceId}` })
    : [];

/** Whether an expression means a container instance: ECS answers that only by a list, of which one page may do. */
async function meansInstance(
  ecs: AwsClients['ecs'],
  cluster: string,
  arn: string,
  filter: string,
): Promise<boolean> {
  const pages = paginateListContainerInstances({ client: ecs, stopOnSameToken: true }, { cluster, filter });
  for await (const page of everyPage(pages)) {
    if (present(page.containerInstanceArns, 'containerInstanceArns').includes(arn)) return true;
  }
  return false;
}

/** Reads container instances again; those that are gone are left out. */
export async function describeInstances(
  { ecs }: AwsClients,
  { cluster, containerInstanceArns }: Input<'describeInstances'>,
): Answer<'describeInstances'> {
  const found = await describeByArn(ecs, cluster.arn, containerInstanceArns);
  const managed = await managedProvidersOf(ecs, cluster.arn, found);
  return found.filter(({ status }) => status !== 'INACTIVE').map((one) => toInstance(one, managed));
}

/** Who is out of service now. Three lists that are short whatever the size of the cluster. */
export async function lookAtCluster(
  { ecs }: AwsClients,
  { cluster }: Input<'lookAtCluster'>,
): Answer<'lookAtCluster'> {
  const [{ clusters }, draining, away] = await Promise.all([
    ecs.send(new DescribeClustersCommand({ clusters: [cluster.arn] })),
    listAll(ecs, { cluster: cluster.arn, status: 'DRAINING' }),
    listAll(ecs, { cluster: cluster.arn, filter: 'agentConnected == false' }),
  ]);
  return {
    registered: present(clusters, 'clusters')[0]?.registeredContainerInstancesCount ?? 0,
    outOfService: [...new Set([...draining, ...away])],
  };
}

/** ARNs of all container instances that a list means. */
export async function listAll(
  ecs: AwsClients['ecs'],
  input: ListContainerInstancesCommandInput,
): Promise<string[]> {
  const arns: string[] = [];
  const pages = paginateListContainerInstances({ client: ecs, stopOnSameToken: true }, input);
  for await (const page of everyPage(pages)) {
    arns.push(...present(page.containerInstanceArns, 'containerInstanceArns'));
    beat();
  }
  return arns;
}
