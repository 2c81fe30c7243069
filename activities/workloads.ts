import { type ECSClient } from '@aws-sdk/client-ecs';
import type { AwsClients } from '../src/aws/clients.js';
import type { Workload } from '../src/model/instance.js';
import {
  cannotDrain,
  describeServices,
  protectedOf,
  serviceOf,
  servicesOf,
  standaloneOf,
  tasksMeantToRun,
} from './tasks.js';
import { batches } from './subject.js';
import type { Activities } from './types.js';

/** Instances whose tasks are listed at the same time: the read limit of ECS is shared by the whole account (20 a second). */
const atOnce = 5;

/** What runs on up to 50 instances, keyed by `ec2InstanceId`. */
export async function inspectWorkloads(
  { ecs }: AwsClients,
  { cluster, instances }: Parameters<Activities['inspectWorkloads']>[0],
): ReturnType<Activities['inspectWorkloads']> {
  const found: { id: string; tasks: Awaited<ReturnType<typeof tasksMeantToRun>> }[] = [];
  for (const batch of batches(instances, atOnce)) {
    found.push(
      ...(await Promise.all(
        batch.map(async ({ ec2InstanceId, containerInstanceArn }) => ({
          id: ec2InstanceId,
          tasks: await tasksMeantToRun(ecs, cluster.arn, containerInstanceArn),
        })),
      )),
    );
  }
  const stuck = await stuckServices(ecs, cluster.arn, servicesOf(found.flatMap(({ tasks }) => tasks)));
  const guarded = new Set(
    (
      await protectedOf(
        ecs,
        cluster.arn,
        found.flatMap(({ tasks }) => tasks),
      )
    ).map(({ taskArn }) => taskArn),
  );
  const workloads: Record<string, Workload> = {};
  for (const { id, tasks } of found) {
    workloads[id] = {
      standaloneTasks: standaloneOf(tasks),
      protectedTasks: tasks
        .filter(({ taskArn }) => taskArn !== undefined && guarded.has(taskArn))
        .map((task) => ({
          taskArn: task.taskArn ?? '',
          group: `service:${serviceOf(task) ?? ''}`,
          lastStatus: task.lastStatus ?? '',
        })),
      stuckServices: servicesOf(tasks).filter((name) => stuck.has(name)),
    };
  }
  return workloads;
}

async function stuckServices(
  ecs: ECSClient,
  clusterArn: string,
  names: readonly string[],
): Promise<Set<string>> {
  const services = await describeServices(ecs, clusterArn, names);
  return new Set(services.filter(cannotDrain).flatMap(({ serviceName }) => serviceName ?? []));
}
