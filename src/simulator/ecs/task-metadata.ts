import { findTask } from './task-runner.js';
import type { EcsTask } from './model.js';
import type { EcsWorld } from './world.js';

/**
 * What the ECS agent answers to `GET ${ECS_CONTAINER_METADATA_URI_V4}/task` inside a container, where the variable ends in
 * `/v4/<task id>-<container>` (ECS developer guide, task metadata endpoint version 4). Undefined for any other path; null for a task
 * that does not run.
 */
export function taskMetadata(world: EcsWorld, path: string): object | null | undefined {
  const [, id = ''] = /^\/v4\/([0-9a-f]{32})(?:-\d+)?\/task\/?$/.exec(path) ?? [];
  if (id === '') return undefined;
  for (const cluster of world.clusters.values()) {
    const task = findTask(cluster, id);
    if (task) return task.hostStatus === 'STOPPED' ? null : shapeOf(task);
  }
  return null;
}

const iso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();

function shapeOf(task: EcsTask): object {
  const { cluster, definition, instance, service } = task;
  return {
    Cluster: cluster.arn,
    TaskARN: task.arn,
    Family: definition.family,
    Revision: String(definition.revision),
    ServiceName: service?.name,
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.hostStatus,
    PullStartedAt: iso(task.createdAt),
    PullStoppedAt: iso(task.startedAt),
    AvailabilityZone: instance.availabilityZone,
    LaunchType: instance.kind === 'external' ? 'EXTERNAL' : 'EC2',
    Containers: [],
  };
}
