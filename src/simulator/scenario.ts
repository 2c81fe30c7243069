import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { hostSpecSchema } from './host/spec.js';
import { describeIssue } from './issues.js';
import { parseQuery, QuerySyntaxError } from './ecs/query-language.js';

const name = z.string().regex(/^[A-Za-z0-9_-]{1,255}$/, 'a name of letters, digits, _ and -');
const seconds = z.number().min(0);
const range = z.union([
  seconds.transform((value): [number, number] => [value, value]),
  z.tuple([seconds, seconds]).refine(([min, max]) => min <= max, 'shortest first'),
]);

const queryText = z.string().superRefine((text, context) => {
  try {
    parseQuery(text);
  } catch (error) {
    if (!(error instanceof QuerySyntaxError)) throw error;
    context.addIssue({ code: 'custom', message: `no cluster query: ${error.message}` });
  }
});

/** How the host behaves: everything of {@link hostSpecSchema} but its id. Checked there, once the id is known. */
const hostInput = z.record(z.string(), z.unknown()).default({});

const instanceSchema = z
  .strictObject({
    /** How services and tasks of the scenario refer to it; with `count`, all of them. */
    name: name.optional(),
    /** Default: made from the seed. */
    ec2InstanceId: z
      .string()
      .regex(/^(i-([0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17})$/, 'an id like i-0123456789abcdef0')
      .optional(),
    /** Shorthand for so many alike, spread over the zones where `az` is absent. */
    count: z.int().min(1).default(1),
    /** `a`, or `eu-central-1a`. */
    az: z
      .string()
      .regex(/^([a-z]|[a-z]{2}(-[a-z]+)+-\d[a-z])$/, 'a zone like a or eu-central-1a')
      .optional(),
    /** `external`: ECS Anywhere; `managed`: of a Managed Instances capacity provider. */
    kind: z.enum(['ec2', 'external', 'managed']).default('ec2'),
    instanceType: z.string().default('m5.large'),
    imageId: z.string().optional(),
    status: z.enum(['ACTIVE', 'DRAINING']).default('ACTIVE'),
    /** Principal who drained it before the start. */
    drainedBy: z.string().default('operator'),
    /** False: the agent is cut off from the start and stays so until the host reboots. */
    agentConnected: z.boolean().default(true),
    agentVersion: z.string().optional(),
    /** CPU units. */
    cpu: z.int().min(128).default(2048),
    /** MiB. */
    memory: z.int().min(128).default(7680),
    attributes: z.record(z.string(), z.string()).default({}),
    tags: z.record(z.string(), z.string()).default({}),
    capacityProvider: z.string().optional(),
    /** Auto Scaling group that launched it. */
    autoScalingGroup: name.optional(),
    /** Its machine ended while the agent was away: ECS lists it still, EC2 says `terminated` or no longer knows it. */
    ghost: z.enum(['terminated', 'unknown']).optional(),
    host: hostInput,
  })
  .refine(({ ec2InstanceId, count }) => ec2InstanceId === undefined || count === 1, {
    path: ['count'],
    message: 'an instance with an id of its own is one',
  })
  .refine(
    ({ kind, ec2InstanceId = '' }) =>
      !ec2InstanceId || ec2InstanceId.startsWith('mi-') === (kind === 'external'),
    {
      path: ['ec2InstanceId'],
      message: 'mi-… for kind external, i-… for the others',
    },
  )
  .refine(({ kind, autoScalingGroup, ghost }) => kind !== 'external' || !(autoScalingGroup ?? ghost), {
    path: ['kind'],
    message: 'an external instance is in no Auto Scaling group, and no ghost of EC2',
  });

/** Placement that both services and tasks know. */
const resources = {
  /** CPU units. */
  cpu: z.int().min(1).default(256),
  /** MiB. */
  memory: z.int().min(4).default(512),
  hostPort: z.int().min(1).max(65535).optional(),
  networkMode: z.enum(['bridge', 'awsvpc']).default('bridge'),
  /** How long its containers take to end after SIGTERM: seconds, or [shortest, longest]. */
  stopSeconds: range.optional(),
};

const serviceSchema = z
  .strictObject({
    name,
    /** Its ARN does not have the name of the cluster: nobody has migrated it to the long format. */
    oldArn: z.boolean().default(false),
    schedulingStrategy: z.enum(['REPLICA', 'DAEMON']).default('REPLICA'),
    desiredCount: z.int().min(0).default(1),
    /** Default: 100 for REPLICA, 0 for DAEMON, as CreateService has it. */
    minimumHealthyPercent: z.int().min(0).optional(),
    /** Default: 200 for REPLICA, 100 for DAEMON. */
    maximumPercent: z.int().min(0).optional(),
    /** Instances, by name or id, that alone may run it. */
    on: z.array(z.string()).min(1).optional(),
    distinctInstance: z.boolean().default(false),
    /** memberOf expression. */
    memberOf: queryText.optional(),
    deregistrationDelaySeconds: seconds.default(0),
    /** How many of its tasks are under scale-in protection from the start, for 48 hours. */
    protectedTasks: z.int().min(0).default(0),
    ...resources,
  })
  .refine(({ minimumHealthyPercent: min = 0, maximumPercent: max = 200 }) => min <= max, {
    path: ['minimumHealthyPercent'],
    message: 'not above maximumPercent',
  });

const taskSchema = z.strictObject({
  family: name,
  /** Instance it runs on, by name or id. */
  on: z.string(),
  count: z.int().min(1).default(1),
  group: z.string().optional(),
  startedBy: z.string().max(128).optional(),
  /** Principal that ran it. */
  starter: z.string().default('operator'),
  /** It ends by itself this many seconds after the start; absent: never. */
  durationSeconds: seconds.optional(),
  ...resources,
});

/** Definitions beside those of services and tasks, for RunTask. */
const definitionSchema = z.strictObject({ family: name, ...resources });

/** An Auto Scaling group; its members say so, its desired capacity is their number. */
const groupSchema = z.strictObject({
  name,
  /** How long a lifecycle hook keeps a member in Terminating:Wait; 0: there is none. */
  terminationHookSeconds: seconds.default(0),
  /** OS version that a new instance runs; default: that of the first member in the scenario. */
  launchedVersion: z.string().optional(),
  /** False: it launches no replacements. */
  launches: z.boolean().default(true),
});

/** An IAM role; what it may do is everything. */
const roleSchema = z.strictObject({
  name,
  /** What its trust policy asks for; absent: nothing. */
  externalId: z.string().min(2).max(1224).optional(),
  /** Access keys that may assume it; absent: every one. */
  trusts: z.array(z.string()).optional(),
});

const kmsKeySchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9-]{1,256}$/, 'an id of letters, digits and -'),
  /** Without `alias/`. */
  alias: name.optional(),
  state: z.enum(['Enabled', 'Disabled', 'PendingDeletion']).default('Enabled'),
  /** Access keys that may use it; absent: every one. */
  users: z.array(z.string()).optional(),
});

/** What is in a cluster. */
const clusterShape = {
  instances: z.array(instanceSchema).min(1),
  services: z.array(serviceSchema).default([]),
  tasks: z.array(taskSchema).default([]),
  taskDefinitions: z.array(definitionSchema).default([]),
};

const scenarioSchema = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a Region like eu-central-1')
    .default('eu-central-1'),
  accountId: z
    .string()
    .regex(/^\d{12}$/, '12 digits')
    .default('123456789012'),
  seed: z.int().default(1),
  /** What the rollouts of this scenario are expected to respect, for every principal that declares nothing else to the audit. */
  maxUnavailable: z.int().min(1).optional(),
  /** How often a healthy agent loses its connection for some seconds. */
  agentFlapsPerHour: z.number().min(0).default(0),
  cluster: name.default('demo'),
  ...clusterShape,
  /** IAM roles of the account that can be assumed. */
  roles: z.array(roleSchema).default([]),
  /** Names of the SNS topics of the account, those of FIFO topics with their suffix. */
  topics: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,256}(\.fifo)?$/, 'a name of letters, digits, _ and -, or with .fifo'),
    )
    .default([]),
  /** Symmetric KMS keys of the account. */
  kmsKeys: z.array(kmsKeySchema).default([]),
  /** Auto Scaling groups that are not as all groups are. */
  autoScalingGroups: z.array(groupSchema).default([]),
  /** More clusters of the same account. */
  otherClusters: z.array(z.strictObject({ cluster: name, ...clusterShape })).default([]),
});

/** A fleet and how it behaves, defaults filled in. */
export type Scenario = z.infer<typeof scenarioSchema>;

/** What a scenario file has to say. */
export type ScenarioInput = z.input<typeof scenarioSchema>;

/** One cluster of a scenario. */
export type ScenarioCluster = Scenario['otherClusters'][number];

export type ScenarioInstance = ScenarioCluster['instances'][number];

export type ScenarioGroup = Scenario['autoScalingGroups'][number];

/** All clusters of a scenario, its main one first. */
export const clustersOf = (scenario: Scenario): ScenarioCluster[] => [scenario, ...scenario.otherClusters];

/** A scenario that cannot be built; the message names each field, its value and what it should be. */
export class ScenarioError extends Error {
  override name = 'ScenarioError';
}

/** Checks a scenario; throws {@link ScenarioError}. */
export function parseScenario(input: unknown): Scenario {
  const parsed = scenarioSchema.safeParse(input, { reportInput: true });
  if (!parsed.success) throw new ScenarioError(parsed.error.issues.map(describeIssue).join('\n'));
  const problems = clustersOf(parsed.data).flatMap((cluster, index) => {
    const prefix = index === 0 ? '' : `otherClusters[${index - 1}].`;
    return [...hostProblems(cluster), ...referenceProblems(cluster)].map((problem) => prefix + problem);
  });
  problems.push(...doubles(parsed.data), ...groupProblems(parsed.data));
  if (problems.length > 0) throw new ScenarioError(problems.join('\n'));
  return parsed.data;
}

/** Reads a scenario from YAML or JSON; throws {@link ScenarioError} with the file's name. */
export async function loadScenario(file: string): Promise<Scenario> {
  try {
    return parseScenario(parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new ScenarioError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

const anyId = 'i-00000000000000000';

function hostProblems(scenario: ScenarioCluster): string[] {
  return scenario.instances.flatMap((instance, index) => {
    if (instance.kind === 'external') return [];
    const host = hostSpecSchema.safeParse({ ...instance.host, ec2InstanceId: anyId }, { reportInput: true });
    if (host.success) return [];
    return host.error.issues.map((issue) =>
      describeIssue({ ...issue, path: ['instances', index, 'host', ...issue.path] }),
    );
  });
}

const twice = (what: string, names: readonly string[]): string[] =>
  names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `${what}: '${name}' is there twice`);

function referenceProblems(scenario: ScenarioCluster): string[] {
  const known = new Set(
    scenario.instances.flatMap((instance) => [instance.name ?? [], instance.ec2InstanceId ?? []].flat()),
  );
  const check = (reference: string, path: string): string[] =>
    known.has(reference) ? [] : [`${path}: '${reference}' is no name or id of an instance of this scenario`];
  return [
    ...scenario.services.flatMap(({ on = [] }, index) =>
      on.flatMap((reference, position) => check(reference, `services[${index}].on[${position}]`)),
    ),
    ...scenario.tasks.flatMap(({ on }, index) => check(on, `tasks[${index}].on`)),
    ...twice(
      'services',
      scenario.services.map((service) => service.name),
    ),
  ];
}

function groupProblems(scenario: Scenario): string[] {
  const named = clustersOf(scenario).flatMap(({ instances }) =>
    instances.flatMap(({ autoScalingGroup }) => autoScalingGroup ?? []),
  );
  return scenario.autoScalingGroups.flatMap((group, index) =>
    named.includes(group.name)
      ? []
      : [`autoScalingGroups[${index}].name: '${group.name}' is no instance's autoScalingGroup`],
  );
}

/** What must be unique in the whole account. */
function doubles(scenario: Scenario): string[] {
  const clusters = clustersOf(scenario);
  return [
    ...twice(
      'clusters',
      clusters.map(({ cluster }) => cluster),
    ),
    ...twice('topics', scenario.topics),
    ...twice(
      'kmsKeys',
      scenario.kmsKeys.map(({ id }) => id),
    ),
    ...twice(
      'autoScalingGroups',
      scenario.autoScalingGroups.map((group) => group.name),
    ),
    ...twice(
      'instances',
      clusters.flatMap(({ instances }) => instances.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? [])),
    ),
  ];
}
