import { type AutoScalingClient, DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
import type { AwsClients } from '../src/aws/clients.js';
import { present } from '../src/aws/errors.js';
import { goneBy, readMachine } from './machines.js';
import type { Lost } from './types.js';

/**
 * States in which a group takes the machine, or its root volume, away (Auto Scaling user guide, instance lifecycle). An instance on Standby or
 * being detached goes on living. One that the group merely calls unhealthy may do so, too: whoever suspends ReplaceUnhealthy means it to.
 */
const ending = /^(Warmed:)?Terminat|^ReplacingRootVolume/;

/** Whether the Auto Scaling group of this name is ending the instance; null: it is not. */
export async function goneByGroup(
  autoScaling: AutoScalingClient,
  ec2InstanceId: string,
  group: string,
): Promise<Lost | null> {
  const { AutoScalingInstances } = await autoScaling.send(
    new DescribeAutoScalingInstancesCommand({ InstanceIds: [ec2InstanceId] }),
  );
  // A group that does not list it has let it go: what becomes of it is not the group's any more.
  const [found] = present(AutoScalingInstances, 'AutoScalingInstances');
  const state = found?.LifecycleState ?? '';
  return ending.test(state)
    ? { kind: 'gone', detail: `its Auto Scaling group ${group} says it is ${state}` }
    : null;
}

/** Whether EC2, or the machine's Auto Scaling group, has ended or is ending it; null: neither. */
export async function goneInEc2(
  { ec2, autoScaling }: AwsClients,
  ec2InstanceId: string,
): Promise<Lost | null> {
  const machine = await readMachine(ec2, ec2InstanceId);
  const gone = goneBy(machine?.state ?? null);
  if (gone || !machine?.group) return gone;
  return goneByGroup(autoScaling, ec2InstanceId, machine.group);
}
