import { z } from 'zod';
import { protect } from '../ecs/operations/protection.js';
import type { EcsInstance, EcsTask } from '../ecs/model.js';
import { place } from '../ecs/placement.js';
import { liveTasks } from '../ecs/task-runner.js';
import type { Fleet } from '../fleet.js';
import { serviceNames } from '../kernel.js';
import { ControlError } from './control-error.js';

/** In whose name faults are done. */
const operator = 'operator';

const selector = {
  service: z.enum(serviceNames).optional(),
  action: z.string().optional(),
  principal: z.string().optional(),
  times: z.int().min(1).optional(),
  seconds: z.number().positive().optional(),
};

const instance = z.string();
const task = {
  /** ARN or id of the task; or an instance and, where it has several, the group. */
  task: z.string().optional(),
  instance: instance.optional(),
  group: z.string().optional(),
};

/** What can be done to a fleet from outside, by hand or by chance; durations in simulated seconds. */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('set-state'), instance, status: z.enum(['ACTIVE', 'DRAINING']) }),
  z.strictObject({
    kind: z.literal('terminate'),
    instance,
    /** Its agent is cut off first, so that ECS does not learn of the end and lists it for ever. */
    leavesGhost: z.boolean().default(false),
  }),
  /** As its Auto Scaling group terminates it, lifecycle hook and all; it is replaced. */
  z.strictObject({ kind: z.literal('asg-terminate'), instance }),
  z.strictObject({ kind: z.literal('reboot'), instance }),
  z.strictObject({
    kind: z.literal('run-task'),
    /** Absent: wherever there is room. */
    instance: instance.optional(),
    family: z.string().default('by-hand'),
    durationSeconds: z.number().min(0).optional(),
    cpu: z.int().min(1).default(128),
    memory: z.int().min(4).default(128),
  }),
  z.strictObject({ kind: z.literal('stop-task'), ...task }),
  z.strictObject({
    kind: z.literal('protect-task'),
    ...task,
    minutes: z.int().min(1).max(2880).default(120),
  }),
  z.strictObject({
    kind: z.literal('agent'),
    instance,
    connected: z.boolean(),
    /** With `connected: false`; absent: until told otherwise. */
    forSeconds: z.number().positive().optional(),
  }),
  /** Changes how the host behaves from now on: any member of the scenario's `host` but os and version. */
  z.strictObject({ kind: z.literal('amend-host'), instance, host: z.record(z.string(), z.unknown()) }),
  z.strictObject({
    kind: z.literal('update-service'),
    service: z.string(),
    cluster: z.string().optional(),
    desiredCount: z.int().min(0).optional(),
    forceNewDeployment: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('aws-error'),
    ...selector,
    code: z.string(),
    message: z.string().default('injected by the simulator'),
    status: z.int().min(400).max(599).default(400),
  }),
  z.strictObject({ kind: z.literal('latency'), ...selector, delaySeconds: z.number().positive() }),
  z.strictObject({ kind: z.literal('reset'), ...selector, when: z.enum(['before', 'after']) }),
  z.strictObject({
    kind: z.literal('garbage'),
    ...selector,
    body: z.enum(['html', 'truncated']),
    status: z.int().min(200).max(599).default(200),
  }),
]);

export type FaultRequest = z.infer<typeof faultSchema>;

/** A fault before its defaults are filled in. */
export type FaultInput = z.input<typeof faultSchema>;

/** Does it, at once. Throws {@link ControlError} where it makes no sense. */
export function inject(fleet: Fleet, request: FaultRequest): object {
  switch (request.kind) {
    case 'aws-error':
    case 'latency':
    case 'reset':
    case 'garbage': {
      const { service, action, principal, times, seconds } = request;
      fleet.faults.arm({ service, action, principal, times, seconds }, request);
      return {};
    }
    case 'set-state':
      fleet.ecs.setStatus(instanceOf(fleet, request.instance), request.status, operator);
      return {};
    case 'terminate':
      if (request.leavesGhost) fleet.ecs.agents.holdOff(instanceOf(fleet, request.instance));
      hostOf(fleet, request.instance).terminate(operator);
      return {};
    case 'asg-terminate': {
      const member = fleet.autoScaling.member(request.instance);
      if (!member) throw new ControlError(`instance: '${request.instance}' is in no Auto Scaling group`);
      fleet.autoScaling.terminate(member, `At the request of ${operator}, it was taken out of service.`);
      return {};
    }
    case 'reboot':
      hostOf(fleet, request.instance).rebootByEc2(operator);
      return {};
    case 'amend-host':
      hostOf(fleet, request.instance).amend(request.host);
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
  }
}

function instanceOf(fleet: Fleet, ec2InstanceId: string): EcsInstance {
  const found = fleet.ecs.instanceByEc2Id(ec2InstanceId);
  if (!found) throw new ControlError(`instance: no container instance '${ec2InstanceId}'`);
  return found;
}

function hostOf(fleet: Fleet, ec2InstanceId: string): NonNullable<ReturnType<Fleet['hosts']['get']>> {
  const host = fleet.hosts.get(ec2InstanceId);
  if (!host) throw new ControlError(`instance: no host '${ec2InstanceId}'`);
  return host;
}

function setAgent(fleet: Fleet, request: Extract<FaultRequest, { kind: 'agent' }>): void {
  const target = instanceOf(fleet, request.instance);
  if (request.connected) fleet.ecs.agents.release(target);
  else fleet.ecs.agents.holdOff(target, request.forSeconds);
}

function runTask(fleet: Fleet, request: Extract<FaultRequest, { kind: 'run-task' }>): EcsTask {
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

function taskOf(
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

function updateService(fleet: Fleet, request: Extract<FaultRequest, { kind: 'update-service' }>): void {
  const cluster = fleet.ecs.clusters.get(request.cluster ?? fleet.scenario.cluster);
  const service = cluster?.services.get(request.service);
  if (!service) throw new ControlError(`service: no service '${request.service}'`);
  if (request.desiredCount !== undefined) service.desiredCount = request.desiredCount;
  fleet.ecs.updateService(service, { redeploy: request.forceNewDeployment });
}
