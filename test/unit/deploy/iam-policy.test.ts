import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decide, parsePolicy, type PolicyDocument } from '../../../src/simulator/iam/policy.js';
import type { AccessRequest } from '../../../src/simulator/iam/request.js';
import { shippedPolicy } from '../../support/access.js';
import { type AccessRecord, type PolicyName, readRecords } from '../../support/access-records.js';
import { unknownToAws } from '../../support/service-authorization.js';

type Statement = PolicyDocument['Statement'][number];

const place = { region: 'eu-central-1', accountId: '123456789012', clusterName: 'prod' };

const policies = {
  worker: (await shippedPolicy('worker')).Statement,
  operator: (await shippedPolicy('operator')).Statement,
};
const names: readonly PolicyName[] = ['worker', 'operator'];

/** What the end-to-end tests asked IAM for; a run of them holds it to what they ask. */
const records = readRecords(readFileSync(new URL('../../recorded-access.json', import.meta.url), 'utf8'));

const filled = (text: string): string =>
  text
    .replaceAll('${AWS::Partition}', 'aws')
    .replaceAll('${AWS::Region}', place.region)
    .replaceAll('${AWS::AccountId}', place.accountId)
    .replaceAll('${ClusterName}', place.clusterName);

const concrete = ({ action, resource, context }: Omit<AccessRecord, 'by'>): AccessRequest => ({
  action,
  resource: filled(resource),
  context: Object.fromEntries(Object.entries(context).map(([key, values]) => [key, values.map(filled)])),
});

const list = (given: string | string[]): string[] => (typeof given === 'string' ? [given] : given);

/** What these statements refuse of the recorded requests of whoever has the policy. */
function refused(name: PolicyName, statements: readonly Statement[]): AccessRecord[] {
  const policy = parsePolicy({ Version: '2012-10-17', Statement: statements }, place);
  return records.filter((record) => record.by === name && decide([policy], concrete(record)) !== 'allowed');
}

/** Every way to take one thing away from a policy: a statement, or an action or a resource of one. */
const lessOne = (statements: readonly Statement[]): { less: string; left: Statement[] }[] =>
  statements.flatMap((statement, index) => {
    const { Sid = '', Action, Resource } = statement;
    const instead = (less: string, ...by: Statement[]) => ({
      less,
      left: statements.toSpliced(index, 1, ...by),
    });
    const [actions, resources] = [list(Action), list(Resource)];
    return [
      instead(Sid),
      ...(actions.length > 1
        ? actions.map((one) =>
            instead(`${one} of ${Sid}`, { ...statement, Action: actions.filter((other) => other !== one) }),
          )
        : []),
      ...(resources.length > 1
        ? resources.map((one) =>
            instead(`${one} of ${Sid}`, {
              ...statement,
              Resource: resources.filter((other) => other !== one),
            }),
          )
        : []),
    ];
  });

test('the page on permissions tells of every statement of both policies, in order', () => {
  const page = readFileSync(new URL('../../../docs/iam.md', import.meta.url), 'utf8');
  const told = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, sid]) => sid);
  expect(told).toEqual(names.flatMap((name) => policies[name].map(({ Sid }) => Sid)));
});

describe.each(names)('the policy of the %s', (name) => {
  test('allows all that the end-to-end tests asked for', () => {
    expect(records.filter(({ by }) => by === name).length).toBeGreaterThan(10);
    expect(refused(name, policies[name])).toEqual([]);
  });

  test.each(lessOne(policies[name]))('less $less refuses something of it', ({ left }) => {
    expect(refused(name, left)).not.toEqual([]);
  });

  test('has statements that allow, each with a name of its own', () => {
    const sids = policies[name].map(({ Sid }) => Sid);
    expect(new Set(sids).size).toBe(sids.length);
    expect(sids).not.toContain(undefined);
    expect(policies[name].every(({ Effect }) => Effect === 'Allow')).toBe(true);
    expect(policies[name].flatMap(({ Action }) => list(Action)).filter((one) => /[*?]/.test(one))).toEqual(
      [],
    );
  });

  // IAM counts no white space (IAM user guide, quotas); names as long as AWS takes them.
  test('fits into a managed policy, whatever the names', () => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: policies[name] })
      .replaceAll('${AWS::Partition}', 'aws-us-gov')
      .replaceAll('${AWS::Region}', 'ap-southeast-1')
      .replaceAll('${AWS::AccountId}', place.accountId)
      .replaceAll('${ClusterName}', 'c'.repeat(255));
    expect(text.length).toBeLessThan(6144);
  });

  test.each(policies[name])(
    '$Sid names resources and condition keys as AWS has them for its actions',
    async (statement) => {
      const unknown = await unknownToAws({ ...statement, Resource: list(statement.Resource).map(filled) });
      expect(unknown).toEqual([]);
    },
  );
});

const ecs = 'arn:aws:ecs:eu-central-1:123456789012';
const document = 'arn:aws:ssm:eu-central-1:123456789012:document';
const instance = 'arn:aws:ec2:eu-central-1:123456789012:instance/i-0123456789abcdef0';
const key = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd';
const here = { 'aws:RequestedRegion': ['eu-central-1'] };
const elsewhere = { 'aws:RequestedRegion': ['us-east-1'] };

test.each<[what: string, action: string, resource: string, context: AccessRequest['context']]>([
  [
    'drain an instance of another cluster',
    'ecs:UpdateContainerInstancesState',
    `${ecs}:container-instance/test/one`,
    {},
  ],
  [
    'drain one of a cluster whose name begins alike',
    'ecs:UpdateContainerInstancesState',
    `${ecs}:container-instance/prod-2/one`,
    {},
  ],
  ['list the tasks of another cluster', 'ecs:ListTasks', '*', { 'ecs:cluster': [`${ecs}:cluster/test`] }],
  ['list the tasks of whatever cluster', 'ecs:ListTasks', '*', {}],
  ['run a task', 'ecs:RunTask', `${ecs}:task-definition/web:1`, { 'ecs:cluster': [`${ecs}:cluster/prod`] }],
  ['stop a task', 'ecs:StopTask', `${ecs}:task/prod/one`, { 'ecs:cluster': [`${ecs}:cluster/prod`] }],
  ['change a service', 'ecs:UpdateService', `${ecs}:service/prod/web`, {}],
  ['lift the protection of a task', 'ecs:UpdateTaskProtection', `${ecs}:task/prod/one`, {}],
  ['deregister an instance', 'ecs:DeregisterContainerInstance', `${ecs}:cluster/prod`, {}],
  [
    'write another tag on the cluster',
    'ecs:TagResource',
    `${ecs}:cluster/prod`,
    { 'aws:TagKeys': ['ecs-updater.quarantined/1.26.1', 'Owner'] },
  ],
  [
    'remove another tag from the cluster',
    'ecs:UntagResource',
    `${ecs}:cluster/prod`,
    { 'aws:TagKeys': ['Owner'] },
  ],
  [
    'tag a service',
    'ecs:TagResource',
    `${ecs}:service/prod/web`,
    { 'aws:TagKeys': ['ecs-updater.quarantined/1.26.1'] },
  ],
  ['send another document', 'ssm:SendCommand', `${document}/AWS-RunShellScript`, here],
  ["send AWS's own", 'ssm:SendCommand', 'arn:aws:ssm:eu-central-1::document/AWS-RunShellScript', here],
  ['send one named like ours', 'ssm:SendCommand', `${document}/ecs-updater-check-2`, here],
  ['command an instance without the tag', 'ssm:SendCommand', instance, here],
  [
    'command one of another cluster',
    'ssm:SendCommand',
    instance,
    { ...here, 'ssm:resourceTag/ecs-updater.cluster': ['test'] },
  ],
  [
    'command a machine outside EC2',
    'ssm:SendCommand',
    'arn:aws:ssm:eu-central-1:123456789012:managed-instance/mi-0123456789abcdef0',
    { 'ssm:resourceTag/ecs-updater.cluster': ['prod'] },
  ],
  ['change a document of its own', 'ssm:UpdateDocument', `${document}/ecs-updater-check`, here],
  ['create one', 'ssm:CreateDocument', `${document}/ecs-updater-check`, here],
  [
    'make another version the default',
    'ssm:UpdateDocumentDefaultVersion',
    `${document}/ecs-updater-check`,
    here,
  ],
  ['cancel commands in another Region', 'ssm:CancelCommand', '*', elsewhere],
  ['look at machines in another Region', 'ec2:DescribeInstances', '*', elsewhere],
  ['reboot an instance without the tag', 'ec2:RebootInstances', instance, here],
  [
    'reboot one of another cluster',
    'ec2:RebootInstances',
    instance,
    { ...here, 'aws:ResourceTag/ecs-updater.cluster': ['test'] },
  ],
  ['terminate one', 'ec2:TerminateInstances', instance, { 'aws:ResourceTag/ecs-updater.cluster': ['prod'] }],
  ['tag an instance, and so bring it within reach', 'ec2:CreateTags', instance, here],
  ['publish to a topic of another name', 'sns:Publish', 'arn:aws:sns:eu-central-1:123456789012:alarms', here],
  ['tag the cluster with nothing', 'ecs:TagResource', `${ecs}:cluster/prod`, {}],
  ['assume a role of another name', 'sts:AssumeRole', 'arn:aws:iam::123456789012:role/admin', {}],
  [
    'assume a role of another account, unless its ARN is written there',
    'sts:AssumeRole',
    'arn:aws:iam::210987654321:role/ecs-updater',
    {},
  ],
  ['decrypt what is not ours', 'kms:Decrypt', key, {}],
  [
    'decrypt what another application encrypted',
    'kms:Decrypt',
    key,
    { 'kms:EncryptionContext:application': ['billing'] },
  ],
  [
    'make data keys',
    'kms:GenerateDataKeyWithoutPlaintext',
    key,
    { 'kms:EncryptionContext:application': ['ecs-updater'] },
  ],
])('the worker may not %s', (_what, action, resource, context) => {
  const policy = parsePolicy({ Version: '2012-10-17', Statement: policies.worker }, place);
  expect(decide([policy], { action, resource, context })).toBe('not-allowed');
});
