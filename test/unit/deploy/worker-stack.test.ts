import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { workerCommand } from '../../../src/cli/worker.js';
import { keyRingFrom } from '../../../src/temporal/encryption/key-ring.js';
import { temporalTarget } from '../../../src/temporal/target.js';
import { Refused, type Stack } from '../../support/cloudformation.js';
import { allOf, readDockerfile } from '../../support/dockerfile.js';
import { unknownToAws } from '../../support/service-authorization.js';
import {
  certificate,
  containerOf,
  metricFiltersOf,
  openingsOf,
  privateKey,
  propertiesOf,
  readFile,
  roleOf,
  secrets,
  statementsOf,
  topicArn,
  workerParameters,
  workerStack,
  workerTemplate,
} from '../../support/stacks.js';

const { least, apiKey, clientCertificate, everything, onInstances } = workerParameters;

/** The secret that ECS reads for `<ARN>`, or `<ARN>:<member of its JSON>::` (ECS developer guide, Secrets Manager secrets). */
function secretAt(valueFrom: string): string {
  const [, arn = '', member] = /^((?:[^:]+:){6}[^:]+)(?::([^:]*)::)?$/.exec(valueFrom) ?? [];
  const value = secrets[arn];
  if (value === undefined) throw new Error(`there is no secret ${valueFrom}`);
  if (member === undefined) return value;
  const members: Record<string, string> = JSON.parse(value);
  return String(members[member]);
}

/** What ECS puts into the environment of the container. */
function environmentOf(stack: Stack): Record<string, string> {
  const { Environment, Secrets } = containerOf(stack);
  return Object.fromEntries([
    ...Environment.map(({ Name, Value }) => [Name, Value]),
    ...Secrets.map(({ Name, ValueFrom }) => [Name, secretAt(ValueFrom)]),
  ]);
}

/** The same with all bytes of one kind, so that they can be compared. */
function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withBuffers(member)]));
}

describe('the environment of the worker', () => {
  test.each<[string, Record<string, string>, object]>([
    [
      'no credential',
      least,
      {
        address: 'temporal.internal:7233',
        namespace: 'default',
        connectionOptions: { apiKey: undefined, tls: undefined },
      },
    ],
    ['TLS alone', { ...least, TemporalTls: 'true' }, { connectionOptions: { tls: {} } }],
    ['no TLS', { ...least, TemporalTls: 'false' }, { connectionOptions: { tls: false } }],
    ['an API key', apiKey, { connectionOptions: { apiKey: 'an-api-key', tls: true } }],
    [
      'a client certificate',
      clientCertificate,
      {
        connectionOptions: {
          tls: { clientCertPair: { crt: Buffer.from(certificate), key: Buffer.from(privateKey) } },
        },
      },
    ],
    [
      'everything',
      everything,
      {
        namespace: 'ecs-updater.a1b2c',
        connectionOptions: {
          apiKey: 'an-api-key',
          tls: {
            serverNameOverride: 'temporal.example',
            serverRootCACertificate: Buffer.from(certificate),
          },
        },
      },
    ],
  ])('leads it to Temporal with %s', (_, given, wanted) => {
    const env = environmentOf(workerStack(given));
    const target = temporalTarget({
      env: { ...env, TEMPORAL_CONFIG_FILE: join(tmpdir(), 'no-such-temporal.toml') },
    });
    expect(withBuffers(target)).toMatchObject(wanted);
  });

  test('gives it the keys of its encryption', () => {
    expect(keyRingFrom(environmentOf(workerStack(everything)))?.entries.map(({ id }) => id)).toEqual([
      'first',
    ]);
    expect(keyRingFrom(environmentOf(workerStack(least)))).toBeUndefined();
  });

  test('has only variables that something reads', () => {
    const ofCommand = workerCommand().options.flatMap(({ envVar }) => envVar ?? []);
    const others = Object.keys(environmentOf(workerStack(everything))).filter(
      (name) =>
        !/^TEMPORAL_|_ENCRYPTION_KEYS$/.test(name) && !ofCommand.includes(name) && name !== 'AWS_REGION',
    );
    const page = readFile('docs/notifications.md');
    const named = [...page.matchAll(/FromEnv: (\w+)$/gm)].map(([, name]) => name);
    expect(others).toEqual(named);
  });
});

describe('the role that starts the worker', () => {
  const always = [
    {
      Sid: 'WriteLog',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: ['arn:aws:logs:eu-central-1:123456789012:log-group:<LogGroup>:log-stream:ecs-updater/*'],
    },
    { Sid: 'LogInToEcr', Effect: 'Allow', Action: ['ecr:GetAuthorizationToken'], Resource: ['*'] },
  ];
  const pullImage = {
    Sid: 'PullImage',
    Effect: 'Allow',
    Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
  };

  test.each<[string, Record<string, string>, object[]]>([
    ['least', least, [{ ...pullImage, Resource: ['arn:aws:ecr:*:123456789012:repository/*'] }]],
    [
      'everything',
      everything,
      [
        { ...pullImage, Resource: [everything.ImageRepositoryArn] },
        {
          Sid: 'ReadSecrets',
          Effect: 'Allow',
          Action: ['secretsmanager:GetSecretValue'],
          Resource: [
            everything.TemporalApiKeySecretArn,
            everything.SlackWebhookSecretArn,
            everything.WebhookSecretArn,
            everything.EncryptionKeysSecretArn,
          ],
        },
        {
          Sid: 'DecryptSecrets',
          Effect: 'Allow',
          Action: ['kms:Decrypt'],
          Resource: [everything.SecretsKmsKeyArn],
          Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.eu-central-1.amazonaws.com' } },
        },
      ],
    ],
  ])('may do with %s what it takes, and nothing else', (_, given, others) => {
    expect(statementsOf(workerStack(given), 'ExecutionRole')).toEqual([...always, ...others]);
  });

  test.each(
    ['ExecutionRole', 'TaskRole'].flatMap((role) =>
      statementsOf(workerStack(everything), role).map((statement) => ({ ...statement, role })),
    ),
  )(
    'names resources and condition keys as AWS has them for its actions, as does that of the worker: $role $Sid',
    async (statement) => {
      expect(await unknownToAws(statement)).toEqual([]);
    },
  );

  test.each(Object.entries<Record<string, string>>(workerParameters))(
    'can read the secrets with %s, and the worker itself cannot',
    (_, given) => {
      const stack = workerStack(given);
      const wanted = containerOf(stack).Secrets.map(({ ValueFrom }) =>
        ValueFrom.split(':').slice(0, 7).join(':'),
      );
      const readable = statementsOf(stack, 'ExecutionRole')
        .filter(({ Action }) => Action.includes('secretsmanager:GetSecretValue'))
        .flatMap(({ Resource }) => Resource);
      expect(new Set(readable)).toEqual(new Set(wanted));
      const worker = statementsOf(stack, 'TaskRole').flatMap(({ Action }) => Action);
      expect(worker.filter((action) => /^(secretsmanager|\*)/.test(action))).toEqual([]);
    },
  );

  test('and that of the worker are only for ECS tasks of this account', () => {
    for (const name of ['TaskRole', 'ExecutionRole']) {
      const role = roleOf(workerStack(everything), name);
      expect(role.PermissionsBoundary).toBe(everything.PermissionsBoundaryArn);
      expect(role.AssumeRolePolicyDocument.Statement).toEqual([
        {
          Effect: 'Allow',
          Principal: { Service: 'ecs-tasks.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: {
            StringEquals: { 'aws:SourceAccount': '123456789012' },
            ArnLike: { 'aws:SourceArn': 'arn:aws:ecs:eu-central-1:123456789012:*' },
          },
        },
      ]);
    }
  });
});

describe('the container of the worker', () => {
  const container = containerOf(workerStack(everything));

  test('has no rights on its host, and can write nowhere', () => {
    expect(container).toMatchObject({
      User: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/),
      Privileged: false,
      ReadonlyRootFilesystem: true,
    });
    expect(container['LinuxParameters']).toEqual({
      InitProcessEnabled: true,
      Capabilities: { Drop: ['ALL'] },
    });
    expect(propertiesOf(workerStack(everything), 'Service')['EnableExecuteCommand']).toBe(false);
  });

  test('is checked and reached as its image says', () => {
    const image = readDockerfile().stages.at(-1);
    if (!image) throw new TypeError('the Dockerfile has no stage');
    const { HealthCheck: check, PortMappings } = container;
    const times = `--interval=${check.Interval}s --timeout=${check.Timeout}s --start-period=${check.StartPeriod}s --retries=${check.Retries}`;
    const [command, ...words] = check.Command;
    expect(allOf(image, 'HEALTHCHECK')).toHaveLength(1);
    const [said = ''] = allOf(image, 'HEALTHCHECK');
    const at = said.indexOf(' CMD ');
    expect(said.slice(0, at).trim()).toBe(times);
    expect([command, ...words]).toEqual(['CMD', ...JSON.parse(said.slice(at + ' CMD '.length))]);
    expect(PortMappings.map(({ ContainerPort }) => ContainerPort).join(' ')).toBe(allOf(image, 'EXPOSE')[0]);
  });

  test('has the time to hand over what it has in hand', () => {
    // Grace of 10 s, 15 s to cancel what is left, 3 s for the last traces; Fargate allows 120 s.
    expect(container.StopTimeout).toBeGreaterThan(28);
    expect(container.StopTimeout).toBeLessThanOrEqual(120);
  });
});

describe('the service of the worker', () => {
  test('runs on Fargate', () => {
    const service = propertiesOf(workerStack(everything), 'Service');
    expect(service).toMatchObject({ Cluster: 'prod', LaunchType: 'FARGATE', DesiredCount: 2 });
    expect(service['NetworkConfiguration']).toEqual({
      AwsvpcConfiguration: {
        Subnets: ['subnet-1', 'subnet-2'],
        SecurityGroups: ['<SecurityGroup>', 'sg-1', 'sg-2'],
        AssignPublicIp: 'ENABLED',
      },
    });
    expect(service).not.toHaveProperty('PlacementConstraints');
    expect(service).not.toHaveProperty('PlacementStrategies');
  });

  test.each([
    ['X86_64', 'x86_64'],
    ['ARM64', 'arm64'],
  ])(
    'runs on instances of the cluster of the architecture %s, apart from one another',
    (CpuArchitecture, name) => {
      const stack = workerStack({ ...onInstances, CpuArchitecture });
      const service = propertiesOf(stack, 'Service');
      expect(service).toMatchObject({
        LaunchType: 'EC2',
        PlacementConstraints: [{ Type: 'memberOf', Expression: `attribute:ecs.cpu-architecture == ${name}` }],
        PlacementStrategies: [{ Field: 'attribute:ecs.availability-zone' }, { Field: 'instanceId' }],
      });
      expect(service['NetworkConfiguration']).toEqual({
        AwsvpcConfiguration: { Subnets: ['subnet-1', 'subnet-2'], SecurityGroups: ['<SecurityGroup>'] },
      });
      expect(propertiesOf(stack, 'TaskDefinition')).toMatchObject({
        RequiresCompatibilities: ['EC2'],
        RuntimePlatform: { CpuArchitecture },
      });
    },
  );

  test('lets its own hosts be drained', () => {
    expect(propertiesOf(workerStack(least), 'Service')['DeploymentConfiguration']).toMatchObject({
      MinimumHealthyPercent: 100,
      MaximumPercent: 200,
    });
  });

  test('is let out to HTTPS and to Temporal, and in where it is monitored', () => {
    const https = '443-443 0.0.0.0/0';
    expect(openingsOf(workerStack(least))).toEqual({ out: [https, '7233-7233 0.0.0.0/0'], into: [] });
    const near = workerStack({ ...least, TemporalCidr: '10.1.0.0/24' });
    expect(openingsOf(near).out).toEqual([https, '7233-7233 10.1.0.0/24']);
    // On that port, too, there must be one rule: EC2 refuses a second one.
    expect(openingsOf(workerStack(everything))).toEqual({
      out: [https],
      into: ['9464-9464 10.0.0.0/16', '8080-8080 10.0.0.0/16'],
    });
  });
});

describe('the log of the worker', () => {
  test('outlives the stack', () => {
    expect(workerTemplate.Resources['LogGroup']).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    expect(propertiesOf(workerStack(least), 'LogGroup')).toEqual({
      LogGroupName: '/ecs-updater',
      RetentionInDays: 90,
    });
  });

  test('goes to a group that is there, if it is to', () => {
    const stack = workerStack({ ...least, CreateLogGroup: 'false', LogGroupName: '/theirs' });
    expect(stack.resources).not.toHaveProperty('LogGroup');
    expect(containerOf(stack).LogConfiguration.Options['awslogs-group']).toBe('/theirs');
    expect(new Set(metricFiltersOf(stack).map(({ logGroup }) => logGroup))).toEqual(new Set(['/theirs']));
    expect(stack.outputs['LogGroupName']).toBe('/theirs');
  });
});

describe('what cannot be', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'an API key and a certificate',
      { ...apiKey, ...clientCertificate },
      'TemporalApiKeySecretArn and TemporalTlsSecretArn are both given.',
    ],
    ['an API key without TLS', { ...apiKey, TemporalTls: 'false' }, 'TemporalTls is false, and an API key,'],
    [
      'a public address on an instance',
      { ...onInstances, AssignPublicIp: 'ENABLED' },
      'AssignPublicIp is ENABLED, and LaunchType is EC2,',
    ],
    [
      'a size that Fargate does not have',
      { ...least, TaskCpu: '256', TaskMemory: '4096' },
      'With TaskCpu 256 Fargate has a TaskMemory of 512, 1024 or 2048.',
    ],
    [
      'a key for a log group that is there',
      { ...least, CreateLogGroup: 'false', LogKmsKeyArn: everything.LogKmsKeyArn },
      'LogKmsKeyArn is for the log group of the stack, and CreateLogGroup is false.',
    ],
    [
      'a KMS key for no keys',
      { ...least, EncryptionKmsKeyArn: everything.EncryptionKmsKeyArn },
      'EncryptionKmsKeyArn is given, and EncryptionKeysSecretArn, the keys that it decrypts, is not.',
    ],
    [
      'a topic for no alarms',
      { ...least, CreateAlarms: 'false', AlarmTopicArn: topicArn },
      'AlarmTopicArn is given, and CreateAlarms is false.',
    ],
    [
      'an ARN for a name',
      { ...least, ClusterName: 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod' },
      'Parameter ClusterName is the name of an ECS cluster, not its ARN.',
    ],
    [
      'a name for an ARN',
      { ...least, TemporalApiKeySecretArn: 'temporal-api-key' },
      'Parameter TemporalApiKeySecretArn is the whole ARN of a secret, or empty.',
    ],
    [
      'an address without a port',
      { ...least, TemporalAddress: 'temporal.internal' },
      'Parameter TemporalAddress is a host and a port,',
    ],
  ])('is refused with what to do: %s', (_, given, message) => {
    expect(() => workerStack(given)).toThrow(Refused);
    expect(() => workerStack(given)).toThrow(message);
  });

  test('is refused with what to do: subnets of another VPC', () => {
    const vpcs: Record<string, string> = { 'subnet-2': 'vpc-2' };
    expect(() => workerStack(least, (subnet) => vpcs[subnet] ?? 'vpc-1')).toThrow(
      'One of Subnets is not in the VPC that VpcId names.',
    );
  });

  test('is no size that Fargate has', () => {
    const { TaskCpu, TaskMemory } = workerTemplate.Parameters;
    const sizes = (TaskCpu?.AllowedValues ?? []).map((cpu) => {
      const memories = (TaskMemory?.AllowedValues ?? []).filter((memory) =>
        isTaken({ ...least, TaskCpu: String(cpu), TaskMemory: String(memory) }),
      );
      return `${cpu}: ${memories.join(' ')}`;
    });
    // Those of the sizes in the ECS developer guide, task size on Fargate, that the parameters offer.
    expect(sizes).toEqual([
      '256: 512 1024 2048',
      '512: 1024 2048 4096',
      '1024: 2048 4096 8192',
      '2048: 4096 8192',
    ]);
  });
});

function isTaken(given: Record<string, string>): boolean {
  try {
    return workerStack(given).resources['Service'] !== undefined;
  } catch (err) {
    if (err instanceof Refused) return false;
    throw err;
  }
}

describe('the alarms', () => {
  const alarms = Object.entries(workerStack(everything).resources).filter(
    ([, { type }]) => type === 'AWS::CloudWatch::Alarm',
  );

  test.each(alarms)('%s names a section of the runbook, and tells who wants to know', (_, { properties }) => {
    const sections = String(properties['AlarmDescription']).match(/EcsUpdater\w+/g) ?? [];
    expect(sections.length).toBeGreaterThan(0);
    for (const section of sections) expect(readFile('docs/operations.md')).toContain(`\n### ${section}\n`);
    expect(properties['AlarmActions']).toEqual([topicArn]);
  });

  test('watch what the filters of the log count, and how many workers run', () => {
    const watched = alarms.map(
      ([, { properties }]) => `${String(properties['Namespace'])} ${String(properties['MetricName'])}`,
    );
    const counted = metricFiltersOf(workerStack(everything)).map(({ metric }) => metric);
    expect(new Set(watched)).toEqual(new Set(['AWS/ECS CPUUtilization', ...counted]));
    expect(watched).toHaveLength(counted.length + 1);
    expect(propertiesOf(workerStack(least), 'NoWorkerAlarm')).toMatchObject({
      Statistic: 'SampleCount',
      TreatMissingData: 'breaching',
      Dimensions: [
        { Name: 'ClusterName', Value: 'prod' },
        { Name: 'ServiceName', Value: '<Service.Name>' },
      ],
    });
  });

  test('are none where none are wanted, and do not miss a worker that nobody wants', () => {
    const types = Object.values(workerStack({ ...least, CreateAlarms: 'false' }).resources).map(
      ({ type }) => type,
    );
    expect(types.filter((type) => /Alarm|MetricFilter/.test(type))).toEqual([]);
    expect(workerStack({ ...least, DesiredCount: '0' }).resources).not.toHaveProperty('NoWorkerAlarm');
    expect(propertiesOf(workerStack(least), 'NoWorkerAlarm')).not.toHaveProperty('AlarmActions');
  });
});
