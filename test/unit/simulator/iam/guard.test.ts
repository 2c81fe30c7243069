import { DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import {
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  ListTasksCommand,
  PutAttributesCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { PublishCommand } from '@aws-sdk/client-sns';
import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AttachedPolicy } from '../../../../src/simulator/iam/guard.js';
import type { PolicyDocument } from '../../../../src/simulator/iam/policy.js';
import type { AccessRequest } from '../../../../src/simulator/iam/request.js';
import type { ScenarioInput } from '../../../../src/simulator/scenario.js';
import { type Bench, cluster, found, startBench, threeInstances, us } from '../support.js';

type Statement = PolicyDocument['Statement'][number];

const document = (...statements: Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

const allow = (
  Action: string | string[],
  Resource = '*',
  Condition: Statement['Condition'] = {},
): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  Condition,
});

const account = 'eu-central-1:123456789012';
const me = `arn:aws:iam::123456789012:user/${us}`;

const start = (
  statements: Statement[],
  more: Partial<ScenarioInput> = {},
  attached: Partial<AttachedPolicy> = {},
) =>
  startBench(
    { instances: threeInstances, ...more },
    { policies: [{ document: document(...statements), ...attached }] },
  );

const look = new DescribeClustersCommand({ clusters: [cluster] });

const because = (action: string) => `because no identity-based policy allows the ${action} action`;

describe('who has no permission is told so as each service does', () => {
  const instance = 'i-0123456789abcdef0';

  test.each([
    [
      'ECS',
      ({ ecs }: Bench) => ecs.send(new ListTasksCommand({ cluster })),
      'AccessDeniedException',
      400,
      `User: ${me} is not authorized to perform: ecs:ListTasks on resource: * ${because('ecs:ListTasks')}`,
    ],
    [
      'ECS on something',
      ({ ecs }: Bench) =>
        ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances: ['none'] })),
      'AccessDeniedException',
      400,
      `User: ${me} is not authorized to perform: ecs:DescribeContainerInstances on resource: arn:aws:ecs:${account}:container-instance/${cluster}/none ${because('ecs:DescribeContainerInstances')}`,
    ],
    [
      'Systems Manager',
      ({ ssm }: Bench) => ssm.send(new SendCommandCommand({ DocumentName: 'none', InstanceIds: [instance] })),
      'AccessDeniedException',
      400,
      `User: ${me} is not authorized to perform: ssm:SendCommand on resource: arn:aws:ssm:${account}:document/none ${because('ssm:SendCommand')}`,
    ],
    [
      'EC2',
      ({ ec2 }: Bench) => ec2.send(new DescribeInstancesCommand({})),
      'UnauthorizedOperation',
      403,
      `You are not authorized to perform this operation. User: ${me} is not authorized to perform: ec2:DescribeInstances ${because('ec2:DescribeInstances')}`,
    ],
    [
      'EC2 on something',
      ({ ec2 }: Bench) => ec2.send(new RebootInstancesCommand({ InstanceIds: [instance], DryRun: true })),
      'UnauthorizedOperation',
      403,
      `You are not authorized to perform this operation. User: ${me} is not authorized to perform: ec2:RebootInstances on resource: arn:aws:ec2:${account}:instance/${instance} ${because('ec2:RebootInstances')}`,
    ],
    [
      'Auto Scaling',
      ({ autoScaling }: Bench) => autoScaling.send(new DescribeAutoScalingInstancesCommand({})),
      'AccessDenied',
      403,
      `User: ${me} is not authorized to perform: autoscaling:DescribeAutoScalingInstances ${because('autoscaling:DescribeAutoScalingInstances')}`,
    ],
    [
      'STS',
      ({ sts }: Bench) =>
        sts.send(
          new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/none', RoleSessionName: 'us' }),
        ),
      'AccessDenied',
      403,
      `User: ${me} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/none ${because('sts:AssumeRole')}`,
    ],
    [
      'SNS',
      ({ sns }: Bench) =>
        sns.send(new PublishCommand({ TopicArn: `arn:aws:sns:${account}:none`, Message: 'x' })),
      'AuthorizationErrorException',
      403,
      `User: ${me} is not authorized to perform: SNS:Publish on resource: arn:aws:sns:${account}:none ${because('SNS:Publish')}`,
    ],
    // What is asked about does not exist in any of these: who may not ask is not told.
  ])('%s', async (_service, call, name, status, message) => {
    const bench = await start([allow('ecs:DescribeClusters')]);
    await expect(call(bench)).rejects.toMatchObject({
      name,
      message,
      $metadata: { httpStatusCode: status },
    });
  });

  test('an explicit Deny has words of its own', async () => {
    const bench = await start([allow('*'), { Effect: 'Deny', Action: 'ecs:Describe*', Resource: '*' }]);
    await expect(bench.ecs.send(look)).rejects.toMatchObject({
      message: `User: ${me} is not authorized to perform: ecs:DescribeClusters on resource: arn:aws:ecs:${account}:cluster/${cluster} with an explicit deny in an identity-based policy`,
    });
  });

  test('who asks who they are needs no permission', async () => {
    const bench = await start([allow('ecs:DescribeClusters')]);
    await expect(bench.sts.send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({ Arn: me });
  });
});

/** Instances of which all but c have tags. */
const tagged = (tags: Record<string, string>) =>
  threeInstances.map((one) => (one.name === 'c' ? one : { ...one, tags }));

describe('a call on several resources', () => {
  test('needs a permission for each, and takes no effect on those for which there is one', async () => {
    const of = (name: string) => bench.instance(name);
    const bench = await start([allow('*', `arn:aws:ecs:${account}:container-instance/${cluster}/*`)], {
      otherClusters: [{ cluster: 'other', instances: [{ host: { version: '1.26.0' } }] }],
    });
    const [theirs] = found(bench.simulator.fleet.ecs.clusters.get('other')).instances.values();
    const drain = (...containerInstances: string[]) =>
      bench.ecs.send(
        new UpdateContainerInstancesStateCommand({ cluster, containerInstances, status: 'DRAINING' }),
      );
    await expect(drain(of('a').arn, found(theirs).arn)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`on resource: ${found(theirs).arn} `),
    });
    expect(of('a').status).toBe('ACTIVE');
    await drain(of('a').arn, of('b').id);
    expect(of('b').status).toBe('DRAINING');
  });

  test('which are targets of attributes', async () => {
    const bench = await start([
      allow('ecs:PutAttributes', `arn:aws:ecs:${account}:container-instance/other/*`),
    ]);
    const attribute = { name: 'a', value: 'b', targetId: bench.instance('a').arn };
    await expect(
      bench.ecs.send(new PutAttributesCommand({ cluster, attributes: [attribute] })),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('is a command: its document and its instances, these by their tags', async () => {
    const bench = await start(
      [
        allow('ssm:SendCommand', `arn:aws:ssm:${account}:document/AWS-RunShellScript`),
        allow('ssm:SendCommand', `arn:aws:ec2:${account}:instance/*`, {
          StringEquals: { 'ssm:resourceTag/of': 'us' },
        }),
      ],
      { instances: tagged({ of: 'us' }) },
    );
    const send = (...names: string[]) =>
      bench.ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunShellScript',
          InstanceIds: names.map((name) => bench.instance(name).ec2InstanceId),
          Parameters: { commands: ['true'] },
        }),
      );
    await expect(send('a', 'b')).resolves.toHaveProperty('Command.CommandId');
    await expect(send('a', 'c')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`instance/${bench.instance('c').ec2InstanceId} `),
    });
    const untagged = new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript',
      Targets: [{ Key: 'tag:of', Values: ['us'] }],
      Parameters: { commands: ['true'] },
    });
    await expect(bench.ssm.send(untagged)).rejects.toMatchObject({
      message: expect.stringContaining(`arn:aws:ec2:${account}:instance/* `),
    });
  });
});

describe('a policy', () => {
  test('holds for those who have it; others may do everything', async () => {
    const bench = await start([allow('ecs:DescribeClusters')], {}, { principals: [us] });
    const list = new ListTasksCommand({ cluster });
    await expect(bench.ecs.send(list)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(bench.clientsOf('AKIAOTHERS').ecs.send(list)).resolves.toHaveProperty('taskArns');
  });

  test('of a role holds for its sessions, whoever assumed it', async () => {
    const bench = await start(
      [allow('ssm:*')],
      { roles: [{ name: 'updater' }] },
      { principals: ['assumed-role/updater'] },
    );
    const { Credentials } = await bench.sts.send(
      new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/updater', RoleSessionName: 'one' }),
    );
    const sts = new STSClient({
      endpoint: bench.simulator.url,
      region: 'eu-central-1',
      credentials: {
        accessKeyId: found(Credentials?.AccessKeyId),
        secretAccessKey: found(Credentials?.SecretAccessKey),
        sessionToken: found(Credentials?.SessionToken),
      },
    });
    onTestFinished(() => {
      sts.destroy();
    });
    const again = new AssumeRoleCommand({
      RoleArn: 'arn:aws:iam::123456789012:role/updater',
      RoleSessionName: 'two',
    });
    await expect(sts.send(again)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^User: arn:aws:sts::123456789012:assumed-role\/updater\/one is not authorized/,
      ),
    });
  });

  test('is there once for each cluster of the account, its placeholders filled in', async () => {
    const resource = 'arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:cluster/${ClusterName}';
    const bench = await start([allow('ecs:DescribeClusters', resource)], {
      otherClusters: [{ cluster: 'other', instances: [{ host: { version: '1.26.0' } }] }],
    });
    const both = new DescribeClustersCommand({ clusters: [cluster, 'other'] });
    expect((await bench.ecs.send(both)).clusters).toHaveLength(2);
    const third = new DescribeClustersCommand({ clusters: [cluster, 'third'] });
    await expect(bench.ecs.send(third)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('holds also after a reset, for the cluster that there is then', async () => {
    const bench = await start([allow('ecs:DescribeClusters', 'arn:aws:ecs:*:*:cluster/${ClusterName}')]);
    const { scenario } = bench.simulator.fleet;
    bench.simulator.reset({ ...scenario, cluster: 'next' });
    await expect(bench.ecs.send(look)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const next = new DescribeClustersCommand({ clusters: ['next'] });
    await expect(bench.ecs.send(next)).resolves.toMatchObject({ clusters: [{}] });
  });
});

test('whoever starts it is told what was asked, also of what was refused', async () => {
  const asked: [string, AccessRequest, string, object][] = [];
  const bench = await startBench(
    { instances: threeInstances },
    {
      policies: [{ document: document(allow('ecs:DescribeClusters')) }],
      observeAccess: (...told) => asked.push(told),
    },
  );
  await bench.ecs.send(look);
  const unknown = new GetCommandInvocationCommand({
    CommandId: '00000000-0000-0000-0000-000000000000',
    InstanceId: 'i-0123456789abcdef0',
  });
  await expect(bench.ssm.send(unknown)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(asked).toEqual([
    [
      us,
      {
        action: 'ecs:DescribeClusters',
        resource: `arn:aws:ecs:${account}:cluster/${cluster}`,
        context: { 'aws:RequestedRegion': ['eu-central-1'] },
      },
      'allowed',
      look.input,
    ],
    [
      us,
      {
        action: 'ssm:GetCommandInvocation',
        resource: '*',
        context: { 'aws:RequestedRegion': ['eu-central-1'] },
      },
      'not-allowed',
      unknown.input,
    ],
  ]);
});
