import {
  type ContainerInstance,
  DeleteAttributesCommand,
  DescribeCapacityProvidersCommand,
  DescribeContainerInstancesCommand,
  type ECSClient,
} from '@aws-sdk/client-ecs';
import { Context } from '@temporalio/activity';
import { UnreadableAnswer } from '../src/aws/errors.js';
import { parseBehind } from '../src/model/behind.js';
import { parseFailure } from '../src/model/failures.js';
import { type OrderMark, parseOrderMark } from '../src/model/order-mark.js';
import type { Instance } from '../src/model/instance.js';
import {
  behindAttribute,
  drainedAttribute,
  failedAttribute,
  holdAttribute,
  pauseAttribute,
  skipAttribute,
  variantAttribute,
} from '../src/model/names.js';
import { parseMark } from '../src/model/ownership.js';
import { batches } from '../src/model/batches.js';

/** What ECS says that it does not know has to be asked for again, so many ms later. */
const readsApartMs = 1000;

/** Describes up to 100 container instances; those that ECS does not know are left out: that is believed the second time. */
export async function describeByArn(
  ecs: ECSClient,
  clusterArn: string,
  arns: readonly string[],
): Promise<ContainerInstance[]> {
  const found = await describeOnce(ecs, clusterArn, arns);
  const known = new Set(found.map(({ containerInstanceArn }) => containerInstanceArn));
  const unknown = arns.filter((arn) => !known.has(arn));
  if (unknown.length === 0) return found;
  await Context.current().sleep(readsApartMs);
  return [...found, ...(await describeOnce(ecs, clusterArn, unknown))];
}

async function describeOnce(
  ecs: ECSClient,
  clusterArn: string,
  arns: readonly string[],
): Promise<ContainerInstance[]> {
  if (arns.length === 0) return [];
  const { containerInstances = [], failures = [] } = await ecs.send(
    new DescribeContainerInstancesCommand({ cluster: clusterArn, containerInstances: [...arns] }),
  );
  const missing = failures.filter(({ reason }) => reason === 'MISSING');
  if (containerInstances.length + missing.length < arns.length) {
    const why = failures.find(({ reason }) => reason !== 'MISSING');
    throw new UnreadableAnswer(
      `ECS tells of some instances neither what they are nor that they are gone${why ? ` (${why.reason})` : ''}`,
    );
  }
  return containerInstances;
}

/** One container instance as the model has it; null once it is deregistered. */
export async function readInstance(
  ecs: ECSClient,
  clusterArn: string,
  arn: string,
): Promise<(Instance & Counts) | null> {
  const [found] = await describeByArn(ecs, clusterArn, [arn]);
  if (!found || found.status === 'INACTIVE') return null;
  return { ...toInstance(found, new Set()), ...countsOf(found) };
}

/** Removes attributes of a container instance. */
export async function removeAttributes(
  ecs: ECSClient,
  clusterArn: string,
  arn: string,
  names: readonly string[],
): Promise<void> {
  await ecs.send(
    new DeleteAttributesCommand({
      cluster: clusterArn,
      attributes: names.map((name) => ({ name, targetId: arn })),
    }),
  );
}

/** Numbers of a container instance that change when something happens on it. */
export interface Counts {
  /** Tasks that ECS counts as running or pending there; those that are stopping are not among them. */
  tasks: number;
  /** Grows with each change of state that ECS notes. */
  changes: number;
}

const countsOf = ({
  runningTasksCount = 0,
  pendingTasksCount = 0,
  version = 0,
}: ContainerInstance): Counts => ({
  tasks: runningTasksCount + pendingTasksCount,
  changes: version,
});

/** Cuts ECS's description to the model's. */
export function toInstance(found: ContainerInstance, managedProviders: ReadonlySet<string>): Instance {
  const attributes = new Map(found.attributes?.map(({ name, value }) => [name, value]));
  const mark = attributes.get(drainedAttribute);
  const failure = attributes.has(failedAttribute) ? (attributes.get(failedAttribute) ?? '') : undefined;
  const ec2InstanceId = found.ec2InstanceId ?? found.containerInstanceArn ?? '';
  return {
    ec2InstanceId,
    containerInstanceArn: found.containerInstanceArn ?? '',
    availabilityZone: attributes.get('ecs.availability-zone') ?? null,
    status: found.status ?? '',
    agentConnected: found.agentConnected === true,
    variant: attributes.get(variantAttribute) ?? null,
    // ECS Anywhere registers with the id of an SSM managed node (ECS developer guide).
    host: ec2InstanceId.startsWith('mi-')
      ? 'external'
      : managedProviders.has(found.capacityProviderName ?? '')
        ? 'managed'
        : 'ec2',
    mark: mark === undefined ? null : parseMark(mark),
    failure: failure === undefined ? null : parseFailure(failure),
    behind: parseBehind(attributes.get(behindAttribute) ?? ''),
    hold: orderMark(attributes, holdAttribute),
    pause: orderMark(attributes, pauseAttribute),
    skip: orderMark(attributes, skipAttribute),
    included: true,
  };
}

const orderMark = (
  attributes: ReadonlyMap<string | undefined, string | undefined>,
  name: string,
): OrderMark | null => (attributes.has(name) ? parseOrderMark(attributes.get(name) ?? '') : null);

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
