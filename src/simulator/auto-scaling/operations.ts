import { z } from 'zod';
import type {
  Activity,
  AutoScalingGroup as GroupShape,
  AutoScalingInstanceDetails,
  AutoScalingGroupsType,
  AutoScalingInstancesType,
} from '@aws-sdk/client-auto-scaling';
import { AwsError, type Operation } from '../kernel.js';
import { InvalidTokenError, paginate, type Page } from '../paging.js';
import { uuid } from '../host/uuid.js';
import type { AutoScalingGroup, Member } from './group.js';
import type { AutoScalingWorld } from './world.js';

/** The query protocol sends every value as text, and a list as `Name.member.1`. */
const number = z
  .string()
  .regex(/^-?\d+$/)
  .transform(Number);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const list = (most: number): z.ZodType<string[] | undefined> =>
  z
    .object({ member: z.array(z.string().min(1)).max(most) })
    .transform(({ member }) => member)
    .optional();

/** Every action of Auto Scaling that is simulated. `pageSize`: items on a page where the caller does not say. */
export function createAutoScalingOperations(
  world: AutoScalingWorld,
  pageSize = 50,
): Record<string, Operation> {
  return {
    DescribeAutoScalingInstances: operation(
      z.object({
        InstanceIds: list(50),
        MaxRecords: number.pipe(z.int().min(1).max(50)).optional(),
        NextToken: z.string().optional(),
      }),
      ({ InstanceIds: ids, MaxRecords, NextToken }): AutoScalingInstancesType => {
        const all = [...world.groups.values()].flatMap(({ members }) => [...members.values()]);
        // Ids that no group has are left out silently (aws-facts §1.3).
        const picked = ids ? all.filter(({ host }) => ids.includes(host.ec2InstanceId)) : all;
        const { items, nextToken } = pageOf(picked, ({ host }) => host.ec2InstanceId, {
          query: { action: 'DescribeAutoScalingInstances', ids },
          pageSize: MaxRecords ?? Math.min(pageSize, 50),
          token: NextToken,
        });
        return { AutoScalingInstances: items.map(instanceShape), NextToken: nextToken };
      },
    ),

    DescribeAutoScalingGroups: operation(
      z.object({
        AutoScalingGroupNames: list(50),
        MaxRecords: number.pipe(z.int().min(1).max(100)).optional(),
        NextToken: z.string().optional(),
      }),
      ({ AutoScalingGroupNames: names, MaxRecords, NextToken }): AutoScalingGroupsType => {
        const picked = [...world.groups.values()].filter(({ name }) => names?.includes(name) ?? true);
        const { items, nextToken } = pageOf(picked, ({ name }) => name, {
          query: { action: 'DescribeAutoScalingGroups', names },
          pageSize: MaxRecords ?? pageSize,
          token: NextToken,
        });
        return { AutoScalingGroups: items.map(groupShape), NextToken: nextToken };
      },
    ),

    TerminateInstanceInAutoScalingGroup: operation(
      z.object({ InstanceId: z.string().min(1).max(19), ShouldDecrementDesiredCapacity: flag }),
      ({ InstanceId, ShouldDecrementDesiredCapacity }, principal): { Activity: Activity } => {
        const member = world.member(InstanceId);
        if (!member) {
          throw validationError(
            `Instance Id not found - No managed instance found for instance ID: ${InstanceId}`,
          );
        }
        const cause = `At the request of ${principal}, instance ${InstanceId} was taken out of service.`;
        world.terminate(member, cause, ShouldDecrementDesiredCapacity);
        const { clock, random } = world.context;
        return {
          Activity: {
            ActivityId: uuid(random),
            AutoScalingGroupName: member.group.name,
            Description: `Terminating EC2 instance: ${InstanceId}`,
            Cause: cause,
            StartTime: new Date(clock.now()),
            StatusCode: 'InProgress',
            Progress: 0,
          },
        };
      },
    ),
  };
}

function operation<Schema extends z.ZodType>(
  schema: Schema,
  run: (input: z.infer<Schema>, principal: string) => object,
): Operation {
  return (input, { principal }) => {
    const parsed = schema.safeParse(input, { reportInput: true });
    if (!parsed.success) throw validationError(textOf(parsed.error.issues));
    return run(parsed.data, principal);
  };
}

const validationError = (message: string): AwsError => new AwsError('ValidationError', message);

/** In the words of AWS's own validators. */
function textOf(issues: readonly z.core.$ZodIssue[]): string {
  const details = issues.map((issue) => {
    const [first = ''] = issue.path.map(String);
    const member = first.charAt(0).toLowerCase() + first.slice(1);
    const value = issue.input === undefined ? 'null' : JSON.stringify(issue.input);
    return `Value ${value} at '${member}' failed to satisfy constraint: ${issue.message}`;
  });
  return `${details.length} validation error${details.length === 1 ? '' : 's'} detected: ${details.join('; ')}`;
}

function pageOf<T>(
  items: Iterable<T>,
  keyOf: (item: T) => string,
  request: Parameters<typeof paginate>[2],
): Page<T> {
  try {
    return paginate(items, keyOf, request);
  } catch (error) {
    if (error instanceof InvalidTokenError) throw new AwsError('InvalidNextToken', 'The token is not valid.');
    throw error;
  }
}

const instanceShape = ({
  host,
  group,
  given,
  availabilityZone,
  lifecycleState,
  healthStatus,
}: Member): AutoScalingInstanceDetails => ({
  InstanceId: host.ec2InstanceId,
  InstanceType: given.instanceType,
  AutoScalingGroupName: group.name,
  AvailabilityZone: availabilityZone,
  LifecycleState: lifecycleState,
  HealthStatus: healthStatus,
  ProtectedFromScaleIn: false,
});

const groupShape = (group: AutoScalingGroup): GroupShape => ({
  AutoScalingGroupName: group.name,
  AutoScalingGroupARN: group.arn,
  MinSize: group.minSize,
  MaxSize: group.maxSize,
  DesiredCapacity: group.desiredCapacity,
  DefaultCooldown: 300,
  AvailabilityZones: [
    ...new Set([...group.members.values()].map(({ availabilityZone }) => availabilityZone)),
  ],
  LoadBalancerNames: [],
  TargetGroupARNs: [],
  HealthCheckType: 'EC2',
  HealthCheckGracePeriod: 300,
  Instances: [...group.members.values()].map(
    ({ host, given, availabilityZone, lifecycleState, healthStatus }) => ({
      InstanceId: host.ec2InstanceId,
      InstanceType: given.instanceType,
      AvailabilityZone: availabilityZone,
      LifecycleState: lifecycleState,
      HealthStatus: healthStatus === 'HEALTHY' ? 'Healthy' : 'Unhealthy',
      ProtectedFromScaleIn: false,
    }),
  ),
  CreatedTime: new Date(group.createdAt),
  SuspendedProcesses: [],
  EnabledMetrics: [],
  Tags: [],
  TerminationPolicies: ['Default'],
  NewInstancesProtectedFromScaleIn: false,
});
