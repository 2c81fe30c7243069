import { Machine, type Ec2Timings } from './ec2/machine.js';
import type { EcsCluster, EcsInstance, EcsService, TaskDefinition } from './ecs/model.js';
import type { EcsWorld, NewInstance } from './ecs/world.js';
import { Host } from './host/host.js';
import { hostSpecSchema } from './host/spec.js';
import type { HostTimings } from './host/timings.js';
import type { Clock, Journal } from './kernel.js';
import type { SeededRandom } from './random.js';
import { clustersOf, type Scenario, type ScenarioCluster, type ScenarioInstance } from './scenario.js';

/** What a scenario is built into. */
export interface Ground {
  clock: Clock;
  random: SeededRandom;
  journal: Journal;
  ecs: EcsWorld;
  hosts: Map<string, Host>;
  machines: Map<string, Machine>;
  hostTimings: Partial<HostTimings>;
  ec2Timings: Ec2Timings;
}

const zones = ['a', 'b', 'c'];
const dayMs = 86_400_000;

/** Builds the fleet of a scenario: hosts, their instances, services with all their tasks running. */
export function populate(scenario: Scenario, ground: Ground): void {
  for (const given of clustersOf(scenario)) populateCluster(given, scenario.region, ground);
}

function populateCluster(given: ScenarioCluster, region: string, ground: Ground): void {
  const cluster = ground.ecs.addCluster(given.cluster);
  const named = new Map<string, EcsInstance[]>();
  const cutOff: EcsInstance[] = [];
  for (const instanceGiven of given.instances) {
    for (let copy = 0; copy < instanceGiven.count; copy++) {
      const instance = addInstance(ground, cluster, instanceGiven, region);
      if (!instanceGiven.agentConnected) cutOff.push(instance);
      for (const key of [instanceGiven.name, instanceGiven.ec2InstanceId]) {
        if (key !== undefined) named.set(key, [...(named.get(key) ?? []), instance]);
      }
    }
  }
  addDefinitions(given, cluster);
  addTasks(given, ground, named);
  for (const service of given.services) addService(ground, cluster, service, named);
  for (const instance of cutOff) ground.ecs.agents.holdOff(instance);
}

function addInstance(
  ground: Ground,
  cluster: EcsCluster,
  given: ScenarioInstance,
  region: string,
): EcsInstance {
  const { random, clock } = ground;
  const id = given.ec2InstanceId ?? `${given.kind === 'external' ? 'mi' : 'i'}-0${random.token(16)}`;
  const zone = given.az ?? zones[cluster.instances.size % zones.length] ?? 'a';
  const availabilityZone = zone.length > 1 ? zone : `${region}${zone}`;
  const host = given.kind === 'external' ? undefined : addHost(ground, given, id, availabilityZone);
  const capacityProviderName =
    given.capacityProvider ?? (given.kind === 'managed' ? 'managed-instances' : undefined);
  const instance: NewInstance = {
    ec2InstanceId: id,
    kind: given.kind,
    ...(host && { host }),
    ...(given.kind !== 'external' && { availabilityZone }),
    ...(capacityProviderName !== undefined && { capacityProviderName }),
    ...(given.agentVersion !== undefined && { agentVersion: given.agentVersion }),
    registeredAt: host ? host.launchedAt.getTime() + 60_000 : clock.now() - dayMs,
    cpu: given.cpu,
    memory: given.memory,
    status: given.status,
    ...(given.status === 'DRAINING' && { statusBy: given.drainedBy }),
    // Placed and running like any other; cut off once the fleet stands.
    agentConnected: host?.ecsAgentUp ?? true,
    attributes: { ...attributesOf(given, host, availabilityZone), ...given.attributes },
    tags: given.tags,
  };
  return ground.ecs.addInstance(cluster, instance);
}

function addHost(
  ground: Ground,
  given: ScenarioInstance,
  ec2InstanceId: string,
  availabilityZone: string,
): Host {
  const { clock, random, journal, hostTimings, ec2Timings } = ground;
  const index = ground.machines.size;
  const spec = hostSpecSchema.parse({ ...given.host, ec2InstanceId });
  const host = new Host(spec, { clock, random: random.fork(ec2InstanceId), journal, timings: hostTimings });
  const machine = new Machine(
    host,
    {
      availabilityZone,
      instanceType: given.instanceType,
      imageId: imageOf(given, spec.arch),
      privateIp: `10.0.${Math.floor(index / 250)}.${4 + (index % 250)}`,
      architecture: spec.arch === 'aarch64' ? 'arm64' : 'x86_64',
      subnetId: `subnet-0${random.fork(availabilityZone).token(16)}`,
      vpcId: `vpc-0${random.fork('vpc').token(16)}`,
      tags: new Map(Object.entries({ Name: given.name ?? `container-instance-${index}`, ...given.tags })),
    },
    { clock, timings: ec2Timings },
  );
  ground.hosts.set(ec2InstanceId, host);
  ground.machines.set(ec2InstanceId, machine);
  return host;
}

const imageOf = (given: ScenarioInstance, arch: string): string =>
  given.imageId ?? (arch === 'aarch64' ? 'ami-0a1b2c3d4e5f60719' : 'ami-0123456789abcdef0');

/** Attributes that the agent registers by itself. */
function attributesOf(
  given: ScenarioInstance,
  host: Host | undefined,
  availabilityZone: string,
): Record<string, string> {
  const isBottlerocket = host?.spec.os === 'bottlerocket';
  return {
    'ecs.os-type': 'linux',
    'ecs.cpu-architecture': host?.spec.arch === 'aarch64' ? 'arm64' : 'x86_64',
    ...(host && {
      'ecs.ami-id': imageOf(given, host.spec.arch),
      'ecs.instance-type': given.instanceType,
      'ecs.availability-zone': availabilityZone,
    }),
    ...(host && isBottlerocket && { 'bottlerocket.variant': host.spec.variant }),
    ...(given.kind === 'external' && { 'ecs.capability.external': 'true' }),
  };
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
  { ecs, clock }: Ground,
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
    task.protection = { expiresAt: clock.now() + 2 * dayMs };
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
