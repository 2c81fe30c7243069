import { UpdateContainerInstancesStateCommand } from '@aws-sdk/client-ecs';
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { AwsClients } from '../src/aws/clients.js';
import { present } from '../src/aws/errors.js';
import { failureTypes } from '../src/model/failure-types.js';
import { drainedAttribute, failedAttribute } from '../src/model/names.js';
import { isOurs } from '../src/model/ownership.js';
import { goneByGroup } from './auto-scaling.js';
import { readInstance, removeAttributes } from './container-instances.js';
import { deregistered, lostIn } from './lost.js';
import { remember } from './failure-memory.js';
import { beat, wasLeft } from './heartbeat.js';
import { goneBy, readMachine } from './machines.js';
import { type Look, poll } from './polling.js';
import { subjectOf } from './subject.js';
import type { Activities, OnInstance } from './types.js';

/** Writes down what failed, sets ACTIVE an instance that we drained and EC2 runs, then removes our mark. */
export async function activate(
  { ecs, ec2, autoScaling }: AwsClients,
  input: Parameters<Activities['activate']>[0],
): ReturnType<Activities['activate']> {
  const { cluster, instance, installation } = input;
  const { containerInstanceArn, ec2InstanceId } = instance;
  const now = await readInstance(ecs, cluster.arn, instance);
  if (!now) return deregistered;
  if (now.status === 'DRAINING' && wasLeft('activated') && isOurs(now.mark, installation)) {
    await removeAttributes(ecs, cluster.arn, containerInstanceArn, [drainedAttribute]);
    return { kind: 'taken-over', status: now.status };
  }
  if (now.status !== 'ACTIVE') {
    const lost = lostIn(now, installation);
    if (lost) return lost;
    if (now.mark?.held) return { kind: 'held', since: now.mark.since };
    const machine = await readMachine(ec2, ec2InstanceId);
    const gone = goneBy(machine?.state ?? null);
    if (gone) return gone;
    if (machine?.state !== 'running') throw notYet(input, `EC2 says it is ${machine?.state}`);
    const goneWithGroup = machine.group && (await goneByGroup(autoScaling, ec2InstanceId, machine.group));
    if (goneWithGroup) return goneWithGroup;
  }
  // Before it serves again: a crash in between must not lose it.
  await remember(ecs, input, now.failure);
  if (now.status !== 'ACTIVE') {
    const { containerInstances, failures } = await ecs.send(
      new UpdateContainerInstancesStateCommand({
        cluster: cluster.arn,
        containerInstances: [containerInstanceArn],
        status: 'ACTIVE',
      }),
    );
    const reason = failures?.[0]?.reason;
    // Also MISSING: whether it is gone the next attempt reads, and believes it only the second time.
    if (reason) throw notYet(input, `ECS refused to set it ACTIVE: ${reason}`);
    // Who lost the mark of an instance that is DRAINING still would have lost the instance.
    present(containerInstances?.[0], 'containerInstances');
    beat(activated);
  }
  const over = [
    ...(isOurs(now.mark, installation) ? [drainedAttribute] : []),
    ...(input.memory?.kind === 'forget' && now.failure ? [failedAttribute] : []),
  ];
  // Last: a mark on an ACTIVE instance is harmless, a DRAINING instance without one would be nobody's.
  if (over.length > 0) await removeAttributes(ecs, cluster.arn, containerInstanceArn, over);
  return { kind: 'activated' };
}

/** What an attempt leaves to the next: who sees DRAINING and our mark after that looks at somebody else's drain. */
const activated = { activated: true };

const notYet = (input: OnInstance, fact: string): ApplicationFailure =>
  ApplicationFailure.create({ message: `${subjectOf(input)}: ${fact}`, type: failureTypes.unavailable });

/** Waits until a workflow of another run has closed. */
export async function waitForWorkflow({
  workflowId,
  pace,
}: Parameters<Activities['waitForWorkflow']>[0]): Promise<void> {
  const { client } = Context.current();
  await poll(pace, workflowId, async (): Promise<Look<true>> => {
    try {
      const { status } = await client.workflow.getHandle(workflowId).describe();
      return status.name === 'RUNNING' ? { awaiting: 'its end', again: 'slowly' } : { done: true };
    } catch (err) {
      if (err instanceof WorkflowNotFoundError) return { done: true };
      throw err;
    }
  });
}
