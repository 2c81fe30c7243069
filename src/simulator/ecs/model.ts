import type { Timer } from '../kernel.js';
import type { Range } from './timings.js';

/** Statuses of a task in the order of its life (ECS developer guide, task lifecycle). */
export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export type InstanceStatus = 'ACTIVE' | 'DRAINING' | 'INACTIVE';

/** What ECS hears of the machine under a container instance. */
export interface InstanceHost {
  readonly ec2InstanceId: string;
  readonly ec2State: string;
  readonly activeVersion: string;
  readonly ecsAgentUp: boolean;
  on(listener: (change: { kind: string }) => void): unknown;
}

/** What a task needs and how its containers behave. */
export interface TaskDefinition {
  family: string;
  revision: number;
  /** CPU units, 1024 to a core. */
  cpu: number;
  /** MiB. */
  memory: number;
  hostPort?: number;
  networkMode: 'bridge' | 'awsvpc';
  /** How long its containers take to end after SIGTERM, simulated seconds. */
  stopSeconds?: Range;
}

interface Protection {
  /** Virtual milliseconds since the epoch. */
  expiresAt: number;
}

export interface EcsTask {
  readonly arn: string;
  readonly id: string;
  readonly cluster: EcsCluster;
  readonly instance: EcsInstance;
  readonly definition: TaskDefinition;
  readonly group: string;
  readonly startedBy?: string;
  /** Undefined for a standalone task. */
  readonly service?: EcsService;
  readonly deploymentId?: string;
  /** Principal that ran a standalone task. */
  readonly starter?: string;
  readonly createdAt: number;
  desiredStatus: 'RUNNING' | 'STOPPED';
  /** As ECS knows it. */
  lastStatus: TaskStatus;
  /** As it is on the host; a disconnected agent cannot report it. */
  hostStatus: TaskStatus;
  version: number;
  startedAt?: number;
  stoppingAt?: number;
  executionStoppedAt?: number;
  stoppedAt?: number;
  stopCode?: 'EssentialContainerExited' | 'UserInitiated' | 'ServiceSchedulerInitiated' | 'TerminationNotice';
  stoppedReason?: string;
  exitCode?: number;
  protection?: Protection;
  /** Simulated seconds from RUNNING until it ends by itself. */
  readonly durationSeconds?: number;
  /** The next step of its life on the host. */
  step?: Timer;
}

/** An attribute of a container instance. */
interface InstanceAttribute {
  value?: string;
  /** True if PutAttributes set it, false if the agent registered it. */
  custom: boolean;
}

export interface EcsInstance {
  readonly arn: string;
  readonly id: string;
  readonly cluster: EcsCluster;
  /** `i-…`, or `mi-…` for an instance of ECS Anywhere. */
  readonly ec2InstanceId: string;
  readonly availabilityZone?: string;
  /** Absent where the machine is not simulated. */
  readonly host?: InstanceHost;
  readonly kind: 'ec2' | 'external' | 'managed';
  readonly capacityProviderName?: string;
  readonly registeredAt: number;
  /** CPU units and MiB that the agent registered. */
  readonly cpu: number;
  readonly memory: number;
  status: InstanceStatus;
  /** What it was before the last change of status, and when that was, virtual milliseconds. */
  before?: { status: InstanceStatus; until: number };
  /** Principal of the last change of status. */
  statusBy?: string;
  agentConnected: boolean;
  agentVersion: string;
  /** Since when `agentConnected` has its value, virtual milliseconds. */
  connectivityAt: number;
  /** Counts the changes that would be an event of CloudWatch. */
  version: number;
  readonly attributes: Map<string, InstanceAttribute>;
  readonly tags: Map<string, string>;
  /** Tasks that are not STOPPED, and recently stopped ones. */
  readonly tasks: Set<EcsTask>;
  used: { cpu: number; memory: number };
  readonly usedPorts: Set<number>;
}

export interface Deployment {
  readonly id: string;
  status: 'PRIMARY' | 'ACTIVE';
  readonly definition: TaskDefinition;
  readonly createdAt: number;
  updatedAt: number;
  rolloutState: 'COMPLETED' | 'IN_PROGRESS';
  rolloutStateReason: string;
}

export interface PlacementConstraint {
  type: 'distinctInstance' | 'memberOf';
  /** Cluster query language, for memberOf. */
  expression?: string;
}

interface ServiceEvent {
  id: string;
  createdAt: number;
  message: string;
}

export interface EcsService {
  readonly arn: string;
  readonly name: string;
  readonly cluster: EcsCluster;
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON';
  readonly createdAt: number;
  /** Simulated seconds that a load balancer keeps a stopping task's connections; 0 without one. */
  deregistrationDelaySeconds: number;
  /** For REPLICA; a DAEMON service wants one task on every instance that suits it. */
  desiredCount: number;
  minimumHealthyPercent: number;
  maximumPercent: number;
  placementConstraints: PlacementConstraint[];
  /** Newest first; the first is PRIMARY. */
  deployments: Deployment[];
  /** Newest first. */
  readonly events: ServiceEvent[];
  readonly tags: Map<string, string>;
  /** Tasks that are not STOPPED. */
  readonly tasks: Set<EcsTask>;
  /** Cause of the last failed placement and when it was told. */
  placementFailure?: { cause: string; toldAt: number };
  steady: boolean;
  pass?: Timer;
}

export interface EcsCluster {
  readonly arn: string;
  readonly name: string;
  readonly instances: Map<string, EcsInstance>;
  readonly services: Map<string, EcsService>;
  readonly tasks: Map<string, EcsTask>;
  readonly definitions: Map<string, TaskDefinition>;
  readonly tags: Map<string, string>;
}

export const isStopped = (task: EcsTask): boolean => task.lastStatus === 'STOPPED';

const startingStatuses: ReadonlySet<TaskStatus> = new Set(['PROVISIONING', 'PENDING', 'ACTIVATING']);

/** Whether a task has not reached RUNNING yet. */
export const isStarting = (status: TaskStatus): boolean => startingStatuses.has(status);

/** Scale-in protection that has not expired. */
export const isProtected = (task: EcsTask, now: number): boolean =>
  task.protection !== undefined && task.protection.expiresAt > now;

/** Whether orders reach an instance's agent and its news reach ECS. ECS may take a dead agent for connected for a while. */
export const canTalk = (instance: EcsInstance): boolean =>
  instance.agentConnected && (instance.host?.ecsAgentUp ?? true);
