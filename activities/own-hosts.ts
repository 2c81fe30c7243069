import { type ECSClient, paginateListTasks, type Task } from '@aws-sdk/client-ecs';
import { log } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { everyPage } from '../src/aws/pages.js';
import type { AwsClients } from '../src/aws/clients.js';
import type { ClusterRef } from '../src/model/names.js';
import { describeTasks } from '../src/aws/tasks.js';
import type { Activities } from './types.js';

/** The agent is on the same host: an answer later than this is none. */
const metadataLimitMs = 2000;

/** Container instances on which tasks of this worker's own service run; [] where it cannot be told. */
export async function findOwnHosts(
  { ecs }: AwsClients,
  { cluster }: { cluster: ClusterRef },
): ReturnType<Activities['findOwnHosts']> {
  try {
    const taskArn = await ownTask();
    return taskArn !== null && clusterOf(taskArn) === cluster.arn
      ? await hostsOfService(ecs, cluster.arn, taskArn)
      : [];
  } catch (err) {
    if (err instanceof CancelledFailure) throw err;
    // The order of updates is worth no rollout: a worker that is drained early leaves its work to another.
    log.warn('cannot tell on which hosts the workers run; theirs are not done last', {
      cluster: cluster.name,
      error: err,
    });
    return [];
  }
}

/** ARN of the task that this process runs in; null: it runs in none (ECS developer guide, task metadata endpoint version 4). */
async function ownTask(): Promise<string | null> {
  const uri = process.env['ECS_CONTAINER_METADATA_URI_V4'];
  if (!uri) return null;
  const answer = await fetch(`${uri}/task`, { signal: AbortSignal.timeout(metadataLimitMs) });
  if (!answer.ok) throw new Error(`${uri}/task answers ${answer.status}`);
  const metadata: unknown = await answer.json();
  const isTask = typeof metadata === 'object' && metadata !== null && 'TaskARN' in metadata;
  if (!isTask || typeof metadata.TaskARN !== 'string') throw new Error(`${uri}/task names no TaskARN`);
  return metadata.TaskARN;
}

/** `arn:aws:ecs:…:task/prod/0123…` is of cluster `arn:aws:ecs:…:cluster/prod`. */
const clusterOf = (taskArn: string): string =>
  taskArn.slice(0, taskArn.lastIndexOf('/')).replace(':task/', ':cluster/');

async function hostsOfService(ecs: ECSClient, cluster: string, taskArn: string): Promise<string[]> {
  const own = await describeTasks(ecs, cluster, [taskArn]);
  const [, serviceName] = /^service:(.+)$/.exec(own[0]?.group ?? '') ?? [];
  const tasks = serviceName === undefined ? own : await tasksOf(ecs, cluster, serviceName);
  return [...new Set(tasks.flatMap(({ containerInstanceArn }) => containerInstanceArn ?? []))];
}

async function tasksOf(ecs: ECSClient, cluster: string, serviceName: string): Promise<Task[]> {
  const arns: string[] = [];
  const pages = paginateListTasks({ client: ecs, stopOnSameToken: true }, { cluster, serviceName });
  for await (const { taskArns = [] } of everyPage(pages)) arns.push(...taskArns);
  return describeTasks(ecs, cluster, [...new Set(arns)]);
}
