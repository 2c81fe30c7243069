import type { EcsInstance, EcsService, EcsTask } from '../ecs/model.js';
import { liveTasks } from '../ecs/task-runner.js';
import type { Fleet } from '../fleet.js';
import type { Host } from '../host/host.js';
import { ControlError } from './control-error.js';

/** The container instance with this EC2 id; throws {@link ControlError} if there is none. */
export function instanceOf(fleet: Fleet, ec2InstanceId: string): EcsInstance {
  const found = fleet.ecs.instanceByEc2Id(ec2InstanceId);
  if (!found) throw new ControlError(`instance: no container instance '${ec2InstanceId}'`);
  return found;
}

/** The host with this EC2 id; throws {@link ControlError} if there is none. */
export function hostOf(fleet: Fleet, ec2InstanceId: string): Host {
  const host = fleet.hosts.get(ec2InstanceId);
  if (!host) throw new ControlError(`instance: no host '${ec2InstanceId}'`);
  return host;
}

/** The task that is named, or the first on an instance (of a group); throws {@link ControlError} if there is none. */
export function taskOf(
  fleet: Fleet,
  request: { task?: string | undefined; instance?: string | undefined; group?: string | undefined },
): EcsTask {
  if (request.task === undefined && request.instance === undefined)
    throw new ControlError('task: give a task or an instance');
  const candidates =
    request.instance === undefined
      ? [...fleet.ecs.clusters.values()].flatMap((cluster) => [...cluster.tasks.values()])
      : liveTasks(instanceOf(fleet, request.instance));
  const found = candidates.find(
    (candidate) =>
      (request.task === undefined || candidate.arn === request.task || candidate.id === request.task) &&
      (request.group === undefined || candidate.group === request.group),
  );
  if (!found) throw new ControlError('task: no such task');
  return found;
}

/** A service by name, of the scenario's main cluster unless another is named; throws {@link ControlError} if there is none. */
export function serviceOf(
  fleet: Fleet,
  request: { service: string; cluster?: string | undefined },
): EcsService {
  const cluster = fleet.ecs.clusters.get(request.cluster ?? fleet.scenario.cluster);
  const service = cluster?.services.get(request.service);
  if (!service) throw new ControlError(`service: no service '${request.service}'`);
  return service;
}
