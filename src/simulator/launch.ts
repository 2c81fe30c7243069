import { Machine, type Ec2Timings } from './ec2/machine.js';
import type { EcsCluster, EcsInstance } from './ecs/model.js';
import type { EcsWorld } from './ecs/world.js';
import { Host } from './host/host.js';
import { hostSpecSchema } from './host/spec.js';
import type { HostTimings } from './host/timings.js';
import type { Clock, Journal } from './kernel.js';
import type { SeededRandom } from './random.js';
import type { ScenarioInstance } from './scenario.js';

/** Where machines are launched and registered. */
export interface Site {
  clock: Clock;
  random: SeededRandom;
  journal: Journal;
  ecs: EcsWorld;
  hosts: Map<string, Host>;
  machines: Map<string, Machine>;
  hostTimings: HostTimings;
  /** How each container instance was made, by EC2 id. */
  templates: Map<string, Template>;
  ec2Timings: Ec2Timings;
}

/** What an instance is made of, so that there can be another one like it. */
export interface Template {
  given: ScenarioInstance;
  cluster: EcsCluster;
  availabilityZone: string;
}

const zones = ['a', 'b', 'c'];
const dayMs = 86_400_000;
/** EC2's tag on every instance of an Auto Scaling group (Auto Scaling user guide). */
const groupTag = 'aws:autoscaling:groupName';

/** An id as EC2, or for a machine outside it Systems Manager, makes one. */
export const newInstanceId = (random: SeededRandom, kind: ScenarioInstance['kind']): string =>
  `${kind === 'external' ? 'mi' : 'i'}-0${random.token(16)}`;

/** Zone of the next instance, the `index`th of its cluster: as given, or the next of three. */
export function zoneOf({ az }: ScenarioInstance, region: string, index: number): string {
  const zone = az ?? zones[index % zones.length] ?? 'a';
  return zone.length > 1 ? zone : `${region}${zone}`;
}

/** Puts a machine into EC2: one that has run for days, or with `booting` one that only now starts. */
export function addMachine(
  site: Site,
  given: ScenarioInstance,
  ec2InstanceId: string,
  availabilityZone: string,
  booting = false,
): Host {
  const { clock, random, journal, hostTimings, ec2Timings } = site;
  const index = site.machines.size;
  const spec = hostSpecSchema.parse({ ...given.host, ec2InstanceId });
  const host = new Host(
    spec,
    { clock, random: random.fork(ec2InstanceId), journal, timings: hostTimings },
    booting,
  );
  const { autoScalingGroup } = given;
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
      tags: new Map(
        Object.entries({
          Name: given.name ?? `container-instance-${index}`,
          ...given.tags,
          ...(autoScalingGroup !== undefined && { [groupTag]: autoScalingGroup }),
        }),
      ),
    },
    { clock, timings: ec2Timings },
  );
  site.hosts.set(ec2InstanceId, host);
  site.machines.set(ec2InstanceId, machine);
  host.on(({ kind }) => {
    if (kind === 'terminated') {
      clock.after(ec2Timings.terminatedFor * 1000, () => {
        site.machines.delete(ec2InstanceId);
      });
    }
  });
  return host;
}

/** Launches a machine that registers with its cluster once its agent is up. */
export function launch(site: Site, { given: like, cluster, availabilityZone }: Template): Host {
  const { ec2InstanceId: _its, ghost: _dead, ...same } = like;
  const { found: _done, ...hostGiven } = like.host;
  const given: ScenarioInstance = { ...same, status: 'ACTIVE', agentConnected: true, host: hostGiven };
  const ec2InstanceId = newInstanceId(site.random, given.kind);
  const host = addMachine(site, given, ec2InstanceId, availabilityZone, true);
  let isRegistered = false;
  host.on(({ kind }) => {
    if (kind !== 'ecs-agent-up' || isRegistered) return;
    isRegistered = true;
    registerInstance(site, cluster, given, { ec2InstanceId, availabilityZone, host });
  });
  return host;
}

/** Registers a container instance with its cluster; `host` is absent for a machine outside EC2. */
export function registerInstance(
  { ecs, clock, templates }: Site,
  cluster: EcsCluster,
  given: ScenarioInstance,
  { ec2InstanceId, availabilityZone, host }: { ec2InstanceId: string; availabilityZone: string; host?: Host },
): EcsInstance {
  templates.set(ec2InstanceId, { given, cluster, availabilityZone });
  const capacityProviderName =
    given.capacityProvider ?? (given.kind === 'managed' ? 'managed-instances' : undefined);
  const launchedAt = host?.launchedAt.getTime() ?? clock.now() - dayMs;
  return ecs.addInstance(cluster, {
    ec2InstanceId,
    kind: given.kind,
    ...(host && { host }),
    ...(given.kind !== 'external' && { availabilityZone }),
    ...(capacityProviderName !== undefined && { capacityProviderName }),
    ...(given.agentVersion !== undefined && { agentVersion: given.agentVersion }),
    registeredAt: Math.min(launchedAt + 60_000, clock.now()),
    cpu: given.cpu,
    memory: given.memory,
    status: given.status,
    ...(given.status === 'DRAINING' && { statusBy: given.drainedBy }),
    // Placed and running like any other; cut off once the fleet stands.
    agentConnected: host?.ecsAgentUp ?? true,
    attributes: { ...attributesOf(given, host, availabilityZone), ...given.attributes },
    tags: given.tags,
  });
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
