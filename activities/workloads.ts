import type { ECSClient, Service, Task } from '@aws-sdk/client-ecs';
import type { AwsClients } from '../src/aws/clients.js';
import { cutTasks } from '../src/model/bounds.js';
import type { Workload } from '../src/model/instance.js';
import { obstacle } from '../src/model/plan.js';
import {
  cannotDrain,
  describeServices,
  isDeploying,
  protectionsOf,
  servicesOf,
  standaloneOf,
  tasksMeantToRun,
  tasksOfCluster,
  toTaskRef,
} from '../src/aws/tasks.js';
import { fewAtOnce } from '../src/aws/few-at-once.js';
import type { Activities } from './types.js';

/** What runs on up to 50 instances, keyed by container instance ARN. */
export async function inspectWorkloads(
  { ecs }: AwsClients,
  { cluster, instances }: Parameters<Activities['inspectWorkloads']>[0],
): ReturnType<Activities['inspectWorkloads']> {
  const tasks = await fewAtOnce(instances, ({ containerInstanceArn }) =>
    tasksMeantToRun(ecs, cluster.arn, containerInstanceArn),
  );
  return workloadsIn(ecs, cluster.arn, tasks.flat());
}

/** The same of every instance of the cluster on which something forbids a drain. */
export async function inspectCluster(
  { ecs }: AwsClients,
  { cluster }: Parameters<Activities['inspectCluster']>[0],
): ReturnType<Activities['inspectCluster']> {
  const workloads = await workloadsIn(ecs, cluster.arn, await tasksOfCluster(ecs, cluster.arn));
  return Object.fromEntries(Object.entries(workloads).filter(([, workload]) => obstacle(workload) !== null));
}

async function workloadsIn(
  ecs: ECSClient,
  clusterArn: string,
  tasks: Task[],
): Promise<Record<string, Workload>> {
  const services = await describeServices(ecs, clusterArn, servicesOf(tasks));
  const stuck = namesOf(services.filter(cannotDrain));
  const deploying = namesOf(services.filter(isDeploying));
  const protections = await protectionsOf(ecs, clusterArn, tasks);
  const workloads: Record<string, Workload> = {};
  for (const [arn, own] of byInstance(tasks)) {
    const standalone = cutTasks(standaloneOf(own));
    const guarded = own.filter(({ taskArn = '' }) => protections.has(taskArn));
    const protectedOnes = cutTasks(guarded.map(toTaskRef));
    const protectedUntil = guarded
      .map(({ taskArn = '' }) => protections.get(taskArn) ?? '')
      .toSorted()
      .at(-1);
    const names = servicesOf(own);
    const deployingServices = names.filter((name) => deploying.has(name));
    // Thousands of them stand in one answer.
    workloads[arn] = {
      standaloneTasks: standalone.tasks,
      ...(standalone.more && { moreStandalone: standalone.more }),
      protectedTasks: protectedOnes.tasks,
      ...(protectedOnes.more && { moreProtected: protectedOnes.more }),
      ...(protectedUntil !== undefined && { protectedUntil }),
      stuckServices: names.filter((name) => stuck.has(name)),
      ...(deployingServices.length > 0 && { deployingServices }),
    };
  }
  return workloads;
}

const namesOf = (services: readonly Service[]): Set<string> =>
  new Set(services.flatMap(({ serviceName }) => serviceName ?? []));

function byInstance(tasks: readonly Task[]): Map<string, Task[]> {
  const grouped = new Map<string, Task[]>();
  for (const task of tasks) {
    const arn = task.containerInstanceArn ?? '';
    grouped.set(arn, [...(grouped.get(arn) ?? []), task]);
  }
  return grouped;
}
