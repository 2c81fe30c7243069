import { DescribeInstancesCommand, DescribeInstanceStatusCommand } from '@aws-sdk/client-ec2';
import {
  CancelCommandCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
} from '@aws-sdk/client-ssm';
import { DeleteAttributesCommand } from '@aws-sdk/client-ecs';
import type { AwsClients } from '../src/aws/clients.js';
import { isAwsError } from '../src/aws/errors.js';
import { drainedAttribute } from '../src/model/names.js';

/** Ids that nobody has. */
const noInstance = 'i-00000000000000000';
const noContainer = '00000000000000000000000000000000';
const noCommand = '00000000-0000-0000-0000-000000000000';

/**
 * Makes the calls that are needed first when an instance is out of service already, in a way that does nothing, so that one that is denied stops the
 * rollout before. `looksOnly` leaves out what is needed only to take something back.
 */
export async function tryLaterCalls(
  { ecs, ec2, ssm }: AwsClients,
  clusterArn: string,
  looksOnly: boolean,
): Promise<void> {
  await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [noInstance] }] }));
  await ec2.send(new DescribeInstanceStatusCommand({ MaxResults: 5 }));
  await ssm.send(new ListCommandsCommand({ MaxResults: 1 }));
  await unlessUnknown(() => ssm.send(new ListCommandInvocationsCommand({ CommandId: noCommand })));
  await unlessUnknown(() =>
    ssm.send(new GetCommandInvocationCommand({ CommandId: noCommand, InstanceId: noInstance })),
  );
  if (looksOnly) return;
  await unlessUnknown(() => ssm.send(new CancelCommandCommand({ CommandId: noCommand })));
  const mark = { name: drainedAttribute, targetType: 'container-instance', targetId: noContainer } as const;
  await unlessUnknown(() =>
    ecs.send(new DeleteAttributesCommand({ cluster: clusterArn, attributes: [mark] })),
  );
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
