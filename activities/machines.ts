import {
  DescribeInstancesCommand,
  type EC2Client,
  type Instance,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { everyPage } from '../src/aws/pages.js';
import { present, UnreadableAnswer } from '../src/aws/errors.js';
import type { AwsClients } from '../src/aws/clients.js';
import { beat } from './heartbeat.js';
import { batches } from '../src/model/batches.js';
import type { Activities, Lost } from './types.js';

/** States after which an instance serves nobody, or not before somebody starts it again (EC2 user guide, instance lifecycle). */
const ended: ReadonlySet<string> = new Set(['shutting-down', 'terminated', 'stopping', 'stopped']);

/** EC2's tag on every instance of an Auto Scaling group (Auto Scaling user guide). */
const groupTag = 'aws:autoscaling:groupName';

/** A machine as EC2 has it. */
export interface Machine {
  state: string;
  /** Auto Scaling group that launched it; null: none. */
  group: string | null;
}

/** Reads a machine; null: EC2 knows it no more. By filter, as an unknown id would be an error. */
export async function readMachine(ec2: EC2Client, ec2InstanceId: string): Promise<Machine | null> {
  const filters = { Filters: [{ Name: 'instance-id', Values: [ec2InstanceId] }] };
  let token: string | undefined;
  do {
    const { Reservations, NextToken } = await ec2.send(
      new DescribeInstancesCommand({ ...filters, ...(token && { NextToken: token }) }),
    );
    const found = present(Reservations, 'Reservations')[0]?.Instances?.[0];
    if (found) return toMachine(found);
    // What passes a filter may come on any page, also after empty ones.
    if (token && NextToken === token) {
      throw new UnreadableAnswer('EC2 gives the same page again and again');
    }
    token = NextToken;
  } while (token);
  return null;
}

/** Values that a filter may have (API reference, DescribeInstances). */
const mostValues = 200;

/** States of machines by id; null: EC2 knows it no more. */
export async function machineStates(
  { ec2 }: AwsClients,
  { ec2InstanceIds }: Parameters<Activities['machineStates']>[0],
): ReturnType<Activities['machineStates']> {
  const states: Record<string, string | null> = Object.fromEntries(ec2InstanceIds.map((id) => [id, null]));
  for (const batch of batches(ec2InstanceIds, mostValues)) {
    const filters = { Filters: [{ Name: 'instance-id', Values: batch }] };
    const pages = paginateDescribeInstances({ client: ec2, stopOnSameToken: true }, filters);
    for await (const page of everyPage(pages)) {
      for (const { InstanceId, State } of present(page.Reservations, 'Reservations').flatMap(
        ({ Instances = [] }) => Instances,
      )) {
        states[present(InstanceId, 'InstanceId')] = present(State?.Name, 'State');
      }
      beat();
    }
  }
  return states;
}

const toMachine = ({ State, Tags }: Instance): Machine => ({
  state: present(State?.Name, 'State'),
  group: Tags?.find(({ Key }) => Key === groupTag)?.Value ?? null,
});

/** State of a machine; null: EC2 knows it no more. */
export const machineState = async (ec2: EC2Client, ec2InstanceId: string): Promise<string | null> =>
  (await readMachine(ec2, ec2InstanceId))?.state ?? null;

/** Whether a state says that the machine is gone; null: it is there. */
export function goneBy(state: string | null): Lost | null {
  if (state === null) return { kind: 'gone', detail: 'EC2 does not know it any more' };
  return ended.has(state) ? { kind: 'gone', detail: `EC2 says it is ${state}` } : null;
}
