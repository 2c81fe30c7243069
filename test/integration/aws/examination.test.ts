import { describe, expect, onTestFinished, test } from 'vitest';
import { type AwsClients, createClients } from '../../../src/aws/clients.js';
import { putDocuments } from '../../../src/aws/documents.js';
import { examineAws } from '../../../src/aws/examination.js';
import type { ExaminationInput, Finding } from '../../../src/model/examination.js';
import { clusterTag } from '../../../src/model/names.js';
import type { FaultInput } from '../../../src/simulator/control/faults.js';
import { parseScenario, type ScenarioInput } from '../../../src/simulator/scenario.js';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.js';
import { shippedPolicy } from '../../support/access.js';

const region = 'eu-central-1';
/** By which the policy that we ship knows the hosts of a cluster. */
const tags = { [clusterTag]: 'prod' };

interface Examined {
  simulator: Simulator;
  clients: AwsClients;
  input: ExaminationInput;
}

/** A cluster with all that rollouts need. */
async function healthy(
  scenario: Partial<ScenarioInput> = {},
  policies: SimulatorOptions['policies'] = [],
): Promise<Examined> {
  const simulator = await startSimulator({
    throttle: false,
    speed: 20,
    policies,
    scenario: parseScenario({
      region,
      cluster: 'prod',
      instances: [{ count: 2, tags, host: {} }],
      ...scenario,
    }),
  });
  const clients = createClients(
    Object.assign(
      { region },
      {
        endpoint: simulator.url,
        credentials: { accessKeyId: 'AKIAUS', secretAccessKey: 'not-a-secret' },
      },
    ),
  );
  onTestFinished(async () => {
    for (const client of Object.values(clients)) client.destroy();
    await simulator.close();
  });
  const { documents } = await putDocuments(clients.ssm, false);
  const cluster = { name: 'prod', arn: `arn:aws:ecs:${region}:123456789012:cluster/prod`, region };
  return { simulator, clients, input: { cluster, documents, rebootsThroughEc2: true } };
}

const examine = ({ clients, input }: Examined): Promise<Finding[]> => examineAws(clients, input);

const about = (findings: readonly Finding[], what: string): Finding | undefined =>
  findings.find((finding) => finding.what === what);

const notOk = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ status, what }) => status !== 'ok' && what !== 'permission ecs:TagResource');

const denied = (action: string): FaultInput => ({ kind: 'refuse', as: 'denied', action, times: 9 });

describe('the examination of a cluster', () => {
  test('finds nothing where everything is there, and changes nothing', async () => {
    const site = await healthy();
    const before = JSON.stringify(site.simulator.state().clusters);
    const findings = await examine(site);
    expect(notOk(findings)).toEqual([]);
    expect(findings.filter(({ what }) => what.startsWith('permission '))).toHaveLength(24);
    expect(about(findings, 'credentials')?.fact).toBe('arn:aws:iam::123456789012:user/AKIAUS');
    expect(about(findings, 'instances')?.fact).toBe('2 of 2 can be reached by ECS and SSM');
    expect(about(findings, 'SSM document ecs-updater-check')?.fact).toBe('version 1, unchanged');
    expect(JSON.stringify(site.simulator.state().clusters)).toBe(before);
    expect(site.simulator.violations()).toEqual([]);
  });

  test.each([
    ['ecs:DescribeContainerInstances', 'DescribeContainerInstances'],
    ['ecs:GetTaskProtection', 'GetTaskProtection'],
    ['ecs:UpdateContainerInstancesState', 'UpdateContainerInstancesState'],
    ['ecs:PutAttributes', 'PutAttributes'],
    ['ecs:UntagResource', 'UntagResource'],
    ['ssm:CancelCommand', 'CancelCommand'],
    ['ssm:ListCommandInvocations', 'ListCommandInvocations'],
    ['ec2:DescribeInstanceStatus', 'DescribeInstanceStatus'],
    ['ssm:SendCommand', 'SendCommand'],
  ])('names %s where it is not allowed, and looks at the rest', async (permission, action) => {
    const site = await healthy();
    site.simulator.fault(denied(action));
    const findings = await examine(site);
    expect(about(findings, `permission ${permission}`)).toMatchObject({
      status: 'failed',
      fact: expect.stringMatching(/AccessDenied|UnauthorizedOperation/),
      remedy: 'Allow this action.',
    });
    const others = notOk(findings).filter(({ what }) => what.startsWith('permission '));
    expect(others).toHaveLength(1);
  });

  test('only warns of what not every cluster needs, or a policy may rightly deny', async () => {
    const site = await healthy({ instances: [{ host: { os: 'amazon-linux-2023' } }] });
    for (const action of ['SendCommand', 'RebootInstances', 'DescribeAutoScalingInstances']) {
      site.simulator.fault(denied(action));
    }
    const findings = notOk(await examine(site));
    expect(findings.map(({ what, status }) => `${status} ${what}`)).toEqual([
      'warning permission autoscaling:DescribeAutoScalingInstances',
      'warning permission ssm:SendCommand',
      'warning permission ec2:RebootInstances',
      'warning instances',
    ]);
  });

  test('finds under the policy that we ship the host without the tag that it asks for', async () => {
    const policies = [
      { document: await shippedPolicy('worker') },
      // Who is examined has put the documents, too.
      { document: await shippedPolicy('operator') },
    ];
    const site = await healthy({ instances: [{ count: 60, tags, host: {} }] }, policies);
    expect(notOk(await examine(site)).map(({ what }) => what)).toEqual(['permission ec2:RebootInstances']);
    site.simulator.reset(
      parseScenario({
        region,
        cluster: 'prod',
        instances: [
          { count: 60, tags, host: {} },
          { ec2InstanceId: 'i-fffffffffffffffff', host: {} },
        ],
      }),
    );
    expect(about(await examine(site), 'permission ssm:SendCommand')).toMatchObject({
      status: 'failed',
      fact: expect.stringContaining(
        `on resource: arn:aws:ec2:${region}:123456789012:instance/i-fffffffffffffffff `,
      ),
      remedy:
        'Allow this action. The policy that we ship allows it for hosts whose tag ecs-updater.cluster names their cluster.',
    });
    const sent = site.simulator.fleet.journal.entries.filter(
      (entry) => entry.kind === 'request' && entry.action === 'SendCommand',
    );
    expect(sent).toMatchObject([{ status: 400 }, { status: 400 }]);
  });

  const services = [{ name: 'web' }, { name: 'from-2019', oldArn: true }];

  test('warns of services whose ARN is old', async () => {
    expect(about(await examine(await healthy({ services })), 'services')).toMatchObject({
      status: 'warning',
      fact: '1 of 2 have an old ARN, without the name of the cluster: from-2019',
    });
  });

  test('says under the policy that we ship that they have to be migrated', async () => {
    const policies = await Promise.all(
      (['worker', 'operator'] as const).map(async (name) => ({ document: await shippedPolicy(name) })),
    );
    const site = await healthy({ services, instances: [{ count: 2, tags, host: {} }] }, policies);
    expect(about(await examine(site), 'services')).toMatchObject({
      status: 'failed',
      fact: expect.stringContaining(':service/from-2019'),
      remedy: expect.stringContaining('migrate those that have an old one'),
    });
  });

  test('names instances that cannot be reached, with what to do', async () => {
    const site = await healthy({
      instances: [
        { ec2InstanceId: 'i-00000000000000001', tags, host: {} },
        { ec2InstanceId: 'i-00000000000000002', host: { ssm: 'never-registered' } },
        { ec2InstanceId: 'i-00000000000000003', agentConnected: false, host: {} },
        { ec2InstanceId: 'i-00000000000000004', host: { os: 'amazon-linux-2023' } },
        { ec2InstanceId: 'i-00000000000000005', kind: 'managed', host: {} },
      ],
    });
    const findings = await examine(site);
    expect(about(findings, 'instances')?.fact).toBe(
      '1 of 3 can be reached by ECS and SSM; 1 without Bottlerocket are left alone; 1 of ECS Managed Instances or ECS Anywhere are left alone',
    );
    expect(about(findings, 'tags')).toMatchObject({
      status: 'warning',
      fact: '2 of 3 hosts lack the tag ecs-updater.cluster=prod: i-00000000000000002, i-00000000000000003',
    });
    expect(about(findings, 'instance i-00000000000000002')).toMatchObject({
      status: 'failed',
      fact: expect.stringContaining('AmazonSSMManagedInstanceCore'),
    });
    expect(about(findings, 'instance i-00000000000000003')?.fact).toContain('its ECS agent is disconnected');
  });

  test('sees documents that are missing, or are not those that were scheduled', async () => {
    const site = await healthy();
    const { documents } = site.input;
    const changed = {
      ...site.input,
      documents: documents && { ...documents, apply: { ...documents.apply, hash: '0'.repeat(64) } },
    };
    expect(about(await examineAws(site.clients, changed), 'SSM document ecs-updater-apply')).toMatchObject({
      status: 'failed',
      fact: 'version 1 was changed since rollouts were scheduled with it',
    });
    const bare = await healthy();
    bare.simulator.reset();
    expect(about(await examineAws(bare.clients, bare.input), 'SSM document ecs-updater-apply')).toMatchObject(
      {
        status: 'failed',
        remedy: 'Run ecs-updater apply, or schedule.',
      },
    );
  });

  test('goes no further than the credentials where they are wrong', async () => {
    const site = await healthy();
    site.simulator.fault({ kind: 'refuse', as: 'unknown-key', action: 'GetCallerIdentity', times: 9 });
    expect(await examine(site)).toEqual([
      {
        what: 'credentials',
        status: 'failed',
        fact: expect.stringContaining('InvalidClientTokenId'),
        remedy:
          'Give it credentials of AWS: a role of its task or machine, AWS_PROFILE, or AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY.',
      },
    ]);
  });

  test('says that the cluster is gone', async () => {
    const site = await healthy();
    const arn = `${site.input.cluster.arn}-old`;
    const findings = await examineAws(site.clients, {
      ...site.input,
      cluster: { ...site.input.cluster, arn },
    });
    expect(about(findings, 'cluster')).toMatchObject({ status: 'failed', fact: `${arn} is missing` });
    expect(about(findings, 'instances')).toMatchObject({ status: 'failed' });
  });
});
