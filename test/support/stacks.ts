import { makeAuthority } from './cloud-front.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { makeStack, type Place, readTemplate, type Stack } from './cloudformation.js';
import { projectFolder } from './dockerfile.js';

/** Reads a file of this repository. */
export const readFile = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const statement = z.looseObject({
  Sid: z.string(),
  Effect: z.literal('Allow'),
  Action: oneOrMore,
  Resource: oneOrMore,
});

/** A statement of an IAM policy, its actions and resources as lists. */
export type Statement = z.infer<typeof statement>;

const policyDocument = z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(statement) });

/** The statements of a policy file, with `values` for its placeholders. */
export function policyStatements(
  values: Record<string, string>,
  file = 'deploy/iam-policy.json',
): Statement[] {
  const text = readFile(file).replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${file}: ${name} is not known here`);
    return value;
  });
  return policyDocument.parse(JSON.parse(text)).Statement;
}

const role = z.strictObject({
  RoleName: z.string().optional(),
  Description: z.string(),
  AssumeRolePolicyDocument: z.strictObject({
    Version: z.literal('2012-10-17'),
    Statement: z.array(z.unknown()),
  }),
  PermissionsBoundary: z.string().optional(),
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: policyDocument })),
});

const container = z.looseObject({
  Environment: z.array(z.strictObject({ Name: z.string(), Value: z.string() })),
  Secrets: z.array(z.strictObject({ Name: z.string(), ValueFrom: z.string() })),
  HealthCheck: z.strictObject({
    Command: z.array(z.string()),
    Interval: z.number(),
    Timeout: z.number(),
    StartPeriod: z.number(),
    Retries: z.number(),
  }),
  PortMappings: z.array(z.strictObject({ ContainerPort: z.number(), Protocol: z.literal('tcp') })),
  StopTimeout: z.number(),
  LogConfiguration: z.strictObject({
    LogDriver: z.literal('awslogs'),
    Options: z.record(z.string(), z.string()),
  }),
});

const openings = z.array(
  z.strictObject({
    Description: z.string(),
    IpProtocol: z.literal('tcp'),
    FromPort: z.coerce.number(),
    ToPort: z.coerce.number(),
    CidrIp: z.string(),
  }),
);

const securityGroup = z.looseObject({
  SecurityGroupEgress: openings,
  SecurityGroupIngress: openings.default([]),
});

const metricFilter = z.strictObject({
  LogGroupName: z.string(),
  FilterPattern: z.string(),
  MetricTransformations: z.array(
    z.strictObject({
      MetricNamespace: z.string(),
      MetricName: z.string(),
      MetricValue: z.literal('1'),
      DefaultValue: z.literal(0),
    }),
  ),
});

/** The properties of a resource; throws where the stack has none of that name. */
export function propertiesOf(stack: Stack, name: string): Record<string, unknown> {
  const found = stack.resources[name];
  if (!found) throw new Error(`the stack has no ${name}`);
  return found.properties;
}

/** A role of a stack; a member that is not known here is an error, as a managed policy would be. */
export const roleOf = (stack: Stack, name: string): z.infer<typeof role> =>
  role.parse(propertiesOf(stack, name));

/** What a role of a stack may do, or what one policy of it says. */
export const statementsOf = (stack: Stack, name: string, policy?: string): Statement[] =>
  roleOf(stack, name)
    .Policies.filter(({ PolicyName }) => policy === undefined || PolicyName === policy)
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);

/** The container of the worker. */
export const containerOf = (stack: Stack): z.infer<typeof container> =>
  z.looseObject({ ContainerDefinitions: z.tuple([container]) }).parse(propertiesOf(stack, 'TaskDefinition'))
    .ContainerDefinitions[0];

/** Where the worker's security group lets through. */
export function openingsOf(stack: Stack): Record<'out' | 'into', string[]> {
  const { SecurityGroupEgress, SecurityGroupIngress } = securityGroup.parse(
    propertiesOf(stack, 'SecurityGroup'),
  );
  return { out: SecurityGroupEgress.map(opening), into: SecurityGroupIngress.map(opening) };
}

const opening = ({ FromPort, ToPort, CidrIp }: z.infer<typeof openings>[number]): string =>
  `${FromPort}-${ToPort} ${CidrIp}`;

/** The metric filters of a stack, by the metrics that they make. */
export const metricFiltersOf = (stack: Stack): { metric: string; pattern: string; logGroup: string }[] =>
  Object.values(stack.resources)
    .filter(({ type }) => type === 'AWS::Logs::MetricFilter')
    .map(({ properties }) => metricFilter.parse(properties))
    .flatMap(({ LogGroupName: logGroup, FilterPattern: pattern, MetricTransformations }) =>
      MetricTransformations.map(({ MetricNamespace, MetricName }) => ({
        metric: `${MetricNamespace} ${MetricName}`,
        pattern,
        logGroup,
      })),
    );

/** A Region of each partition that AWS documents. */
export const places: Place[] = [
  { partition: 'aws', region: 'eu-central-1', urlSuffix: 'amazonaws.com' },
  { partition: 'aws-cn', region: 'cn-north-1', urlSuffix: 'amazonaws.com.cn' },
  { partition: 'aws-us-gov', region: 'us-gov-west-1', urlSuffix: 'amazonaws.com' },
];

const secretArn = (name: string) => `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}-AbCdEf`;

const authority = await makeAuthority('stacks');

export const { cert: certificate, key: privateKey } = await authority.sign('ecs-updater');

/** As `ecs-updater encryption-key` writes them. */
const encryptionKeys = `first aes256 ${Buffer.alloc(32, 1).toString('base64')}\n`;

/** What Secrets Manager has, by ARN. */
export const secrets: Record<string, string> = {
  [secretArn('temporal-api-key')]: 'an-api-key',
  [secretArn('temporal-tls')]: JSON.stringify({ certificate, privateKey }),
  [secretArn('encryption-keys')]: encryptionKeys,
  [secretArn('slack')]: 'https://chat.example/hook',
  [secretArn('webhook')]: JSON.stringify({ url: 'https://hook.example', secret: 'whsec_1' }),
};

export const topicArn = 'arn:aws:sns:eu-central-1:123456789012:on-call';
export const otherRoleArn = 'arn:aws:iam::210987654321:role/ecs-updater';

const least = {
  ClusterName: 'prod',
  TemporalAddress: 'temporal.internal:7233',
  UpdaterImage: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/ecs-updater:1.0.0',
  VpcId: 'vpc-1',
  Subnets: 'subnet-1,subnet-2',
};

/** Parameters of the worker's stack. */
export const workerParameters = {
  least,
  apiKey: { ...least, TemporalApiKeySecretArn: secretArn('temporal-api-key') },
  clientCertificate: { ...least, TemporalTlsSecretArn: secretArn('temporal-tls') },
  onInstances: { ...least, LaunchType: 'EC2' },
  withWhatIsThere: { ...least, CreateDocuments: 'false', CreateLogGroup: 'false', CreateAlarms: 'false' },
  everything: {
    ...least,
    TemporalAddress: 'ecs-updater.a1b2c.tmprl.cloud:443',
    TemporalNamespace: 'ecs-updater.a1b2c',
    TemporalApiKeySecretArn: secretArn('temporal-api-key'),
    TemporalTls: 'true',
    TemporalTlsServerName: 'temporal.example',
    TemporalServerCa: certificate,
    ImageRepositoryArn: 'arn:aws:ecr:eu-central-1:210987654321:repository/ecs-updater',
    CpuArchitecture: 'ARM64',
    AssignPublicIp: 'ENABLED',
    AdditionalSecurityGroups: 'sg-1,sg-2',
    MonitoringCidr: '10.0.0.0/16',
    AllowEc2Reboot: 'true',
    NotificationTopicArns: topicArn,
    AssumableRoleArns: `${otherRoleArn},${otherRoleArn}-2`,
    PermissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary',
    SlackWebhookSecretArn: secretArn('slack'),
    WebhookSecretArn: secretArn('webhook'),
    EncryptionKeysSecretArn: secretArn('encryption-keys'),
    EncryptionKmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/3',
    LogKmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/1',
    AlarmTopicArn: topicArn,
    SecretsKmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/2',
  },
} satisfies Record<string, Record<string, string>>;

/** Parameters of the stack with the role for a cluster elsewhere. */
export const roleParameters = {
  least: { ClusterName: 'prod', TrustedRoleArns: otherRoleArn, ExternalId: 'k7-rollouts' },
  everything: {
    ClusterName: 'prod',
    TrustedRoleArns: `${otherRoleArn},${otherRoleArn}-2`,
    ExternalId: 'k7-rollouts',
    RoleName: 'rollouts',
    AllowEc2Reboot: 'true',
    NotificationTopicArns: topicArn,
    PermissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary',
    CreateDocuments: 'false',
  },
} satisfies Record<string, Record<string, string>>;

export const workerTemplate = readTemplate(readFile('deploy/cloudformation.yaml'));
export const roleTemplate = readTemplate(readFile('deploy/cross-account-role.yaml'));

const [here = { partition: '', region: '', urlSuffix: '' }] = places;

/** Makes a stack of the worker. */
export const workerStack = (parameters: Record<string, string>, vpcOf?: (subnet: string) => string): Stack =>
  makeStack(workerTemplate, parameters, here, vpcOf);

/** Makes a stack with the role for a cluster elsewhere. */
export const roleStack = (parameters: Record<string, string>): Stack =>
  makeStack(roleTemplate, parameters, here);
