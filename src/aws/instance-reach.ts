import { paginateDescribeInstances } from '@aws-sdk/client-ec2';
import {
  type ContainerInstance,
  DescribeContainerInstancesCommand,
  paginateListContainerInstances,
} from '@aws-sdk/client-ecs';
import { type InstanceInformation, paginateDescribeInstanceInformation } from '@aws-sdk/client-ssm';
import { batches } from '../model/batches.js';
import type { Finding } from '../model/examination.js';
import { explain } from '../model/explain.js';
import { clusterTag, variantAttribute } from '../model/names.js';
import type { Reason } from '../model/reason.js';
import { managedProvidersOf } from './capacity-providers.js';
import type { AwsClients } from './clients.js';
import { everyPage } from './pages.js';
import { look } from './looks.js';

/** More instances of one trouble are counted, not named. */
const mostNamed = 20;

/** Whether every instance can be reached: its ECS agent, and its host through SSM; and has the tag that the policy that we ship asks for. */
export async function examineInstances(
  clients: AwsClients,
  clusterArn: string,
  instances: Promise<Listed>,
): Promise<Finding[]> {
  const troubles: Finding[] = [];
  const listed: string[] = [];
  const summary = await look('instances', async () => {
    const { updatable, others, ofAws } = await instances;
    listed.push(...updatable.map(({ id }) => id));
    const known = await nodesOf(clients, listed);
    for (const { id, agentConnected } of updatable) {
      const reason = agentConnected ? reasonOf(known.get(id)) : ({ code: 'agent-disconnected' } as const);
      if (reason) troubles.push({ what: `instance ${id}`, status: 'failed', fact: explain(reason) });
    }
    const apart = [
      others > 0 ? `; ${others} without Bottlerocket are left alone` : '',
      ofAws > 0 ? `; ${ofAws} of ECS Managed Instances or ECS Anywhere are left alone` : '',
    ].join('');
    const reached = `${updatable.length - troubles.length} of ${updatable.length} can be reached by ECS and SSM${apart}`;
    return updatable.length === 0
      ? { status: 'warning', fact: `none that runs Bottlerocket${apart}` }
      : { status: 'ok', fact: reached };
  });
  const more = troubles.length - mostNamed;
  return [
    summary,
    ...(listed.length > 0 ? [await examineTags(clients, listed, clusterArn)] : []),
    ...troubles.slice(0, mostNamed),
    ...(more > 0
      ? [{ what: 'instances', status: 'failed' as const, fact: `${more} more cannot be reached` }]
      : []),
  ];
}

function examineTags({ ec2 }: AwsClients, ids: readonly string[], clusterArn: string): Promise<Finding> {
  const cluster = clusterArn.slice(clusterArn.lastIndexOf('/') + 1);
  return look('tags', async () => {
    const tagged = new Set<string | undefined>();
    for (const Values of batches(ids, 100)) {
      const pages = paginateDescribeInstances(
        { client: ec2, stopOnSameToken: true },
        { Filters: [{ Name: 'instance-id', Values }] },
      );
      for await (const { Reservations = [] } of everyPage(pages))
        for (const { InstanceId, Tags = [] } of Reservations.flatMap(({ Instances = [] }) => Instances))
          if (Tags.some(({ Key, Value }) => Key === clusterTag && Value === cluster)) tagged.add(InstanceId);
    }
    const bare = ids.filter((id) => !tagged.has(id));
    if (bare.length === 0) return { status: 'ok', fact: `every host has ${clusterTag}=${cluster}` };
    const named = bare.slice(0, mostNamed).join(', ');
    const more = bare.length > mostNamed ? ` and ${bare.length - mostNamed} more` : '';
    return {
      status: 'warning',
      fact: `${bare.length} of ${ids.length} hosts lack the tag ${clusterTag}=${cluster}: ${named}${more}`,
      remedy:
        'The policy that we ship lets commands through only to hosts that have it: tag them (docs/iam.md). If your own policy does not ask for it, leave it so.',
    };
  });
}

/** What of a cluster can be updated, in order, and how much else there is. */
export interface Listed {
  updatable: { id: string; agentConnected: boolean }[];
  /** Without Bottlerocket. */
  others: number;
  /** Of ECS Managed Instances, which AWS patches, or ECS Anywhere. */
  ofAws: number;
}

/** The instances of a cluster. */
export async function listInstances({ ecs }: AwsClients, cluster: string): Promise<Listed> {
  const arns: string[] = [];
  const pages = paginateListContainerInstances({ client: ecs, stopOnSameToken: true }, { cluster });
  for await (const { containerInstanceArns = [] } of everyPage(pages)) arns.push(...containerInstanceArns);
  const found: ContainerInstance[] = [];
  for (const containerInstances of batches(arns, 100)) {
    const answer = await ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances }));
    found.push(...(answer.containerInstances ?? []));
  }
  const managed = await managedProvidersOf(ecs, cluster, found);
  const bottlerocket = found.filter(({ attributes = [] }) =>
    attributes.some(({ name }) => name === variantAttribute),
  );
  const updatable = bottlerocket.flatMap(({ ec2InstanceId, agentConnected, capacityProviderName = '' }) =>
    ec2InstanceId?.startsWith('i-') && !managed.has(capacityProviderName)
      ? [{ id: ec2InstanceId, agentConnected: agentConnected === true }]
      : [],
  );
  return {
    updatable: updatable.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    others: found.length - bottlerocket.length,
    ofAws: bottlerocket.length - updatable.length,
  };
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
