import type {
  Attribute,
  Cluster,
  Container,
  ContainerInstance,
  Deployment as DeploymentShape,
  Resource,
  Service,
  Tag,
  Task,
} from '@aws-sdk/client-ecs';
import { ecsArn, type EcsContext } from './context.js';
import {
  isStarting,
  isStopped,
  type Deployment,
  type EcsCluster,
  type EcsInstance,
  type EcsService,
  type EcsTask,
  type TaskDefinition,
} from './model.js';
import { countRunning } from './query-subject.js';

/** Ports that the ECS agent keeps for itself: SSH, Docker, its introspection. */
const agentPorts = ['22', '2375', '2376', '51678', '51679'];

const date = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));

/** Tags in the shape of ECS. */
export const toTags = (tags: ReadonlyMap<string, string>): Tag[] =>
  [...tags].map(([key, value]) => ({ key, value }));

function toResources(cpu: number, memory: number, ports: readonly string[]): Resource[] {
  const unused = { doubleValue: 0, longValue: 0 };
  return [
    { name: 'CPU', type: 'INTEGER', ...unused, integerValue: cpu },
    { name: 'MEMORY', type: 'INTEGER', ...unused, integerValue: memory },
    { name: 'PORTS', type: 'STRINGSET', ...unused, integerValue: 0, stringSetValue: [...ports] },
    { name: 'PORTS_UDP', type: 'STRINGSET', ...unused, integerValue: 0, stringSetValue: [] },
  ];
}

const toAttributes = (instance: EcsInstance): Attribute[] =>
  [...instance.attributes].map(([name, { value }]) => ({ name, value }));

/** A container instance as ECS describes it. */
export function toInstanceShape(
  instance: EcsInstance,
  include: { tags?: boolean; health?: boolean } = {},
): ContainerInstance {
  const { cpu, memory, used } = instance;
  const pending = [...instance.tasks].filter((task) => isStarting(task.lastStatus)).length;
  const usedPorts = [...agentPorts, ...[...instance.usedPorts].map(String)];
  return {
    containerInstanceArn: instance.arn,
    ec2InstanceId: instance.ec2InstanceId,
    capacityProviderName: instance.capacityProviderName,
    version: instance.version,
    versionInfo: {
      agentVersion: instance.agentVersion,
      agentHash: '*e9b600d2',
      dockerVersion: 'DockerVersion: 25.0.6',
    },
    remainingResources: toResources(cpu - used.cpu, memory - used.memory, usedPorts),
    registeredResources: toResources(cpu, memory, agentPorts),
    status: instance.status,
    agentConnected: instance.agentConnected,
    runningTasksCount: countRunning(instance),
    pendingTasksCount: pending,
    attributes: toAttributes(instance),
    registeredAt: new Date(instance.registeredAt),
    attachments: [],
    tags: include.tags ? toTags(instance.tags) : [],
    ...(include.health && { healthStatus: toHealth(instance) }),
  };
}

function toHealth(instance: EcsInstance): ContainerInstance['healthStatus'] {
  const status = instance.agentConnected ? 'OK' : 'INSUFFICIENT_DATA';
  const changed = new Date(instance.connectivityAt);
  return {
    overallStatus: status,
    details: [{ type: 'CONTAINER_RUNTIME', status, lastUpdated: changed, lastStatusChange: changed }],
  };
}

const definitionArn = (context: EcsContext, { family, revision }: TaskDefinition): string =>
  ecsArn(context, `task-definition/${family}:${revision}`);

/** A task as ECS describes it. */
export function toTaskShape(context: EcsContext, task: EcsTask): Task {
  const { instance, definition } = task;
  return {
    attachments: [],
    attributes: [
      { name: 'ecs.cpu-architecture', value: instance.attributes.get('ecs.cpu-architecture')?.value },
    ],
    availabilityZone: instance.availabilityZone,
    capacityProviderName: instance.capacityProviderName,
    clusterArn: task.cluster.arn,
    connectivity: instance.agentConnected ? 'CONNECTED' : 'DISCONNECTED',
    connectivityAt: date(Math.max(task.createdAt, instance.connectivityAt)),
    containerInstanceArn: instance.arn,
    containers: [toContainer(context, task)],
    cpu: String(definition.cpu),
    createdAt: date(task.createdAt),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: false,
    executionStoppedAt: isStopped(task) ? date(task.executionStoppedAt) : undefined,
    group: task.group,
    healthStatus: 'UNKNOWN',
    lastStatus: task.lastStatus,
    launchType:
      instance.kind === 'external' ? 'EXTERNAL' : instance.kind === 'managed' ? 'MANAGED_INSTANCES' : 'EC2',
    memory: String(definition.memory),
    overrides: { containerOverrides: [{ name: definition.family }], inferenceAcceleratorOverrides: [] },
    startedAt: date(task.startedAt),
    startedBy: task.startedBy,
    stopCode: task.stopCode,
    stoppedAt: date(task.stoppedAt),
    stoppedReason: task.stoppedReason,
    stoppingAt: date(task.stoppingAt),
    tags: [],
    taskArn: task.arn,
    taskDefinitionArn: definitionArn(context, definition),
    version: task.version,
  };
}

function toContainer(context: EcsContext, task: EcsTask): Container {
  const { definition } = task;
  const isUp =
    task.lastStatus === 'RUNNING' || task.lastStatus === 'DEACTIVATING' || task.lastStatus === 'STOPPING';
  const status =
    isStopped(task) || task.lastStatus === 'DEPROVISIONING' ? 'STOPPED' : isUp ? 'RUNNING' : 'PENDING';
  const port = definition.hostPort;
  const binding =
    port === undefined
      ? []
      : [{ bindIP: '0.0.0.0', containerPort: port, hostPort: port, protocol: 'tcp' as const }];
  return {
    containerArn: ecsArn(context, `container/${task.cluster.name}/${task.id}/${task.id.slice(0, 8)}`),
    taskArn: task.arn,
    name: definition.family,
    image: `registry.example.com/${definition.family}:${definition.revision}`,
    lastStatus: status,
    ...(status === 'STOPPED' && task.exitCode !== undefined && { exitCode: task.exitCode }),
    networkBindings: isUp ? binding : [],
    networkInterfaces: [],
    healthStatus: 'UNKNOWN',
    cpu: String(definition.cpu),
    memory: String(definition.memory),
  };
}

interface Counts {
  running: number;
  pending: number;
}

function countTasks(tasks: Iterable<EcsTask>): Counts {
  const counts = { running: 0, pending: 0 };
  for (const { lastStatus } of tasks) {
    if (lastStatus === 'RUNNING') counts.running++;
    else if (isStarting(lastStatus)) counts.pending++;
  }
  return counts;
}

/** A service as ECS describes it; `desiredCount` as the scheduler sees it. */
export function toServiceShape(
  context: EcsContext,
  service: EcsService,
  desiredCount: number,
  include: { tags?: boolean } = {},
): Service {
  const primary = service.deployments[0];
  const { running, pending } = countTasks(service.tasks);
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    loadBalancers: [],
    serviceRegistries: [],
    status: 'ACTIVE',
    desiredCount,
    runningCount: running,
    pendingCount: pending,
    launchType: 'EC2',
    taskDefinition: primary && definitionArn(context, primary.definition),
    deploymentConfiguration: {
      deploymentCircuitBreaker: { enable: false, rollback: false },
      maximumPercent: service.maximumPercent,
      minimumHealthyPercent: service.minimumHealthyPercent,
      strategy: 'ROLLING',
    },
    deployments: service.deployments.map((deployment) =>
      toDeployment(context, service, deployment, desiredCount),
    ),
    events: service.events.map(({ id, createdAt, message }) => ({
      id,
      createdAt: new Date(createdAt),
      message,
    })),
    createdAt: date(service.createdAt),
    placementConstraints: service.placementConstraints.map((constraint) => ({ ...constraint })),
    placementStrategy:
      service.schedulingStrategy === 'DAEMON'
        ? []
        : [
            { type: 'spread', field: 'attribute:ecs.availability-zone' },
            { type: 'spread', field: 'instanceId' },
          ],
    schedulingStrategy: service.schedulingStrategy,
    deploymentController: { type: 'ECS' },
    ...(include.tags && { tags: toTags(service.tags) }),
    createdBy: `arn:aws:iam::${context.accountId}:role/deploy`,
    enableECSManagedTags: false,
    propagateTags: 'NONE',
    enableExecuteCommand: false,
    availabilityZoneRebalancing: 'DISABLED',
  };
}

function toDeployment(
  context: EcsContext,
  service: EcsService,
  deployment: Deployment,
  desiredCount: number,
): DeploymentShape {
  const { running, pending } = countTasks(
    [...service.tasks].filter((task) => task.deploymentId === deployment.id),
  );
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: definitionArn(context, deployment.definition),
    desiredCount: deployment.status === 'PRIMARY' ? desiredCount : 0,
    pendingCount: pending,
    runningCount: running,
    failedTasks: 0,
    createdAt: date(deployment.createdAt),
    updatedAt: date(deployment.updatedAt),
    launchType: 'EC2',
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
}

/** A cluster as ECS describes it. */
export function toClusterShape(cluster: EcsCluster, include: { tags?: boolean } = {}): Cluster {
  const { running, pending } = countTasks(cluster.tasks.values());
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: 'ACTIVE',
    registeredContainerInstancesCount: [...cluster.instances.values()].filter(
      ({ status }) => status !== 'INACTIVE',
    ).length,
    runningTasksCount: running,
    pendingTasksCount: pending,
    activeServicesCount: cluster.services.size,
    statistics: [],
    tags: include.tags ? toTags(cluster.tags) : [],
    settings: [],
    capacityProviders: [],
    defaultCapacityProviderStrategy: [],
  };
}
