import { Context } from '@temporalio/activity';
import type { AwsClients } from '../src/aws/clients.js';
import { findSent, type Invocation, readInvocations, sendNow } from './commands.js';
import { readInstance } from './container-instances.js';
import { obstacleIn } from './draining.js';
import { deregistered, lostIn } from './lost.js';
import { excerpt, hostProbeOf } from './host-output.js';
import { goneBy, machineState } from './machines.js';
import { type Look, poll } from './polling.js';
import { readHost, readIds } from './reading-hosts.js';
import { isAwsError } from '../src/aws/errors.js';
import { refusalOf, secondsOpen } from './reboot-orders.js';
import { subjectOf } from './subject.js';
import { isLive, tasksOn, toTaskRef } from '../src/aws/tasks.js';
import type { Activities, Blocked, Lost, OnInstance } from './types.js';
import type { TaskRef } from '../src/model/instance.js';

type OrderResult = Awaited<ReturnType<Activities['orderReboot']>>;
type BootResult = Awaited<ReturnType<Activities['waitForBoot']>>;
type WaitInput = Parameters<Activities['waitForBoot']>[0];

/** Looks (still DRAINING, ours, no task) and at once sends the guarded reboot. */
export async function orderReboot(
  clients: AwsClients,
  input: Parameters<Activities['orderReboot']>[0],
): Promise<OrderResult> {
  const { instance, installation, command, bootId, notAfter, pace } = input;
  const order = { installation, command, ec2InstanceIds: [instance.ec2InstanceId], pace };
  const mayBeSent = Context.current().info.attempt > 1;
  // Before the look, not between it and the order.
  if (mayBeSent && (await findSent(clients, order))) return { kind: 'sent' };
  const inTheWay = await inTheWayOfReboot(clients, input);
  // What SSM does not list may have been sent all the same: its lists lag.
  if (inTheWay) return { ...inTheWay, ...(mayBeSent && { mayBeSent }) };
  try {
    await sendNow(clients, {
      ...order,
      parameters: { BootId: bootId, NotAfter: String(notAfter), CommandId: command.commandId },
    });
    return { kind: 'sent' };
  } catch (err) {
    // SSM has lost the host since: its agent is away, or the machine has ended.
    if (!(err instanceof Error) || !isAwsError(err, 'InvalidInstanceId')) throw err;
    const detail = `SSM does not take the order: InvalidInstanceId: ${excerpt(err.message)}`;
    return { kind: 'refused', detail, ...(mayBeSent && { mayBeSent }) };
  }
}

/** What keeps the host from a reboot: its state, or a task; null: it is still DRAINING, ours and empty. */
export async function inTheWayOfReboot(
  { ecs }: AwsClients,
  { cluster, instance, installation }: OnInstance,
): Promise<{ kind: 'tasks-left'; tasks: TaskRef[] } | Blocked | Lost | null> {
  const lookAtInstance = () => readInstance(ecs, cluster.arn, instance);
  const lostBefore = lostIn(await lookAtInstance(), installation);
  if (lostBefore) return lostBefore;
  const tasks = await tasksOn(ecs, cluster.arn, instance.containerInstanceArn);
  const blocked = await obstacleIn(ecs, cluster.arn, tasks);
  const left = tasks.filter(isLive);
  // Last: as long as it is DRAINING nothing is placed there, and its count shows a task that began after the list.
  const now = await lookAtInstance();
  const lost = lostIn(now, installation);
  if (lost) return lost;
  if (blocked) return blocked;
  return left.length > 0 || now?.tasks !== 0 ? { kind: 'tasks-left', tasks: left.map(toTaskRef) } : null;
}

/** What a later attempt needs of an earlier one. */
interface Seen {
  orderId: string | null;
  /** ECS's count of the instance's changes when the wait began. */
  changesBefore: number | null;
  /** Whether the agent went away since. */
  wasAway: boolean;
  /** Looks, of all attempts, at which it was away. */
  absentLooks: number;
  /** When the host was read last, ms since the epoch. */
  readAt: number;
}

const isSeen = (value: unknown): value is Seen =>
  typeof value === 'object' && value !== null && 'absentLooks' in value;

/** After so many looks at an absent agent, and again after as many, EC2 is asked: a machine that ends while its agent is away stays in ECS. */
const looksPerMachine = 20;

/** A host whose agent never went away is read all the same after so many slow looks' time. */
const slowLooksPerRead = 2.5;

/** No host has been seen back in less than this many slow looks (aws-facts, timings: 27 s and more). */
const looksBeforeBoot = 1;

/** Waits until the host has a new boot id, or until it is proven that the order never takes effect. */
export async function waitForBoot(clients: AwsClients, input: WaitInput): Promise<BootResult> {
  const { cluster, instance, bootId, notAfter, reboot, pace } = input;
  const before: unknown = Context.current().info.heartbeatDetails;
  const seen: Seen = isSeen(before)
    ? before
    : { orderId: null, changesBefore: null, wasAway: false, absentLooks: 0, readAt: Date.now() };
  const nextId = readIds(reboot.commandId);
  let looks = 0;
  const goneNow = async () => goneBy(await machineState(clients.ec2, instance.ec2InstanceId));
  const look = async (): Promise<Look<BootResult>> => {
    const now = await readInstance(clients.ecs, cluster.arn, instance);
    if (!now) return { done: deregistered };
    seen.changesBefore ??= now.changes;
    if (!now.agentConnected) {
      seen.wasAway = true;
      seen.absentLooks += 1;
      const gone = seen.absentLooks % looksPerMachine === 0 ? await goneNow() : null;
      if (gone) return { done: gone };
    }
    const isBack = now.agentConnected && (seen.wasAway || now.changes > seen.changesBefore + 1);
    if (!isBack && Date.now() - seen.readAt < slowLooksPerRead * pace.slowMs) {
      looks += 1;
      const again = looks <= looksBeforeBoot ? 'slowly' : 'soon';
      return { awaiting: now.agentConnected ? 'its reboot' : 'its boot', again };
    }
    seen.readAt = Date.now();
    const output = await readHost(clients, input, nextId(), 'booting', () => seen);
    if (!output) {
      const gone = await goneNow();
      return gone ? { done: gone } : { awaiting: 'an answer from the host', again: 'soon' };
    }
    const host = hostProbeOf(output);
    if (host.bootId !== bootId) return { done: { kind: 'booted', host } };

    seen.wasAway = false;
    seen.changesBefore = now.changes;
    const order = await orderNow(clients, input, seen);
    const refusal = refusalOf(order);
    if (refusal) return { done: { kind: 'not-rebooted', ...refusal } };
    const secondsLeft = secondsOpen({ notAfter }, host.now);
    if (secondsLeft === 0) {
      const detail = `SSM says ${order?.statusDetails ?? 'nothing'} of the order; ${excerpt(order?.output ?? '')}`;
      return { done: { kind: 'not-rebooted', why: 'refused', detail } };
    }
    return { awaiting: `its reboot, which can come for ${secondsLeft} s more`, again: 'slowly' };
  };
  return poll(pace, subjectOf(input), look, () => seen);
}

async function orderNow(clients: AwsClients, input: WaitInput, seen: Seen): Promise<Invocation | undefined> {
  const { instance, installation, reboot, pace } = input;
  seen.orderId ??= await findSent(clients, {
    installation,
    command: reboot,
    ec2InstanceIds: [instance.ec2InstanceId],
    pace,
  });
  return seen.orderId ? (await readInvocations(clients.ssm, seen.orderId))[0] : undefined;
}
