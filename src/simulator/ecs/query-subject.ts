import type { EcsInstance } from './model.js';
import type { QuerySubject } from './query-language.js';

/** Tasks whose desired status is RUNNING, as ECS counts `runningTasksCount` (API reference, ContainerInstance). */
export function countRunning(instance: EcsInstance): number {
  let count = 0;
  for (const task of instance.tasks) if (task.desiredStatus === 'RUNNING') count++;
  return count;
}

/** A container instance as the cluster query language sees it. */
export const toQuerySubject = (instance: EcsInstance): QuerySubject => ({
  agentConnected: instance.agentConnected,
  agentVersion: instance.agentVersion,
  ec2InstanceId: instance.ec2InstanceId,
  registeredAt: instance.registeredAt,
  get runningTasksCount() {
    return countRunning(instance);
  },
  attribute(name) {
    const attribute = instance.attributes.get(name);
    return attribute && (attribute.value ?? null);
  },
  *taskGroups() {
    for (const task of instance.tasks) if (task.desiredStatus === 'RUNNING') yield task.group;
  },
});
