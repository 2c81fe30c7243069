import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { present } from '../src/aws/errors.js';
import type { Lost } from './types.js';

/** States after which an instance serves nobody, or not before somebody starts it again (EC2 user guide, instance lifecycle). */
const ended: ReadonlySet<string> = new Set(['shutting-down', 'terminated', 'stopping', 'stopped']);

/** State of a machine; null: EC2 knows it no more. By filter, as an unknown id would be an error. */
export async function machineState(ec2: EC2Client, ec2InstanceId: string): Promise<string | null> {
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [ec2InstanceId] }] }),
  );
  return present(Reservations, 'Reservations')[0]?.Instances?.[0]?.State?.Name ?? null;
}

/** Whether a state says that the machine is gone; null: it is there. */
export function goneBy(state: string | null): Lost | null {
  if (state === null) return { kind: 'gone', detail: 'EC2 does not know it any more' };
  return ended.has(state) ? { kind: 'gone', detail: `EC2 says it is ${state}` } : null;
}
