import { z } from 'zod';
import type { Host } from '../host/host.js';
import { AwsError } from '../kernel.js';
import type { Operation } from '../kernel.js';
import type { SsmContext } from './context.js';
import { shapes, ssmOperation, validationError } from './operation.js';
import { page } from './pages.js';

const keys = [
  'InstanceIds',
  'AgentVersion',
  'PingStatus',
  'PlatformTypes',
  'ActivationIds',
  'IamRole',
  'ResourceType',
  'AssociationStatus',
] as const;

const values = z.array(z.string().min(1)).min(1).max(100);

interface Filter {
  key: string;
  values: string[];
}

/** Agent that ships with a recent control container. */
const agentVersion = '3.3.859.0';

/** Whether SendCommand takes it: registered once, and not on its way out. An agent that is away does not matter. */
export function isReachableNode({ hosts }: SsmContext, instanceId: string): boolean {
  const host = hosts.get(instanceId);
  return host !== undefined && isNode(host);
}

const isNode = (host: Host): boolean => host.isManagedBySsm && host.ec2State === 'running';

/** The registered instances that match every target of a SendCommand. */
export function nodesOf(
  context: SsmContext,
  targets: readonly { Key: string; Values: string[] }[],
): string[] {
  return context.hosts
    .all()
    .filter(isNode)
    .map(({ ec2InstanceId }) => ec2InstanceId)
    .filter((id) => targets.every(({ Key, Values }) => matchesTarget(context, id, Key, Values)));
}

function matchesTarget(context: SsmContext, id: string, key: string, wanted: string[]): boolean {
  if (/^instanceids$/i.test(key)) {
    return wanted.includes(id);
  }
  const tags = context.tagsOf(id);
  if (key.startsWith('tag:')) {
    const value = tags[key.slice('tag:'.length)];
    return value !== undefined && wanted.includes(value);
  }
  if (key === 'tag-key') {
    return wanted.some((name) => name in tags);
  }
  throw new AwsError('InvalidTarget', `The target key ${key} is not valid.`);
}

/** DescribeInstanceInformation. Instances that are no more, and those that never registered, are not in it. */
export function describeInstanceInformation(context: SsmContext): Operation {
  return ssmOperation(
    z.object({
      Filters: z.array(z.object({ Key: z.string().min(1), Values: values })).optional(),
      InstanceInformationFilterList: z.array(z.object({ key: z.enum(keys), valueSet: values })).optional(),
      MaxResults: z.int().min(5).max(50).optional(),
      NextToken: shapes.nextToken.optional(),
    }),
    (input) => {
      if (input.Filters && input.InstanceInformationFilterList) {
        throw validationError('Filters and InstanceInformationFilterList cannot be given together.');
      }
      const filters = [
        ...(input.Filters ?? []).map(({ Key, Values }) => ({ key: Key, values: Values })),
        ...(input.InstanceInformationFilterList ?? []).map(({ key, valueSet }) => ({
          key,
          values: valueSet,
        })),
      ];
      filters.forEach((filter) => {
        checkIds(context, filter);
      });
      const nodes = context.hosts
        .all()
        .filter(isNode)
        .filter((host) => filters.every((filter) => matches(context, host, filter)));
      const { items, ...more } = page(
        nodes,
        ({ ec2InstanceId }) => ec2InstanceId,
        input,
        context.pageSize ?? 10,
      );
      return { InstanceInformationList: items.map((host) => informationShape(context, host)), ...more };
    },
  );
}

/** An id that is malformed or nobody's is an error, not an empty answer. */
function checkIds({ hosts }: SsmContext, filter: Filter): void {
  const isUnknown = (id: string): boolean => !shapes.instanceId.safeParse(id).success || !hosts.get(id);
  if (filter.key === 'InstanceIds' && filter.values.some(isUnknown)) {
    throw new AwsError('InvalidInstanceId', 'An instance ID is not valid.');
  }
}

function matches(context: SsmContext, host: Host, filter: Filter): boolean {
  switch (filter.key) {
    case 'InstanceIds':
      return filter.values.includes(host.ec2InstanceId);
    case 'AgentVersion':
      return filter.values.includes(agentVersion);
    case 'PingStatus':
      return filter.values.includes(host.ssmAgent.pingStatus(context.clock.now()));
    case 'PlatformTypes':
    case 'PlatformType':
      return filter.values.includes('Linux');
    case 'ResourceType':
      return filter.values.includes('EC2Instance');
    case 'ActivationIds':
    case 'IamRole':
    case 'AssociationStatus':
      return false;
    default:
      if (filter.key.startsWith('tag')) {
        return matchesTarget(context, host.ec2InstanceId, filter.key, filter.values);
      }
      throw new AwsError('InvalidFilterKey', `The filter key ${filter.key} is not valid.`);
  }
}

function informationShape({ clock }: SsmContext, host: Host): object {
  const { ssmAgent, spec, ec2InstanceId } = host;
  const now = clock.now();
  const address = addressOf(ec2InstanceId);
  return {
    InstanceId: ec2InstanceId,
    PingStatus: ssmAgent.pingStatus(now),
    LastPingDateTime: new Date(ssmAgent.lastPing(now)),
    AgentVersion: agentVersion,
    IsLatestVersion: false,
    PlatformType: 'Linux',
    PlatformName: spec.os === 'bottlerocket' ? 'Bottlerocket' : 'Amazon Linux',
    PlatformVersion: spec.os === 'bottlerocket' ? ssmAgent.reportedVersion : '2023',
    ResourceType: 'EC2Instance',
    IPAddress: address,
    ComputerName: `ip-${address.replaceAll('.', '-')}.ec2.internal`,
    SourceId: ec2InstanceId,
    SourceType: 'AWS::EC2::Instance',
  };
}

/** A private address made of the id, so that it stays the same. */
function addressOf(ec2InstanceId: string): string {
  const digits = Number.parseInt(ec2InstanceId.slice(-4), 16);
  return `10.0.${digits >> 8}.${digits & 255}`;
}
