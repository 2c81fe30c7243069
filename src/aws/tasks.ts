import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  GetTaskProtectionCommand,
  paginateListTasks,
  type Service,
  type Task,
} from '@aws-sdk/client-ecs';
import { everyPage } from './pages.js';
import { present } from './errors.js';
import type { TaskRef } from '../model/instance.js';
import { cannotMove, type TaskCounts } from '../model/task-range.js';
import { batches } from '../model/batches.js';
import { fewAtOnce } from './few-at-once.js';

/** Tasks of a container instance that are meant to run there. */
export const tasksMeantToRun = (
  ecs: ECSClient,
  clusterArn: string,
  containerInstanceArn: string,
): Promise<Task[]> => listTasks(ecs, clusterArn, containerInstanceArn, ['RUNNING']);

/** Tasks of the whole cluster that are meant to run: fewer calls than one list for each of many instances. */
export const tasksOfCluster = (ecs: ECSClient, clusterArn: string): Promise<Task[]> =>
  listTasks(ecs, clusterArn, null, ['RUNNING']);

/** Every task of a container instance that ECS lists, also those that are told to stop and still run. */
export const tasksOn = (ecs: ECSClient, clusterArn: string, containerInstanceArn: string): Promise<Task[]> =>
  // A task that is told to stop leaves the default list at once, while its containers still run (API reference, ListTasks).
  listTasks(ecs, clusterArn, containerInstanceArn, ['RUNNING', 'STOPPED']);

async function listTasks(
  ecs: ECSClient,
  cluster: string,
  containerInstance: string | null,
  desired: readonly ('RUNNING' | 'STOPPED')[],
): Promise<Task[]> {
  const arns = new Set<string>();
  for (const desiredStatus of desired) {
    const pages = paginateListTasks(
      { client: ecs, stopOnSameToken: true },
      { cluster, desiredStatus, ...(containerInstance !== null && { containerInstance }) },
    );
    // An empty list is there, too: without one nobody has said that nothing runs.
    for await (const { taskArns } of everyPage(pages))
      for (const arn of present(taskArns, 'taskArns')) arns.add(arn);
  }
  return describeTasks(ecs, cluster, [...arns]);
}

/** Tasks by ARN; those that ECS has forgotten have ended and are left out. One that it neither tells of nor calls missing counts as there. */
export async function describeTasks(
  ecs: ECSClient,
  clusterArn: string,
  arns: readonly string[],
): Promise<Task[]> {
  const described = await fewAtOnce(batches(arns, 100), (batch) =>
    ecs.send(new DescribeTasksCommand({ cluster: clusterArn, tasks: batch })),
  );
  const tasks = described.flatMap((answer) => answer.tasks ?? []);
  const failures = described.flatMap((answer) => answer.failures ?? []);
  const told = new Set([
    ...tasks.map(({ taskArn }) => taskArn),
    ...failures.flatMap(({ arn, reason }) => (reason === 'MISSING' ? [arn] : [])),
  ]);
  const untold = arns.filter((taskArn) => !told.has(taskArn));
  return [...tasks, ...untold.map((taskArn) => ({ taskArn, group: 'unknown', desiredStatus: 'STOPPED' }))];
}

/** Whether a task still holds anything on its host. */
export const isLive = ({ lastStatus }: Task): boolean => lastStatus !== 'STOPPED';

/** Whether somebody has told it to stop already. */
const isStopping = ({ desiredStatus }: Task): boolean => desiredStatus === 'STOPPED';

/** Name of the service that a task belongs to; null for a standalone one. `startedBy` alone is whatever RunTask was given. */
export function serviceOf({ group = '', startedBy = '' }: Task): string | null {
  return group.startsWith('service:') && startedBy.startsWith('ecs-svc/')
    ? group.slice('service:'.length)
    : null;
}

export const toTaskRef = ({ taskArn = '', group = '', lastStatus = '' }: Task): TaskRef => ({
  taskArn,
  group,
  lastStatus,
});

/** Which of these service tasks are under task protection. */
export async function protectedOf(
  ecs: ECSClient,
  clusterArn: string,
  tasks: readonly Task[],
): Promise<TaskRef[]> {
  const guarded = await protectionsOf(ecs, clusterArn, tasks);
  return tasks.filter(({ taskArn }) => taskArn !== undefined && guarded.has(taskArn)).map(toTaskRef);
}

/** The ends (ISO 8601) of task protections, by task. */
export async function protectionsOf(
  ecs: ECSClient,
  clusterArn: string,
  tasks: readonly Task[],
): Promise<Map<string, string>> {
  // Only tasks of services can be protected (API reference, UpdateTaskProtection).
  const candidates = tasks.filter((task) => serviceOf(task) !== null && isLive(task) && !isStopping(task));
  const answers = await fewAtOnce(batches(candidates, 100), (batch) =>
    ecs.send(
      new GetTaskProtectionCommand({
        cluster: clusterArn,
        tasks: batch.flatMap(({ taskArn }) => taskArn ?? []),
      }),
    ),
  );
  return new Map(
    answers.flatMap(({ protectedTasks }) =>
      present(protectedTasks, 'protectedTasks').flatMap(
        ({ taskArn, protectionEnabled, expirationDate }): [string, string][] =>
          protectionEnabled && taskArn ? [[taskArn, expirationDate?.toISOString() ?? 'unknown']] : [],
      ),
    ),
  );
}

/** Standalone tasks that nobody has told to stop. */
export const standaloneOf = (tasks: readonly Task[]): TaskRef[] =>
  tasks.filter((task) => isLive(task) && !isStopping(task) && serviceOf(task) === null).map(toTaskRef);

/** Services by name; those that are gone are left out. */
export async function describeServices(
  ecs: ECSClient,
  clusterArn: string,
  names: readonly string[],
): Promise<Service[]> {
  const described = await fewAtOnce(batches([...new Set(names)], 10), (batch) =>
    ecs.send(new DescribeServicesCommand({ cluster: clusterArn, services: batch })),
  );
  return described
    .flatMap(({ services }) => present(services, 'services'))
    .filter(({ status }) => status !== 'INACTIVE');
}

/** Names of the services with live tasks among these. */
export const servicesOf = (tasks: readonly Task[]): string[] => [
  ...new Set(tasks.filter(isLive).flatMap((task) => serviceOf(task) ?? [])),
];

/** Daemon tasks are stopped on a draining instance and replaced nowhere. */
export const isDaemon = ({ schedulingStrategy }: Service): boolean => schedulingStrategy === 'DAEMON';

/** A service of which no task can be moved as long as it is so. */
export const cannotDrain = (service: Service): boolean => !isDaemon(service) && cannotMove(countsOf(service));

/** Under other controllers than ECS's own these hold, whatever the service says (ECS API reference, DeploymentConfiguration). */
const percentagesOfOthers = { minimumHealthyPercent: 100, maximumPercent: 200 };

/** How many tasks a service is to have, and between which percentages of that it may be. */
export function countsOf({
  desiredCount = 0,
  deploymentConfiguration,
  deploymentController,
}: Service): TaskCounts {
  const isEcs = (deploymentController?.type ?? 'ECS') === 'ECS';
  const { minimumHealthyPercent = 100, maximumPercent = 200 } = isEcs
    ? (deploymentConfiguration ?? {})
    : percentagesOfOthers;
  return { desiredCount, minimumHealthyPercent, maximumPercent };
}

/**
 * Whether a new version of the service is being rolled out. Not every deployment has a rollout state (API reference, Deployment); under
 * CodeDeploy and external controllers task sets stand in the place of deployments.
 */
export const isDeploying = ({ deployments = [], taskSets = [] }: Service): boolean =>
  deployments.length > 1 ||
  deployments.some(({ rolloutState }) => rolloutState === 'IN_PROGRESS') ||
  taskSets.length > 1;

/** Whether it runs all that it wants. */
export const isSteady = ({ runningCount = 0, desiredCount = 0, pendingCount = 0 }: Service): boolean =>
  runningCount >= desiredCount && pendingCount === 0;
