import { protect } from '../ecs/operations/protection.js';
import type { EcsInstance, EcsTask } from '../ecs/model.js';
import { place } from '../ecs/placement.js';
import type { Fleet } from '../fleet.js';
import { ControlError } from './control-error.js';
import type { FaultRequest } from './faults.js';
import { hostOf, instanceOf, serviceOf, taskOf } from './targets.js';

/** In whose name faults are done. */
const operator = 'operator';

type Request<Kind extends FaultRequest['kind']> = Extract<FaultRequest, { kind: Kind }>;

/** Does it, at once. Throws {@link ControlError} where it makes no sense. */
export function inject(fleet: Fleet, request: FaultRequest): object {
  switch (request.kind) {
    case 'aws-error':
    case 'refuse':
    case 'latency':
    case 'reset':
    case 'hang':
    case 'garbage':
    case 'pages':
    case 'failures':
      fleet.faults.arm(request, request);
      return {};
    case 'command': {
      const { mishap: kind, delaySeconds, ...selector } = request;
      fleet.mishaps.arm(selector, kind === 'result-lost' ? { kind } : { kind, delaySeconds });
      return {};
    }
    case 'timings':
      amendTimings(fleet, request);
      return {};
    case 'set-state':
      fleet.ecs.setStatus(instanceOf(fleet, request.instance), request.status, operator);
      return {};
    case 'deregister':
      fleet.ecs.deregister(instanceOf(fleet, request.instance), operator);
      return {};
    case 'terminate':
      if (request.leavesGhost) fleet.ecs.agents.holdOff(instanceOf(fleet, request.instance));
      hostOf(fleet, request.instance).terminate(operator, 'hand');
      return {};
    case 'asg-terminate': {
      const member = fleet.autoScaling.member(request.instance);
      if (!member) throw new ControlError(`instance: '${request.instance}' is in no Auto Scaling group`);
      fleet.autoScaling.terminate(member, `At the request of ${operator}, it was taken out of service.`);
      return {};
    }
    case 'join':
      return { ec2InstanceIds: join(fleet, request) };
    case 'reboot':
      hostOf(fleet, request.instance).rebootByEc2(operator);
      return {};
    case 'amend-host':
      hostOf(fleet, request.instance).amend(request.host);
      return {};
    case 'update-by-hand':
      hostOf(fleet, request.instance).updateByHand(request.found, request.version);
      return {};
    case 'agent':
      setAgent(fleet, request);
      return {};
    case 'run-task':
      return { taskArn: runTask(fleet, request).arn };
    case 'stop-task': {
      const found = taskOf(fleet, request);
      fleet.ecs.tasks.stop(found, 'UserInitiated', 'Task stopped by user', operator);
      return { taskArn: found.arn };
    }
    case 'protect-task': {
      const found = taskOf(fleet, request);
      if (!found.service) throw new ControlError(`${found.arn} is of no service: it cannot be protected`);
      protect(fleet.ecs, found, request.minutes);
      return { taskArn: found.arn };
    }
    case 'update-service':
      updateService(fleet, request);
      return {};
    case 'delete-service':
      fleet.ecs.deleteService(serviceOf(fleet, request), operator);
      return {};
  }
}

function setAgent(fleet: Fleet, request: Request<'agent'>): void {
  const target = instanceOf(fleet, request.instance);
  if (request.connected) fleet.ecs.agents.release(target);
  else fleet.ecs.agents.holdOff(target, request.forSeconds);
}

function join(fleet: Fleet, { like, count }: Request<'join'>): string[] {
  return Array.from({ length: count }, () => {
    const joined = fleet.join(like);
    if (joined === undefined) throw new ControlError(`like: no container instance '${like}'`);
    return joined;
  });
}

function runTask(fleet: Fleet, request: Request<'run-task'>): EcsTask {
  const { family, cpu, memory, durationSeconds } = request;
  const target =
    request.instance === undefined ? roomFor(fleet, request) : instanceOf(fleet, request.instance);
  return fleet.ecs.tasks.start({
    instance: target,
    definition: { family, revision: 1, cpu, memory, networkMode: 'bridge' },
    group: `family:${family}`,
    starter: operator,
    ...(durationSeconds !== undefined && { durationSeconds }),
  });
}

function roomFor(fleet: Fleet, { cpu, memory }: { cpu: number; memory: number }): EcsInstance {
  const instances = [...fleet.ecs.clusters.values()].flatMap((cluster) => [...cluster.instances.values()]);
  const placement = place(instances, { cpu, memory, queries: [], isPeer: () => false });
  if (placement.kind !== 'placed') throw new ControlError('no instance has room for the task');
  return placement.instance;
}

function updateService(fleet: Fleet, request: Request<'update-service'>): void {
  const service = serviceOf(fleet, request);
  const { stopSeconds } = request;
  service.desiredCount = request.desiredCount ?? service.desiredCount;
  service.minimumHealthyPercent = request.minimumHealthyPercent ?? service.minimumHealthyPercent;
  service.maximumPercent = request.maximumPercent ?? service.maximumPercent;
  service.deregistrationDelaySeconds =
    request.deregistrationDelaySeconds ?? service.deregistrationDelaySeconds;
  if (stopSeconds !== undefined) {
    for (const { definition } of service.deployments) definition.stopSeconds = [stopSeconds, stopSeconds];
  }
  fleet.ecs.updateService(service, { redeploy: request.forceNewDeployment });
}

const parts = ['ecs', 'host', 'ssm', 'ec2', 'autoScaling'] as const;

function amendTimings(fleet: Fleet, request: Request<'timings'>): void {
  for (const part of parts) {
    const known = new Map<string, unknown>(Object.entries(fleet.timings[part]));
    for (const [name, value] of Object.entries(request[part])) {
      if (!known.has(name)) {
        throw new ControlError(`${part}.${name}: no such timing; there is ${[...known.keys()].join(', ')}`);
      }
      if (shapeOf(known.get(name)) !== shapeOf(value)) {
        throw new ControlError(`${part}.${name}: ${JSON.stringify(value)}: ${shapeOf(known.get(name))}`);
      }
    }
    Object.assign(fleet.timings[part], request[part]);
  }
}

const shapeOf = (value: unknown): string =>
  typeof value === 'number' ? 'one number' : Array.isArray(value) ? '[shortest, longest]' : 'weights';
