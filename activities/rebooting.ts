import { Context } from '@temporalio/activity';
import type { AwsClients } from '../src/aws/clients.js';
import { commandComment } from '../src/model/names.js';
import { hostTimes } from '../src/model/settings.js';
import { type Invocation, listCommands, readInvocations, sendOnce } from './commands.js';
import { readInstance } from './container-instances.js';
import { deregistered, lostIn, obstacleIn } from './draining.js';
import { excerpt, hostProbeOf } from './host-output.js';
import { type Look, poll } from './polling.js';
import { readHost, readIds } from './reading-hosts.js';
import { subjectOf } from './subject.js';
import { isLive, tasksOn, toTaskRef } from './tasks.js';
import type { Activities } from './types.js';

type OrderResult = Awaited<ReturnType<Activities['orderReboot']>>;
type BootResult = Awaited<ReturnType<Activities['waitForBoot']>>;
type WaitInput = Parameters<Activities['waitForBoot']>[0];

/** Exit code by which the guard of the reboot document refuses an order that comes too late. */
const tooLate = 10;

/** Looks (still DRAINING, ours, no task) and at once sends the guarded reboot. */
export async function orderReboot(
  clients: AwsClients,
  input: Parameters<Activities['orderReboot']>[0],
): Promise<OrderResult> {
  const { cluster, instance, installation, command, bootId, notAfter, pace } = input;
  if (Context.current().info.attempt > 1 && (await findOrder(clients, input, command.commandId)))
    return { kind: 'sent' };
  const now = await readInstance(clients.ecs, cluster.arn, instance.containerInstanceArn);
  const lost = lostIn(now, installation);
  if (lost) return lost;
  const tasks = await tasksOn(clients.ecs, cluster.arn, instance.containerInstanceArn);
  const blocked = await obstacleIn(clients.ecs, cluster.arn, tasks);
  if (blocked) return blocked;
  const left = tasks.filter(isLive);
  if (left.length > 0) return { kind: 'tasks-left', tasks: left.map(toTaskRef) };
  await sendOnce(clients, {
    installation,
    command,
    ec2InstanceIds: [instance.ec2InstanceId],
    parameters: { BootId: bootId, NotAfter: String(notAfter), CommandId: command.commandId },
    pace,
  });
  return { kind: 'sent' };
}

/** SSM's id of the order that we know by ours. */
async function findOrder(
  { ssm }: AwsClients,
  { instance, installation }: Pick<WaitInput, 'instance' | 'installation'>,
  commandId: string,
): Promise<string | null> {
  const comment = commandComment(installation, commandId);
  // The order was given before this activity began, by the workflow task before it.
  const since = new Date(Context.current().info.scheduledTimestampMs - 600_000);
  const commands = await listCommands(ssm, instance.ec2InstanceId, since);
  return commands.find(({ Comment }) => Comment === comment)?.CommandId ?? null;
}

/** What a later attempt needs of an earlier one. */
interface Seen {
  orderId: string | null;
  /** ECS's count of the instance's changes when the wait began. */
  changesBefore: number | null;
  /** Whether the agent went away since. */
  wasAway: boolean;
  /** When the host was read last, ms since the epoch. */
  readAt: number;
}

const isSeen = (value: unknown): value is Seen =>
  typeof value === 'object' && value !== null && 'wasAway' in value;

/** So many slow looks pass before a host whose agent never went away is read all the same. */
const slowLooksPerRead = 3;

/** Waits until the host has a new boot id, or until it is proven that the order never takes effect. */
export async function waitForBoot(clients: AwsClients, input: WaitInput): Promise<BootResult> {
  const { cluster, instance, bootId, notAfter, reboot, pace } = input;
  const before: unknown = Context.current().info.heartbeatDetails;
  const seen: Seen = isSeen(before)
    ? before
    : { orderId: null, changesBefore: null, wasAway: false, readAt: Date.now() };
  const nextId = readIds(reboot.commandId);
  const look = async (): Promise<Look<BootResult>> => {
    const now = await readInstance(clients.ecs, cluster.arn, instance.containerInstanceArn);
    if (!now) return { done: deregistered };
    seen.changesBefore ??= now.changes;
    if (!now.agentConnected) seen.wasAway = true;
    const isBack = now.agentConnected && (seen.wasAway || now.changes > seen.changesBefore + 1);
    if (!isBack && Date.now() - seen.readAt < slowLooksPerRead * pace.slowMs) {
      return { awaiting: now.agentConnected ? 'its reboot' : 'its boot', again: 'soon' };
    }
    seen.readAt = Date.now();
    const output = await readHost(clients, input, nextId(), () => seen);
    if (!output) return { awaiting: 'an answer from the host', again: 'soon' };
    const host = hostProbeOf(output);
    if (host.bootId !== bootId) return { done: { kind: 'booted', host } };

    seen.wasAway = false;
    seen.changesBefore = now.changes;
    const order = await orderNow(clients, input, seen);
    if (order?.exitCode === tooLate && order.status === 'Failed') {
      return {
        done: { kind: 'not-rebooted', why: 'too-late', detail: 'the order came too late and was refused' },
      };
    }
    const voidAt = notAfter + hostTimes.lateEffectSeconds;
    if (host.now > voidAt) {
      const detail = `SSM says ${order?.statusDetails ?? 'nothing'} of the order; ${excerpt(order?.output ?? '')}`;
      return { done: { kind: 'not-rebooted', why: 'refused', detail } };
    }
    return { awaiting: `its reboot, which can come for ${voidAt - host.now} s more`, again: 'slowly' };
  };
  return poll(pace, subjectOf(input), look, () => seen);
}

async function orderNow(clients: AwsClients, input: WaitInput, seen: Seen): Promise<Invocation | undefined> {
  seen.orderId ??= await findOrder(clients, input, input.reboot.commandId);
  return seen.orderId ? (await readInvocations(clients.ssm, seen.orderId))[0] : undefined;
}
