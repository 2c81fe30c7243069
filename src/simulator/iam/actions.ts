import { z } from 'zod';
import type { ServiceName } from '../kernel.js';
import type { AccessRequest } from './request.js';
import type { Resources } from './resources.js';

type Input = Record<string, unknown>;

/** The account and Region whose requests are looked at. */
export interface Place {
  region: string;
  accountId: string;
}

/** How IAM sees an operation (Service Authorization Reference): for an operation of the same name as its action. */
interface Row {
  /** ARNs of all resources that a call names. `*` where the action has no resource types, or takes a call that names none. */
  resources: (input: Input, place: Place) => readonly string[];
  /** Condition keys with the tags of a resource, each up to the name of the tag. */
  resourceTags?: readonly string[];
  /** Keys of tags that a call sets or removes. */
  tagKeys?: (input: Input) => readonly string[];
  /** Tags that a call sets. */
  tags?: (input: Input) => Readonly<Record<string, string>>;
  /** More condition keys. */
  keys?: (input: Input, place: Place) => Readonly<Record<string, string | undefined>>;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** A member of each item of a list. */
const members = (value: unknown, name: string): string[] =>
  texts(
    Array.isArray(value)
      ? value.map((item: unknown) => new Map<string, unknown>(Object.entries(Object(item))).get(name))
      : [],
  );

const arnOf = (service: string, { region, accountId }: Place, resource: string): string =>
  `arn:aws:${service}:${region}:${accountId}:${resource}`;

/** The ARN that a name stands for; an ARN stands for itself. */
const byName = (service: string, place: Place, type: string, reference: string): string =>
  reference.startsWith('arn:') ? reference : arnOf(service, place, `${type}/${reference}`);

const clusterArn = (input: Input, place: Place): string =>
  byName('ecs', place, 'cluster', text(input['cluster']) ?? 'default');

/** Something within the cluster that a call names. */
const inCluster =
  (type: string, referencesOf: (input: Input) => readonly string[]) =>
  (input: Input, place: Place): string[] => {
    const cluster = clusterArn(input, place).replace(/^.*:cluster\//, '');
    return referencesOf(input).map((reference) => byName('ecs', place, `${type}/${cluster}`, reference));
  };

const all = (): readonly string[] => ['*'];
const ecsTags = ['aws:ResourceTag/', 'ecs:ResourceTag/'];
const ecsCluster = (input: Input, place: Place) => ({ 'ecs:cluster': clusterArn(input, place) });
const one = (name: string) => (input: Input) => [text(input[name]) ?? '*'];

const onCluster: Row = { resources: (input, place) => [clusterArn(input, place)], resourceTags: ecsTags };
const within = (type: string, referencesOf: (input: Input) => readonly string[]): Row => ({
  resources: inCluster(type, referencesOf),
  resourceTags: ecsTags,
  keys: ecsCluster,
});
const ecsResource: Row = { resources: one('resourceArn'), resourceTags: ecsTags };

const tagSchema = z.array(z.object({ key: z.string(), value: z.string().default('') })).catch([]);

/** Tags of a request as ECS has them. */
const tagsOf = ({ tags }: Input): Record<string, string> =>
  Object.fromEntries(tagSchema.parse(tags).map(({ key, value }) => [key, value]));

const ecs: Record<string, Row> = {
  DescribeClusters: {
    resources: ({ clusters }, place) => {
      const named = texts(clusters);
      return (named.length > 0 ? named : ['default']).map((name) => byName('ecs', place, 'cluster', name));
    },
    resourceTags: ecsTags,
  },
  ListClusters: { resources: all },
  DescribeCapacityProviders: {
    resources: ({ capacityProviders }, place) =>
      capacityProviders === undefined
        ? ['*']
        : texts(capacityProviders).map((name) => byName('ecs', place, 'capacity-provider', name)),
  },
  ListContainerInstances: onCluster,
  DeregisterContainerInstance: onCluster,
  DescribeContainerInstances: within('container-instance', (input) => texts(input['containerInstances'])),
  UpdateContainerInstancesState: within('container-instance', (input) => texts(input['containerInstances'])),
  ListAttributes: onCluster,
  PutAttributes: within('container-instance', (input) => members(input['attributes'], 'targetId')),
  DeleteAttributes: within('container-instance', (input) => members(input['attributes'], 'targetId')),
  // Without an instance ECS asks IAM for *, or for every instance of the cluster; both have been seen. The first is the stricter here.
  ListTasks: {
    ...within('container-instance', (input) => texts([input['containerInstance']])),
    resources: (input, place) =>
      input['containerInstance'] === undefined
        ? ['*']
        : inCluster('container-instance', one('containerInstance'))(input, place),
  },
  DescribeTasks: within('task', (input) => texts(input['tasks'])),
  RunTask: {
    resources: (input, place) => [
      byName('ecs', place, 'task-definition', text(input['taskDefinition']) ?? '*'),
    ],
    keys: ecsCluster,
  },
  StopTask: within('task', one('task')),
  GetTaskProtection: within('task', (input) => texts(input['tasks'])),
  UpdateTaskProtection: within('task', (input) => texts(input['tasks'])),
  ListServices: { resources: all, keys: ecsCluster },
  DescribeServices: within('service', (input) => texts(input['services'])),
  UpdateService: within('service', one('service')),
  TagResource: { ...ecsResource, tags: tagsOf, tagKeys: (input) => Object.keys(tagsOf(input)) },
  UntagResource: { ...ecsResource, tagKeys: (input) => texts(input['tagKeys']) },
  ListTagsForResource: ecsResource,
};

const document = (name: string): Row => ({
  resources: (input, place) => [byName('ssm', place, 'document', text(input[name]) ?? '*')],
});

const ssm: Record<string, Row> = {
  CreateDocument: document('Name'),
  UpdateDocument: document('Name'),
  UpdateDocumentDefaultVersion: document('Name'),
  GetDocument: document('Name'),
  DescribeDocument: document('Name'),
  DeleteDocument: document('Name'),
  ListDocuments: { resources: all },
  SendCommand: {
    // The document and every instance, each of which has to be allowed. Targets by tags may be any instance.
    resources: (input, place) => [
      ...document('DocumentName').resources(input, place),
      ...texts(input['InstanceIds']).map((id) =>
        id.startsWith('mi-')
          ? arnOf('ssm', place, `managed-instance/${id}`)
          : arnOf('ec2', place, `instance/${id}`),
      ),
      ...(input['Targets'] === undefined ? [] : [arnOf('ec2', place, 'instance/*')]),
    ],
    resourceTags: ['aws:ResourceTag/', 'ssm:resourceTag/'],
  },
  CancelCommand: { resources: all },
  GetCommandInvocation: { resources: all },
  ListCommandInvocations: { resources: all },
  ListCommands: { resources: all },
  DescribeInstanceInformation: { resources: all },
};

const ec2Region = (_input: Input, { region }: Place) => ({ 'ec2:Region': region });
const machines: Row = {
  resources: (input, place) => texts(input['InstanceId']).map((id) => arnOf('ec2', place, `instance/${id}`)),
  resourceTags: ['aws:ResourceTag/', 'ec2:ResourceTag/'],
  keys: ec2Region,
};

const ec2: Record<string, Row> = {
  DescribeInstances: { resources: all, keys: ec2Region },
  DescribeInstanceStatus: { resources: all, keys: ec2Region },
  RebootInstances: machines,
  TerminateInstances: machines,
};

const autoscaling: Record<string, Row> = {
  DescribeAutoScalingInstances: { resources: all },
  DescribeAutoScalingGroups: { resources: all },
  // Which group an instance is in is not in the call.
  TerminateInstanceInAutoScalingGroup: {
    resources: (_input, place) => [arnOf('autoscaling', place, 'autoScalingGroup:*:autoScalingGroupName/*')],
  },
};

const sts: Record<string, Row> = {
  AssumeRole: {
    resources: one('RoleArn'),
    keys: (input) => ({
      'sts:ExternalId': text(input['ExternalId']),
      'sts:RoleSessionName': text(input['RoleSessionName']),
    }),
  },
};

const sns: Record<string, Row> = {
  Publish: { resources: (input) => [text(input['TopicArn']) ?? text(input['TargetArn']) ?? '*'] },
};

/** A call with an alias, or without a key, is for a key that only KMS knows: here it is asked for as *, which is the stricter. */
const onKey: Row = {
  resources: (input, place) => {
    const reference = text(input['KeyId']) ?? '*';
    return [
      /^(\*|alias\/.*|arn:.*:alias\/.*)$/.test(reference) ? '*' : byName('kms', place, 'key', reference),
    ];
  },
  resourceTags: ['aws:ResourceTag/'],
  keys: ({ EncryptionContext: context }) =>
    typeof context === 'object' && context !== null
      ? Object.fromEntries(
          Object.entries(context).map(([key, value]) => [`kms:EncryptionContext:${key}`, text(value)]),
        )
      : {},
};

const kms: Record<string, Row> = {
  Decrypt: onKey,
  GenerateDataKey: onKey,
  GenerateDataKeyWithoutPlaintext: onKey,
};

const rows: Record<ServiceName, Record<string, Row>> = { ecs, ssm, ec2, autoscaling, sts, sns, kms };

/** Operations that nobody needs a permission for (STS API reference, GetCallerIdentity). */
const free: ReadonlySet<string> = new Set(['sts:GetCallerIdentity']);

/** What IAM is asked for a call: one request for each resource; none where no permission is needed. Throws for an operation that the simulator does not have. */
export function accessRequests(
  service: ServiceName,
  operation: string,
  input: Input,
  place: Place,
  { arnOf: ownArnOf, tagsOf: tagsOfArn }: Resources,
): AccessRequest[] {
  const action = `${service}:${operation}`;
  if (free.has(action)) return [];
  const row = Object.hasOwn(rows[service], operation) ? rows[service][operation] : undefined;
  if (!row) throw new TypeError(`nothing says what IAM is asked for ${action}`);
  const shared = { 'aws:RequestedRegion': [place.region], ...sharedContext(row, input, place) };
  return [...new Set(row.resources(input, place))].map((resource) => ({
    action,
    resource: ownArnOf(resource),
    context: {
      ...shared,
      ...Object.fromEntries(
        [...tagsOfArn(resource)].flatMap(([key, value]) =>
          (row.resourceTags ?? []).map((prefix) => [prefix + key, [value]]),
        ),
      ),
    },
  }));
}

function sharedContext({ keys, tags, tagKeys }: Row, input: Input, place: Place): Record<string, string[]> {
  const given = Object.entries(keys?.(input, place) ?? {}).flatMap(([key, value]): [string, string[]][] =>
    value === undefined ? [] : [[key, [value]]],
  );
  const tagged = Object.entries(tags?.(input) ?? {}).map(([key, value]): [string, string[]] => [
    `aws:RequestTag/${key}`,
    [value],
  ]);
  return {
    ...Object.fromEntries([...given, ...tagged]),
    ...(tagKeys && { 'aws:TagKeys': [...tagKeys(input)] }),
  };
}
