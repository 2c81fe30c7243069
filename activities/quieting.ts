import type { Command } from '@aws-sdk/client-ssm';
import type { AwsClients } from '../src/aws/clients.js';
import { commandComment, commentPrefix } from '../src/model/names.js';
import { ApplyWatch } from './applies.js';
import { cancelCommand, type Invocation, isOver, listCommands, readInvocations } from './commands.js';
import { readInstance } from './container-instances.js';
import { deregistered } from './lost.js';
import { hostProbeOf } from './host-output.js';
import { goneBy, machineState } from './machines.js';
import { type Look, poll } from './polling.js';
import { readHost, readIds } from './reading-hosts.js';
import { orderOf, refusalOf, secondsOpen } from './reboot-orders.js';
import { subjectOf } from './subject.js';
import type { Activities } from './types.js';

type Input = Parameters<Activities['waitUntilQuiet']>[0];
type Quiet = Awaited<ReturnType<Activities['waitUntilQuiet']>>;

/** A command of ours that does something to its host, and how far SSM says it is there; null: not listed yet. */
interface Act {
  command: Command;
  invocation: Invocation | null;
}

/**
 * Waits until nothing that this installation sent since then can still act on the host. What was sent is read from SSM's own record, and
 * read again at the end: what was sent a moment ago is not listed yet.
 */
export async function waitUntilQuiet(clients: AwsClients, input: Input): Promise<Quiet> {
  const { cluster, instance, documents, commandId, pace } = input;
  const nextId = readIds(commandId);
  const applyWatch = new ApplyWatch();
  let sawNothing = false;
  return poll(pace, subjectOf(input), async (): Promise<Look<Quiet>> => {
    if (!(await readInstance(clients.ecs, cluster.arn, instance))) {
      return { done: deregistered };
    }
    const acts = await actsOf(clients, input);
    if (acts.length === 0) {
      if (sawNothing) {
        const unlisted = input.orders.length;
        return { done: { kind: 'quiet', rebooted: false, version: null, unlisted, reboots: 0 } };
      }
      sawNothing = true;
      return { awaiting: 'that SSM lists what was sent just now', again: 'soon' };
    }
    await callOff(clients, input, acts);

    const output = await readHost(clients, { ...input, check: documents.check }, nextId());
    if (!output) {
      const gone = goneBy(await machineState(clients.ec2, instance.ec2InstanceId));
      return gone ? { done: gone } : { awaiting: 'an answer from the host', again: 'soon' };
    }
    const host = hostProbeOf(output);
    const ofReboot = ({ command }: Act) => command.DocumentName === documents.reboot.name;
    const reboots = acts.filter(ofReboot).map((act) => ({ ...act, order: orderOf(act.command) }));
    const tookEffect = reboots.filter(({ order }) => order.bootId !== host.bootId);
    const bootOrderedAt = Math.max(...tookEffect.map(sentAt));

    // A reboot is ordered only after an apply is over; a later one is of another update, as that reboot is of an earlier one.
    const applies = acts.filter((act) => !ofReboot(act) && sentAt(act) > bootOrderedAt);
    const rebooted = tookEffect.length > 0 && acts.every((act) => sentAt(act) <= bootOrderedAt);
    const open = applies.filter(({ invocation }) => !invocation || !isOver(invocation));
    if (open.length > 0) {
      const status = open[0]?.invocation?.statusDetails ?? 'nothing yet';
      return { awaiting: `the end of an update (SSM says ${status})`, again: 'soon' };
    }
    if (applies.length > 0) {
      const invocations = applies.flatMap(({ invocation }) => invocation ?? []);
      const over = applyWatch.read(invocations, output);
      if (over !== 'over') return { ...over, again: 'soon' };
    }
    for (const { order, invocation } of reboots) {
      if (order.bootId !== host.bootId || refusalOf(invocation ?? undefined)) continue;
      const seconds = secondsOpen(order, host.now);
      if (seconds > 0) return { awaiting: `a reboot that can come for ${seconds} s more`, again: 'slowly' };
    }
    const known = new Set(acts.map(({ command }) => command.CommandId));
    const since = await commandsOf(clients, input);
    if (since.some(({ CommandId }) => !known.has(CommandId))) {
      return { awaiting: 'the end of what was sent just now', again: 'quickly' };
    }
    const unlisted = unlistedOf(input, since);
    const version = host.runningVersion;
    return { done: { kind: 'quiet', rebooted, version, unlisted, reboots: reboots.length } };
  });
}

/** How many of the orders are not among these commands. */
function unlistedOf({ installation, orders }: Input, commands: readonly Command[]): number {
  const comments = new Set(commands.map(({ Comment }) => Comment));
  return orders.filter((id) => !comments.has(commandComment(installation, id))).length;
}

/** When SSM got it, by its own clock. */
const sentAt = ({ command }: Act): number => command.RequestedDateTime?.getTime() ?? 0;

/** Applies and reboots that we sent; checks change nothing. */
async function commandsOf({ ssm }: AwsClients, input: Input): Promise<Command[]> {
  const { instance, installation, documents, since } = input;
  const commands = await listCommands(ssm, instance.ec2InstanceId, new Date(since));
  return commands.filter(
    ({ Comment, DocumentName }) =>
      Comment?.startsWith(commentPrefix(installation)) && DocumentName !== documents.check.name,
  );
}

async function actsOf(clients: AwsClients, input: Input): Promise<Act[]> {
  const commands = await commandsOf(clients, input);
  return Promise.all(
    commands.map(async (command) => {
      const invocations = await readInvocations(clients.ssm, command.CommandId ?? '');
      const { ec2InstanceId } = input.instance;
      return { command, invocation: invocations.find((one) => one.ec2InstanceId === ec2InstanceId) ?? null };
    }),
  );
}

async function callOff(clients: AwsClients, { instance }: Input, acts: readonly Act[]): Promise<void> {
  for (const { command, invocation } of acts) {
    const isOpen = !invocation || (!isOver(invocation) && invocation.status !== 'Cancelling');
    if (isOpen) await cancelCommand(clients.ssm, command.CommandId ?? '', [instance.ec2InstanceId]);
  }
}
