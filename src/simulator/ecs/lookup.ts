import { z } from 'zod';
import type { Failure } from '@aws-sdk/client-ecs';
import { InvalidTokenError, paginate, type Page } from '../paging.js';
import { ecsArn, type EcsContext } from './context.js';
import { clusterNotFound, invalidParameter } from './errors.js';
import type { EcsCluster, EcsInstance, EcsTask } from './model.js';
import { findTask } from './task-runner.js';
import type { EcsWorld } from './world.js';

/** Members that every listing takes. */
export const pageInput = {
  maxResults: z
    .int()
    .min(1, 'maxResults must be between 1 and 100.')
    .max(100, 'maxResults must be between 1 and 100.')
    .optional(),
  nextToken: z.string().optional(),
};

/** The answer page of a listing. `query` is the request without its paging members. */
export function ecsPage<T extends { arn: string }>(
  items: Iterable<T>,
  query: { maxResults?: number | undefined; nextToken?: string | undefined; [member: string]: unknown },
  defaultSize: number,
): Page<T> {
  const { maxResults, nextToken, ...rest } = query;
  try {
    return paginate(items, ({ arn }) => arn, {
      query: rest,
      pageSize: maxResults ?? defaultSize,
      token: nextToken,
    });
  } catch (error) {
    if (error instanceof InvalidTokenError) throw invalidParameter('Invalid token.');
    throw error;
  }
}

/** The instant whose world lists show, virtual milliseconds. */
export const listedAsOf = ({ clock, timings }: EcsContext): number => clock.now() - timings.listLag * 1000;

/** The cluster that a request names, by name or ARN; `default` if it names none. */
export function clusterOf(world: EcsWorld, reference = 'default'): EcsCluster {
  const name = reference.replace(/^arn:.*:cluster\//, '');
  const cluster = world.clusters.get(name);
  if (!cluster || (reference !== name && reference !== cluster.arn)) throw clusterNotFound();
  return cluster;
}

/** Refuses an ARN of another cluster, as ECS does, instead of calling it missing. */
function checkCluster(cluster: EcsCluster, reference: string): void {
  const [, other] = /^arn:[^/]*\/([^/]+)\/[^/]+$/.exec(reference) ?? [];
  if (other !== undefined && other !== cluster.name) {
    throw invalidParameter(`Invalid identifier: Identifier is for ${other}. Your cluster is ${cluster.name}`);
  }
}

/** The instance of this ARN or id (not EC2 id); undefined if the cluster has none. */
export function findInstance(cluster: EcsCluster, reference: string): EcsInstance | undefined {
  checkCluster(cluster, reference);
  const instance = cluster.instances.get(reference.slice(reference.lastIndexOf('/') + 1));
  return instance && (reference === instance.arn || reference === instance.id) ? instance : undefined;
}

/** Sorts what was asked for into what is there and failures that say MISSING. */
export function lookUp<T>(
  context: EcsContext,
  cluster: EcsCluster,
  references: readonly string[],
  kind: 'container-instance' | 'task' | 'service',
  find: (reference: string) => T | undefined,
): { found: T[]; failures: Failure[] } {
  const found = new Set<T>();
  const failures: Failure[] = [];
  for (const reference of references) {
    checkCluster(cluster, reference);
    const item = find(reference);
    if (item) found.add(item);
    else failures.push(missing(context, cluster, kind, reference));
  }
  return { found: [...found], failures };
}

function missing(context: EcsContext, cluster: EcsCluster, kind: string, reference: string): Failure {
  const arn = reference.startsWith('arn:')
    ? reference
    : ecsArn(context, `${kind}/${cluster.name}/${reference}`);
  return { arn, reason: 'MISSING' };
}

/** Tasks by ARN or id. */
export const lookUpTasks = (
  context: EcsContext,
  cluster: EcsCluster,
  references: readonly string[],
): { found: EcsTask[]; failures: Failure[] } =>
  lookUp(context, cluster, references, 'task', (reference) => findTask(cluster, reference));
