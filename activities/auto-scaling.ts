import { type AutoScalingClient, DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
import { present } from '../src/aws/errors.js';
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
