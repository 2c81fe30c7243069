import {
  type ContainerInstance,
  DeleteAttributesCommand,
  DescribeContainerInstancesCommand,
  type ECSClient,
} from '@aws-sdk/client-ecs';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { UnreadableAnswer } from '../src/aws/errors.js';
import { parseBehind } from '../src/model/behind.js';
import { parseFailure } from '../src/model/failures.js';
import { type OrderMark, parseOrderMark } from '../src/model/order-mark.js';
import { failureTypes } from '../src/model/failure-types.js';
import type { Instance, InstanceRef } from '../src/model/instance.js';
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

/**
 * One container instance as the model has it; null once it is deregistered. Throws a failure that is not tried again where ECS has another host
 * under this ARN: what is looked at has to be what is acted upon, and whoever may start workflows could name two.
 */
export async function readInstance(
  ecs: ECSClient,
  clusterArn: string,
  { containerInstanceArn, ec2InstanceId }: Pick<InstanceRef, 'containerInstanceArn' | 'ec2InstanceId'>,
): Promise<(Instance & Counts) | null> {
  const [found] = await describeByArn(ecs, clusterArn, [containerInstanceArn]);
  if (!found || found.status === 'INACTIVE') return null;
  const instance = toInstance(found, new Set());
  if (found.ec2InstanceId === undefined && ec2InstanceId !== containerInstanceArn)
    throw new UnreadableAnswer(`ECS does not tell which host ${containerInstanceArn} is`);
  if (instance.ec2InstanceId !== ec2InstanceId) {
    throw ApplicationFailure.nonRetryable(
      `${containerInstanceArn} is ${instance.ec2InstanceId} and not ${ec2InstanceId}, so nothing is done to either. Look at who started this workflow.`,
      failureTypes.failsInstance,
    );
  }
  return { ...instance, ...countsOf(found) };
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
