import { DescribeContainerInstancesCommand, paginateListContainerInstances } from '@aws-sdk/client-ecs';
import { type InstanceInformation, paginateDescribeInstanceInformation } from '@aws-sdk/client-ssm';
import { batches } from '../model/batches.js';
import type { Finding } from '../model/examination.js';
import { explain } from '../model/explain.js';
import { variantAttribute } from '../model/names.js';
import type { Reason } from '../model/reason.js';
import type { AwsClients } from './clients.js';
import { everyPage } from './pages.js';
import { look } from './looks.js';

/** More instances of one trouble are counted, not named. */
const mostNamed = 20;

/** Whether every instance can be reached: its ECS agent, and its host through SSM. */
export async function examineInstances(clients: AwsClients, clusterArn: string): Promise<Finding[]> {
  const troubles: Finding[] = [];
  const summary = await look('instances', async () => {
    const { updatable, others } = await listInstances(clients, clusterArn);
    const known = await nodesOf(
      clients,
      updatable.map(({ id }) => id),
    );
    for (const { id, agentConnected } of updatable) {
      const reason = agentConnected ? reasonOf(known.get(id)) : ({ code: 'agent-disconnected' } as const);
      if (reason) troubles.push({ what: `instance ${id}`, status: 'failed', fact: explain(reason) });
    }
    const apart = others > 0 ? `; ${others} without Bottlerocket are left alone` : '';
    const reached = `${updatable.length - troubles.length} of ${updatable.length} can be reached by ECS and SSM${apart}`;
    return updatable.length === 0
      ? { status: 'warning', fact: `none that runs Bottlerocket${apart}` }
      : { status: 'ok', fact: reached };
  });
  const more = troubles.length - mostNamed;
  return [
    summary,
    ...troubles.slice(0, mostNamed),
    ...(more > 0
      ? [{ what: 'instances', status: 'failed' as const, fact: `${more} more cannot be reached` }]
      : []),
  ];
}

/** The instances of a cluster that run Bottlerocket, in order, and how many others there are. */
export async function listInstances(
  { ecs }: AwsClients,
  cluster: string,
): Promise<{ updatable: { id: string; agentConnected: boolean }[]; others: number }> {
  const arns: string[] = [];
  const pages = paginateListContainerInstances({ client: ecs, stopOnSameToken: true }, { cluster });
  for await (const { containerInstanceArns = [] } of everyPage(pages)) arns.push(...containerInstanceArns);
  const updatable: { id: string; agentConnected: boolean }[] = [];
  let others = 0;
  for (const containerInstances of batches(arns, 100)) {
    const answer = await ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances }));
    for (const { ec2InstanceId, agentConnected, attributes = [] } of answer.containerInstances ?? []) {
      const isBottlerocket = attributes.some(({ name }) => name === variantAttribute);
      if (ec2InstanceId && isBottlerocket) {
        updatable.push({ id: ec2InstanceId, agentConnected: agentConnected === true });
      } else others += 1;
    }
  }
  return { updatable: updatable.toSorted((a, b) => (a.id < b.id ? -1 : 1)), others };
}

async function nodesOf(
  { ssm }: AwsClients,
  ids: readonly string[],
): Promise<Map<string, InstanceInformation>> {
  const known = new Map<string, InstanceInformation>();
  for (const Values of batches(ids, 50)) {
    const pages = paginateDescribeInstanceInformation(
      { client: ssm, stopOnSameToken: true },
      { Filters: [{ Key: 'InstanceIds', Values }], MaxResults: 50 },
    );
    for await (const { InstanceInformationList = [] } of everyPage(pages)) {
      for (const node of InstanceInformationList) known.set(node.InstanceId ?? '', node);
    }
  }
  return known;
}

function reasonOf(node: InstanceInformation | undefined): Reason | null {
  if (!node) return { code: 'not-managed-by-ssm' };
  if (node.PingStatus === 'Online') return null;
  return {
    code: 'ssm-offline',
    pingStatus: node.PingStatus ?? 'unknown',
    lastPing: node.LastPingDateTime?.toISOString() ?? null,
  };
}
