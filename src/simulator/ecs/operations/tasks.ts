import { z } from 'zod';
import type {
  DescribeTasksResponse,
  ListTasksResponse,
  RunTaskResponse,
  StopTaskResponse,
} from '@aws-sdk/client-ecs';
import { AwsError, type Operation } from '../../kernel.js';
import { clientError, invalidParameter, serviceNotFound } from '../errors.js';
import { clusterOf, ecsPage, findInstance, listedAsOf, lookUpTasks, pageInput } from '../lookup.js';
import type { EcsCluster, EcsTask, TaskDefinition } from '../model.js';
import { ecsOperation } from '../operation.js';
import { place } from '../placement.js';
import { toTaskShape } from '../shapes.js';
import { findTask } from '../task-runner.js';
import type { EcsWorld } from '../world.js';
import { queryOf } from './instances.js';

const launchTypes = ['EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES'] as const;

const listInput = z.object({
  cluster: z.string().optional(),
  containerInstance: z.string().optional(),
  family: z.string().optional(),
  serviceName: z.string().optional(),
  startedBy: z.string().optional(),
  daemonName: z.string().optional(),
  launchType: z.enum(launchTypes, { error: 'Launch type is invalid.' }).optional(),
  desiredStatus: z
    .enum(['RUNNING', 'PENDING', 'STOPPED'], { error: 'Desired status is invalid.' })
    .default('RUNNING'),
  ...pageInput,
});

const runInput = z.object({
  cluster: z.string().optional(),
  taskDefinition: z.string().min(1, 'TaskDefinition cannot be empty.'),
  count: z
    .int()
    .min(1, 'Count must be between 1 and 10.')
    .max(10, 'Count must be between 1 and 10.')
    .default(1),
  group: z.string().min(1).optional(),
  startedBy: z.string().max(128, 'startedBy can have at most 128 characters.').optional(),
  launchType: z.enum(launchTypes, { error: 'Launch type is invalid.' }).default('EC2'),
  placementConstraints: z
    .array(z.object({ type: z.enum(['distinctInstance', 'memberOf']), expression: z.string().optional() }))
    .max(10, 'placementConstraints can have at most 10 items.')
    .default([]),
  clientToken: z.string().max(64).optional(),
});

type ListInput = z.infer<typeof listInput>;

/** Desired status of a task in the world of `asOf`, virtual ms. */
const desiredAsOf = ({ stoppingAt = 0, desiredStatus }: EcsTask, asOf: number): EcsTask['desiredStatus'] =>
  stoppingAt > asOf ? 'RUNNING' : desiredStatus;

function listTasks(cluster: EcsCluster, input: ListInput, asOf: number): EcsTask[] {
  // PENDING is accepted, but ECS never sets that desired status, so nothing has it (API reference, ListTasks).
  const { containerInstance, serviceName } = input;
  const instance = containerInstance === undefined ? undefined : findInstance(cluster, containerInstance);
  if (containerInstance !== undefined && !instance)
    throw invalidParameter('Referenced container instance was not found.');
  const name = serviceName?.slice(serviceName.lastIndexOf('/') + 1);
  if (name !== undefined && !cluster.services.has(name)) throw serviceNotFound();
  return [...(instance?.tasks ?? cluster.tasks.values())].filter(
    (task) =>
      task.createdAt <= asOf &&
      desiredAsOf(task, asOf) === input.desiredStatus &&
      (input.family === undefined || task.definition.family === input.family) &&
      (input.startedBy === undefined || task.startedBy === input.startedBy) &&
      (name === undefined || task.service?.name === name) &&
      (input.launchType === undefined || input.launchType === launchTypeOf(task)) &&
      input.daemonName === undefined,
  );
}

const launchTypeOf = ({ instance: { kind } }: EcsTask): (typeof launchTypes)[number] =>
  kind === 'external' ? 'EXTERNAL' : kind === 'managed' ? 'MANAGED_INSTANCES' : 'EC2';

/** The definition that `family`, `family:revision` or an ARN names. */
export function definitionOf(cluster: EcsCluster, reference: string): TaskDefinition {
  const [family = '', revision] = reference.slice(reference.lastIndexOf('/') + 1).split(':');
  const definition = cluster.definitions.get(family);
  if (!definition || (revision !== undefined && Number(revision) !== definition.revision)) {
    throw clientError('TaskDefinition not found.');
  }
  return definition;
}

export function taskOperations(world: EcsWorld, pageSize: number): Record<string, Operation> {
  const { context } = world;
  /** What a client token already ran, so that a re-sent request does not run it twice. */
  const ranByToken = new Map<string, EcsTask[]>();

  const run = (input: z.infer<typeof runInput>, principal: string): RunTaskResponse => {
    const cluster = clusterOf(world, input.cluster);
    if (input.launchType !== 'EC2')
      throw new AwsError('UnsupportedFeatureException', 'Only launch type EC2 is simulated.');
    if (input.group?.startsWith('service:')) throw invalidParameter('Invalid namespace for group.');
    const definition = definitionOf(cluster, input.taskDefinition);
    const group = input.group ?? `family:${definition.family}`;
    const queries = input.placementConstraints.flatMap(({ type, expression }) =>
      type === 'memberOf' ? [queryOf(expression)] : [],
    );
    const isDistinct = input.placementConstraints.some(({ type }) => type === 'distinctInstance');
    const tasks: EcsTask[] = [];
    for (let index = 0; index < input.count; index++) {
      const placement = place(cluster.instances.values(), {
        cpu: definition.cpu,
        memory: definition.memory,
        ...(definition.hostPort !== undefined && { hostPort: definition.hostPort }),
        queries,
        excludes: (instance) => isDistinct && tasks.some((task) => task.instance === instance),
        isPeer: (task) => task.group === group,
      });
      if (placement.kind === 'no-instances') {
        if (tasks.length === 0) throw invalidParameter('No Container Instances were found in your cluster.');
        break;
      }
      if (placement.kind === 'refused') {
        const failures = placement.misfits.map(({ instance, misfit }) => ({
          arn: instance.arn,
          reason: misfit,
        }));
        return { tasks: tasks.map((task) => toTaskShape(context, task)), failures };
      }
      const { startedBy } = input;
      tasks.push(
        world.tasks.start({
          instance: placement.instance,
          definition,
          group,
          starter: principal,
          ...(startedBy !== undefined && { startedBy }),
        }),
      );
    }
    if (input.clientToken !== undefined) ranByToken.set(input.clientToken, tasks);
    return { tasks: tasks.map((task) => toTaskShape(context, task)), failures: [] };
  };

  return {
    ListTasks: ecsOperation(listInput, (input): ListTasksResponse => {
      const cluster = clusterOf(world, input.cluster);
      const others = [input.containerInstance, input.family, input.serviceName, input.launchType];
      if (input.startedBy !== undefined && others.some((filter) => filter !== undefined)) {
        throw invalidParameter('startedBy must be the only filter if it is given.');
      }
      const page = ecsPage(
        listTasks(cluster, input, listedAsOf(context)),
        { action: 'ListTasks', ...input },
        pageSize,
      );
      return { taskArns: page.items.map(({ arn }) => arn), nextToken: page.nextToken };
    }),

    DescribeTasks: ecsOperation(
      z.object({
        cluster: z.string().optional(),
        tasks: z
          .array(z.string())
          .min(1, 'Tasks cannot be empty.')
          .max(100, 'taskIds can have at most 100 items.'),
        include: z.array(z.enum(['TAGS'])).default([]),
      }),
      ({ cluster, tasks }): DescribeTasksResponse => {
        const { found, failures } = lookUpTasks(context, clusterOf(world, cluster), tasks);
        return { tasks: found.map((task) => toTaskShape(context, task)), failures };
      },
    ),

    RunTask: ecsOperation(runInput, (input, caller): RunTaskResponse => {
      const before = input.clientToken === undefined ? undefined : ranByToken.get(input.clientToken);
      if (before) return { tasks: before.map((task) => toTaskShape(context, task)), failures: [] };
      return run(input, caller.principal);
    }),

    StopTask: ecsOperation(
      z.object({
        cluster: z.string().optional(),
        task: z.string().min(1, 'Task cannot be empty.'),
        reason: z.string().default('Task stopped by user'),
      }),
      ({ cluster, task: reference, reason }, caller): StopTaskResponse => {
        const task = findTask(clusterOf(world, cluster), reference);
        if (!task) throw invalidParameter('The referenced task was not found.');
        world.tasks.stop(task, 'UserInitiated', reason, caller.principal);
        return { task: toTaskShape(context, task) };
      },
    ),
  };
}
