import {
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  RebootInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CancelCommandCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
} from '@aws-sdk/client-ssm';
import { DeleteAttributesCommand } from '@aws-sdk/client-ecs';
import type { AwsClients } from '../src/aws/clients.js';
import { isAwsError, UnreadableAnswer } from '../src/aws/errors.js';
import { nobodys } from '../src/aws/nobody.js';
import { throwUnlessHeard, trySending } from '../src/aws/permission-probes.js';
import { drainedAttribute } from '../src/model/names.js';
import { refuseForeign } from './own-documents.js';
import type { Activities } from './types.js';

/**
 * Makes the calls that are needed first when an instance is out of service already, in a way that does nothing, so that one that is denied stops the
 * rollout before. `looksOnly` leaves out what is needed only to take something back.
 */
export async function tryLaterCalls(
  { ecs, ec2, ssm }: AwsClients,
  clusterArn: string,
  looksOnly: boolean,
): Promise<void> {
  await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [nobodys.instance] }] }),
  );
  await ec2.send(new DescribeInstanceStatusCommand({ MaxResults: 5 }));
  await ssm.send(new ListCommandsCommand({ MaxResults: 1 }));
  await unlessUnknown(() => ssm.send(new ListCommandInvocationsCommand({ CommandId: nobodys.command })));
  await unlessUnknown(() =>
    ssm.send(new GetCommandInvocationCommand({ CommandId: nobodys.command, InstanceId: nobodys.instance })),
  );
  if (looksOnly) return;
  await unlessUnknown(() => ssm.send(new CancelCommandCommand({ CommandId: nobodys.command })));
  const mark = {
    name: drainedAttribute,
    targetType: 'container-instance',
    targetId: nobodys.container,
  } as const;
  await unlessUnknown(() =>
    ecs.send(new DeleteAttributesCommand({ cluster: clusterArn, attributes: [mark] })),
  );
}

/** See {@link Activities.tryOrders}. */
export async function tryOrders(
  { ec2, ssm }: AwsClients,
  { cluster, documents, ec2InstanceId, rebootsThroughEc2 }: Parameters<Activities['tryOrders']>[0],
): Promise<void> {
  for (const { name } of [documents.apply, documents.reboot]) {
    refuseForeign({ name }, cluster.name);
    await trySending(ssm, name, [ec2InstanceId]);
  }
  if (!rebootsThroughEc2) return;
  try {
    await ec2.send(new RebootInstancesCommand({ InstanceIds: [ec2InstanceId], DryRun: true }));
    throw new UnreadableAnswer('the answer does not say what would have been done');
  } catch (err) {
    throwUnlessHeard(err);
  }
}

const unknownId = [
  'InvalidCommandId',
  'InvalidInstanceId',
  'InvocationDoesNotExist',
  'TargetNotFoundException',
  // Should ECS find fault with the form of such an id, nothing is known, and that is no reason to refuse a rollout.
  'InvalidParameterException',
] as const;

/** Whoever is told that an id is unknown was allowed to ask. */
async function unlessUnknown(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (err) {
    if (!isAwsError(err, ...unknownId)) throw err;
  }
}
