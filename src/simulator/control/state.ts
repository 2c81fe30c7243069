import { countRunning } from '../ecs/query-subject.js';
import { isProtected, isStopped, type EcsCluster, type EcsInstance, type EcsService } from '../ecs/model.js';
import type { Fleet } from '../fleet.js';
import type { HostSnapshot } from '../host/host.js';

/** The whole fleet as plain JSON, for `GET /_sim/state`. */
export interface FleetState {
  /** ISO 8601, virtual. */
  time: string;
  /** Simulated seconds per real second; 0: stepped by hand. */
  speed: number;
  region: string;
  accountId: string;
  /** Entries of the journal, for `GET /_sim/journal?since=`. */
  journalLength: number;
  violations: number;
  clusters: ClusterState[];
}

interface ClusterState {
  name: string;
  arn: string;
  instances: InstanceState[];
  services: ServiceState[];
}

interface InstanceState {
  ec2InstanceId: string;
  containerInstanceArn: string;
  availabilityZone: string | null;
  status: string;
  statusBy: string | null;
  agentConnected: boolean;
  runningTasksCount: number;
  attributes: Record<string, string | null>;
  /** Tasks that are not STOPPED. */
  tasks: TaskState[];
  host: HostSnapshot | null;
  autoScaling: { group: string; lifecycleState: string } | null;
}

interface TaskState {
  taskArn: string;
  group: string;
  startedBy: string | null;
  lastStatus: string;
  desiredStatus: string;
  protected: boolean;
}

interface ServiceState {
  name: string;
  schedulingStrategy: string;
  desiredCount: number;
  runningCount: number;
  steady: boolean;
  lastEvent: string | null;
}

export function stateOf(fleet: Fleet): FleetState {
  const { clock, scenario, journal, audit, ecs } = fleet;
  return {
    time: new Date(clock.now()).toISOString(),
    speed: clock.speed,
    region: scenario.region,
    accountId: scenario.accountId,
    journalLength: journal.entries.length,
    violations: audit.violations.length,
    clusters: [...ecs.clusters.values()].map((cluster) => clusterState(fleet, cluster)),
  };
}

const clusterState = (fleet: Fleet, cluster: EcsCluster): ClusterState => ({
  name: cluster.name,
  arn: cluster.arn,
  instances: [...cluster.instances.values()].map((instance) => instanceState(fleet, instance)),
  services: [...cluster.services.values()].map((service) => serviceState(fleet, service)),
});

function instanceState(fleet: Fleet, instance: EcsInstance): InstanceState {
  const now = fleet.clock.now();
  const member = fleet.autoScaling.member(instance.ec2InstanceId) ?? null;
  const attributes = [...instance.attributes].map(([name, { value }]) => [name, value ?? null]);
  return {
    ec2InstanceId: instance.ec2InstanceId,
    containerInstanceArn: instance.arn,
    availabilityZone: instance.availabilityZone ?? null,
    status: instance.status,
    statusBy: instance.statusBy ?? null,
    agentConnected: instance.agentConnected,
    runningTasksCount: countRunning(instance),
    attributes: Object.fromEntries(attributes),
    tasks: [...instance.tasks]
      .filter((task) => !isStopped(task))
      .map((task) => ({
        taskArn: task.arn,
        group: task.group,
        startedBy: task.startedBy ?? null,
        lastStatus: task.lastStatus,
        desiredStatus: task.desiredStatus,
        protected: isProtected(task, now),
      })),
    host: fleet.hosts.get(instance.ec2InstanceId)?.snapshot() ?? null,
    autoScaling: member && { group: member.group.name, lifecycleState: member.lifecycleState },
  };
}

const serviceState = (fleet: Fleet, service: EcsService): ServiceState => ({
  name: service.name,
  schedulingStrategy: service.schedulingStrategy,
  desiredCount: fleet.ecs.scheduler.desiredCount(service),
  runningCount: [...service.tasks].filter((task) => task.lastStatus === 'RUNNING').length,
  steady: service.steady,
  lastEvent: service.events[0]?.message ?? null,
});
