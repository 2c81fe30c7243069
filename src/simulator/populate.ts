import type { AutoScalingWorld } from './auto-scaling/world.js';
import type { EcsCluster, EcsInstance, EcsService, TaskDefinition } from './ecs/model.js';
import { protect } from './ecs/operations/protection.js';
import type { EcsWorld } from './ecs/world.js';
import { addMachine, newInstanceId, registerInstance, type Site, zoneOf } from './launch.js';
import { clustersOf, type Scenario, type ScenarioCluster, type ScenarioInstance } from './scenario.js';

/** What a scenario is built into. */
export interface Ground extends Site {
  autoScaling: AutoScalingWorld;
}

const dayMinutes = 24 * 60;

/** Builds the fleet of a scenario: hosts, their instances, services with all their tasks running. */
export function populate(scenario: Scenario, ground: Ground): void {
  for (const given of clustersOf(scenario)) populateCluster(given, scenario.region, ground);
}

function populateCluster(given: ScenarioCluster, region: string, ground: Ground): void {
  const cluster = ground.ecs.addCluster(given.cluster);
  const named = new Map<string, EcsInstance[]>();
  const cutOff: [EcsInstance, ScenarioInstance['ghost']][] = [];
  for (const instanceGiven of given.instances) {
    for (let copy = 0; copy < instanceGiven.count; copy++) {
      const instance = addInstance(ground, cluster, instanceGiven, region);
      if (!instanceGiven.agentConnected || instanceGiven.ghost) cutOff.push([instance, instanceGiven.ghost]);
      for (const key of [instanceGiven.name, instanceGiven.ec2InstanceId]) {
        if (key !== undefined) named.set(key, [...(named.get(key) ?? []), instance]);
      }
    }
  }
  addDefinitions(given, cluster);
  addTasks(given, ground, named);
  for (const service of given.services) addService(ground, cluster, service, named);
  for (const [instance, ghost] of cutOff) {
    ground.ecs.agents.holdOff(instance);
    if (ghost !== undefined) bury(ground, instance, ghost);
  }
}

/** The machine has ended while its agent was away: ECS did not notice, EC2 says so, or no longer knows it. */
function bury(
  { hosts, machines }: Ground,
  { ec2InstanceId }: EcsInstance,
  ghost: 'terminated' | 'unknown',
): void {
  hosts.get(ec2InstanceId)?.endedLongAgo();
  if (ghost === 'unknown') machines.delete(ec2InstanceId);
}

function addInstance(
  ground: Ground,
  cluster: EcsCluster,
  given: ScenarioInstance,
  region: string,
): EcsInstance {
  const ec2InstanceId = given.ec2InstanceId ?? newInstanceId(ground.random, given.kind);
  const availabilityZone = zoneOf(given, region, cluster.instances.size);
  const host =
    given.kind === 'external' ? undefined : addMachine(ground, given, ec2InstanceId, availabilityZone);
  if (host) ground.autoScaling.adopt(given, host, { cluster, availabilityZone });
  return registerInstance(ground, cluster, given, {
    ec2InstanceId,
    availabilityZone,
    ...(host && { host }),
  });
}

type Sized = Pick<
  ScenarioCluster['tasks'][number],
  'cpu' | 'memory' | 'hostPort' | 'networkMode' | 'stopSeconds'
>;

const toDefinition = (family: string, given: Sized): TaskDefinition => ({
  family,
  revision: 1,
  cpu: given.cpu,
  memory: given.memory,
  networkMode: given.networkMode,
  ...(given.hostPort !== undefined && { hostPort: given.hostPort }),
  ...(given.stopSeconds && { stopSeconds: given.stopSeconds }),
});

function addDefinitions(scenario: ScenarioCluster, cluster: EcsCluster): void {
  for (const given of [...scenario.taskDefinitions, ...scenario.tasks]) {
    cluster.definitions.set(given.family, toDefinition(given.family, given));
  }
}

function addTasks(scenario: ScenarioCluster, { ecs }: Ground, named: Map<string, EcsInstance[]>): void {
  for (const given of scenario.tasks) {
    for (const instance of named.get(given.on) ?? []) {
      for (let copy = 0; copy < given.count; copy++) {
        ecs.tasks.addRunning({
          instance,
          definition: toDefinition(given.family, given),
          group: given.group ?? `family:${given.family}`,
          starter: given.starter,
          ...(given.startedBy !== undefined && { startedBy: given.startedBy }),
          ...(given.durationSeconds !== undefined && { durationSeconds: given.durationSeconds }),
        });
      }
    }
  }
}

function addService(
  { ecs }: Ground,
  cluster: EcsCluster,
  given: ScenarioCluster['services'][number],
  named: Map<string, EcsInstance[]>,
): void {
  const isDaemon = given.schedulingStrategy === 'DAEMON';
  const pinned = given.on
    ?.flatMap((reference) => named.get(reference) ?? [])
    .map(({ ec2InstanceId }) => ec2InstanceId);
  const service = ecs.addService(cluster, {
    name: given.name,
    oldArn: given.oldArn,
    definition: toDefinition(given.name, given),
    schedulingStrategy: given.schedulingStrategy,
    desiredCount: isDaemon ? 0 : given.desiredCount,
    minimumHealthyPercent: given.minimumHealthyPercent ?? (isDaemon ? 0 : 100),
    maximumPercent: given.maximumPercent ?? (isDaemon ? 100 : 200),
    deregistrationDelaySeconds: given.deregistrationDelaySeconds,
    placementConstraints: [
      ...(given.distinctInstance ? [{ type: 'distinctInstance' as const }] : []),
      ...(given.memberOf === undefined ? [] : [{ type: 'memberOf' as const, expression: given.memberOf }]),
      ...(pinned
        ? [{ type: 'memberOf' as const, expression: `ec2InstanceId in [${pinned.join(', ')}]` }]
        : []),
    ],
  });
  runAll(ecs, service);
  for (const task of [...service.tasks].slice(0, given.protectedTasks)) {
    protect(ecs, task, 2 * dayMinutes);
  }
}

/** Places all tasks of a service, as if it had been steady for long; what finds no room is left to the scheduler. */
function runAll(ecs: EcsWorld, service: EcsService): void {
  const [deployment] = service.deployments;
  if (!deployment) return;
  const wanted = ecs.scheduler.desiredCount(service);
  while (service.tasks.size < wanted) {
    const placement = ecs.scheduler.placementFor(service, deployment);
    if (placement.kind !== 'placed') {
      service.steady = false;
      ecs.scheduler.poke(service);
      return;
    }
    ecs.tasks.addRunning({
      instance: placement.instance,
      definition: deployment.definition,
      group: `service:${service.name}`,
      startedBy: deployment.id,
      service,
      deploymentId: deployment.id,
    });
  }
}
