import { DescribeInstanceStatusCommand, type EC2Client, type InstanceStatus } from '@aws-sdk/client-ec2';
import type { AwsClients } from '../src/aws/clients.js';
import { isAwsError, present } from '../src/aws/errors.js';
import { readInstance } from './container-instances.js';
import { lostIn } from './lost.js';
import { goneBy } from './machines.js';
import { type Look, poll } from './polling.js';
import { subjectOf } from './subject.js';
import { describeServices, isSteady } from '../src/aws/tasks.js';
import type { Activities, Lost, OnInstance } from './types.js';

/** One good read proves little: an agent may flap, a count may lag. */
const readsThatAgree = 3;

const healthHolds = { awaiting: 'that its health holds', again: 'quickly' } as const;

/** Waits until the agent was connected in three reads, and the EC2 status ok in the first and the last of them. */
export async function waitUntilHealthy(
  clients: AwsClients,
  input: Parameters<Activities['waitUntilHealthy']>[0],
): ReturnType<Activities['waitUntilHealthy']> {
  let good = 0;
  return poll(input.pace, subjectOf(input), async (): Promise<Look<{ kind: 'healthy' } | Lost>> => {
    const now = await readInstance(clients.ecs, input.cluster.arn, input.instance);
    const lost = lostIn(now, input.installation);
    if (lost) return { done: lost };
    const agentConnected = now?.agentConnected === true;
    // EC2 looks at a machine once a minute (EC2 user guide, status checks): between the first good read and the last it has nothing new.
    if (agentConnected && good > 0 && good < readsThatAgree - 1) {
      good += 1;
      return healthHolds;
    }
    const status = await statusOf(clients.ec2, input.instance.ec2InstanceId);
    const gone = goneBy(status?.InstanceState?.Name ?? null);
    if (gone) return { done: gone };
    const problems = problemsOf(status, agentConnected);
    good = problems.length === 0 ? good + 1 : 0;
    if (good === readsThatAgree) return { done: { kind: 'healthy' } };
    return problems.length === 0 ? healthHolds : { awaiting: problems.join(', '), again: 'soon' };
  });
}

/** What is not healthy, in words. */
export async function describeHealth(clients: AwsClients, input: OnInstance): Promise<string> {
  return (await problemsNow(clients, input)).join(', ') || 'it has only just become healthy';
}

/** What is not healthy, in words each. */
export async function problemsNow(clients: AwsClients, input: OnInstance): Promise<string[]> {
  const now = await readInstance(clients.ecs, input.cluster.arn, input.instance);
  const status = await statusOf(clients.ec2, input.instance.ec2InstanceId);
  return problemsOf(status, now?.agentConnected === true);
}

function problemsOf(found: InstanceStatus | undefined, agentConnected: boolean): string[] {
  const statuses: [string, string | undefined, string][] = [
    ['EC2 instance state', found?.InstanceState?.Name, 'running'],
    ['EC2 instance status', found?.InstanceStatus?.Status, 'ok'],
    ['EC2 system status', found?.SystemStatus?.Status, 'ok'],
  ];
  return [
    ...(agentConnected ? [] : ['its ECS agent is not connected']),
    ...statuses.flatMap(([what, is, should]) => (is === should ? [] : [`${what} is ${is ?? 'unknown'}`])),
  ];
}

async function statusOf(ec2: EC2Client, ec2InstanceId: string): Promise<InstanceStatus | undefined> {
  try {
    const { InstanceStatuses } = await ec2.send(
      new DescribeInstanceStatusCommand({ InstanceIds: [ec2InstanceId], IncludeAllInstances: true }),
    );
    return present(InstanceStatuses, 'InstanceStatuses')[0];
  } catch (err) {
    if (isAwsError(err, 'InvalidInstanceID.NotFound')) return undefined;
    throw err;
  }
}

/** Waits until these services are steady in three reads; one that was deleted is. */
export async function waitUntilSteady(
  { ecs }: AwsClients,
  { cluster, services, pace }: Parameters<Activities['waitUntilSteady']>[0],
): Promise<void> {
  let good = 0;
  await poll(pace, cluster.name, async (): Promise<Look<true>> => {
    const found = await describeServices(ecs, cluster.arn, services);
    const unsteady = found
      .filter((service) => !isSteady(service))
      .flatMap(({ serviceName }) => serviceName ?? []);
    good = unsteady.length === 0 ? good + 1 : 0;
    if (good === readsThatAgree) return { done: true };
    return unsteady.length === 0
      ? { awaiting: 'that its services stay steady', again: 'quickly' }
      : { awaiting: `${unsteady.join(', ')} to be steady`, again: 'soon' };
  });
}
