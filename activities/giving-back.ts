import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { DeleteAttributesCommand, UpdateContainerInstancesStateCommand } from '@aws-sdk/client-ecs';
import type { Command } from '@aws-sdk/client-ssm';
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { AwsClients } from '../src/aws/clients.js';
import { failureTypes } from '../src/model/failure-types.js';
import { commentPrefix, drainedAttribute } from '../src/model/names.js';
import { isOurs } from '../src/model/ownership.js';
import { hostTimes } from '../src/model/settings.js';
import { cancelCommand, listCommands, readInvocations } from './commands.js';
import { readInstance } from './container-instances.js';
import { deregistered, lostIn } from './draining.js';
import { hostProbeOf } from './host-output.js';
import { type Look, poll } from './polling.js';
import { readHost, readIds } from './reading-hosts.js';
import { subjectOf } from './subject.js';
import type { Activities, OnInstance } from './types.js';

/** Sets ACTIVE an instance that we drained and EC2 runs, then removes our mark. */
export async function activate(
  { ecs, ec2 }: AwsClients,
  input: OnInstance,
): ReturnType<Activities['activate']> {
  const { cluster, instance, installation } = input;
  const { containerInstanceArn, ec2InstanceId } = instance;
  const now = await readInstance(ecs, cluster.arn, containerInstanceArn);
  if (!now) return deregistered;
  if (now.status !== 'ACTIVE') {
    const lost = lostIn(now, installation);
    if (lost) return lost;
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [ec2InstanceId] }] }),
    );
    const state = Reservations?.[0]?.Instances?.[0]?.State?.Name ?? 'unknown to EC2';
    if (state !== 'running') return { kind: 'gone', detail: `EC2 says it is ${state}` };
    const { failures } = await ecs.send(
      new UpdateContainerInstancesStateCommand({
        cluster: cluster.arn,
        containerInstances: [containerInstanceArn],
        status: 'ACTIVE',
      }),
    );
    const reason = failures?.[0]?.reason;
    if (reason === 'INACTIVE' || reason === 'MISSING')
      return { kind: 'gone', detail: `ECS says it is ${reason}` };
    if (reason) {
      throw ApplicationFailure.create({
        message: `${subjectOf(input)}: ECS refused to set it ACTIVE: ${reason}`,
        type: failureTypes.unavailable,
      });
    }
  }
  // Last: a mark on an ACTIVE instance is harmless, a DRAINING instance without one would be nobody's.
  if (isOurs(now.mark, installation)) {
    await ecs.send(
      new DeleteAttributesCommand({
        cluster: cluster.arn,
        attributes: [{ name: drainedAttribute, targetId: containerInstanceArn }],
      }),
    );
  }
  return { kind: 'activated' };
}

type Quiet = Awaited<ReturnType<Activities['waitUntilQuiet']>>;

/** Waits until nothing that this installation sent since then can still act on the host. What was sent is read from SSM's own record. */
export async function waitUntilQuiet(
  clients: AwsClients,
  input: Parameters<Activities['waitUntilQuiet']>[0],
): Promise<Quiet> {
  const { cluster, instance, installation, documents, since, commandId, pace } = input;
  const nextId = readIds(commandId);
  return poll(pace, subjectOf(input), async (): Promise<Look<Quiet>> => {
    const now = await readInstance(clients.ecs, cluster.arn, instance.containerInstanceArn);
    if (!now) return { done: deregistered };
    const ours = (await listCommands(clients.ssm, instance.ec2InstanceId, new Date(since))).filter(
      ({ Comment, DocumentName }) =>
        Comment?.startsWith(commentPrefix(installation)) && DocumentName !== documents.check.name,
    );
    for (const { CommandId, Status } of ours) {
      if (CommandId && (Status === 'Pending' || Status === 'InProgress')) {
        await cancelCommand(clients.ssm, CommandId, [instance.ec2InstanceId]);
      }
    }
    const output = await readHost(clients, { ...input, check: documents.check }, nextId());
    if (!output) return { awaiting: 'an answer from the host', again: 'soon' };
    const host = hostProbeOf(output);
    // An apply holds the update lock as long as it works, whatever SSM says of its command.
    if (host.locked) return { awaiting: 'the end of an update that is being written', again: 'soon' };
    const orders = ours.filter(({ DocumentName }) => DocumentName === documents.reboot.name).map(orderOf);
    const rebooted = orders.some((order) => order.bootId !== host.bootId);
    for (const order of orders) {
      if (order.bootId !== host.bootId || (await wasRefused(clients, order.commandId))) continue;
      const secondsLeft = order.notAfter + hostTimes.lateEffectSeconds - host.now;
      if (secondsLeft >= 0)
        return { awaiting: `a reboot that can come for ${secondsLeft} s more`, again: 'soon' };
    }
    return { done: { kind: 'quiet', rebooted, version: host.runningVersion } };
  });
}

interface RebootOrder {
  commandId: string;
  bootId: string;
  /** Seconds since the epoch, by the host's clock. */
  notAfter: number;
}

const orderOf = ({ CommandId, Parameters }: Command): RebootOrder => ({
  commandId: CommandId ?? '',
  bootId: Parameters?.['BootId']?.[0] ?? '',
  notAfter: Number(Parameters?.['NotAfter']?.[0] ?? Number.NaN),
});

/** Exit codes by which the guard of the reboot document refuses: too late, already booted. */
const refusals: ReadonlySet<number> = new Set([10, 11]);

async function wasRefused({ ssm }: AwsClients, commandId: string): Promise<boolean> {
  const [invocation] = await readInvocations(ssm, commandId);
  return invocation?.status === 'Failed' && refusals.has(invocation.exitCode ?? -1);
}

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
