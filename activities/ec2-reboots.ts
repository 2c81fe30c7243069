import { RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { AwsClients } from '../src/aws/clients.js';
import { answerWasLost } from '../src/aws/errors.js';
import { hostTimes } from '../src/model/settings.js';
import { readInstance } from './container-instances.js';
import { problemsNow } from './health.js';
import { hostProbeOf } from './host-output.js';
import { deregistered } from './lost.js';
import { goneBy, machineState } from './machines.js';
import { type Look, poll } from './polling.js';
import { readHost, readIds } from './reading-hosts.js';
import { inTheWayOfReboot } from './rebooting.js';
import { subjectOf } from './subject.js';
import type { Activities } from './types.js';

type BootResult = Awaited<ReturnType<Activities['waitForEc2Boot']>>;

/** Looks (still DRAINING, ours, no task) and at once has EC2 reboot the host. */
export async function rebootThroughEc2(
  clients: AwsClients,
  input: Parameters<Activities['rebootThroughEc2']>[0],
): ReturnType<Activities['rebootThroughEc2']> {
  if (input.unlessHealthy && (await problemsNow(clients, input)).length === 0) return { kind: 'healthy' };
  const inTheWay = await inTheWayOfReboot(clients, input);
  if (inTheWay) return inTheWay;
  try {
    await clients.ec2Once.send(new RebootInstancesCommand({ InstanceIds: [input.instance.ec2InstanceId] }));
  } catch (err) {
    // Where it was called off, or this worker had slept, the request never left it.
    if (err instanceof ApplicationFailure || err instanceof CancelledFailure) throw err;
    // EC2 keeps no record of reboots: whether this one was taken, nobody can tell.
    if (!answerWasLost(err)) throw err;
  }
  return { kind: 'sent' };
}

/** The first answer since the reboot was ordered, which a later attempt needs, too. */
interface First {
  bootId: string;
  /** Seconds since the epoch, by the host's clock. */
  now: number;
}

const isFirst = (value: unknown): value is First =>
  typeof value === 'object' && value !== null && 'bootId' in value && 'now' in value;

/** Waits until the host can be read in another boot, or until no reboot can come any more. */
export async function waitForEc2Boot(
  clients: AwsClients,
  input: Parameters<Activities['waitForEc2Boot']>[0],
): Promise<BootResult> {
  const { cluster, instance, bootId, commandId, pace } = input;
  const before: unknown = Context.current().info.heartbeatDetails;
  let first = isFirst(before) ? before : undefined;
  const nextId = readIds(commandId);
  const look = async (): Promise<Look<BootResult>> => {
    if (!(await readInstance(clients.ecs, cluster.arn, instance))) {
      return { done: deregistered };
    }
    const gone = goneBy(await machineState(clients.ec2, instance.ec2InstanceId));
    if (gone) return { done: gone };
    const output = await readHost(clients, input, nextId(), 'booting', () => first);
    if (!output) return { awaiting: 'an answer from the host', again: 'soon' };
    const host = hostProbeOf(output);
    first ??= { bootId: host.bootId, now: host.now };
    const known = bootId ?? first.bootId;
    if (host.bootId !== known) return { done: { kind: 'booted', host } };
    const secondsLeft = first.now + hostTimes.ec2RebootSeconds - host.now;
    if (secondsLeft <= 0) return { done: { kind: 'booted', host } };
    return { awaiting: `its reboot, which can come for ${secondsLeft} s more`, again: 'slowly' };
  };
  return poll(pace, subjectOf(input), look, () => first);
}
