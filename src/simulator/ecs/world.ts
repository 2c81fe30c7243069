import { Agents, agentVersionOf } from './agents.js';
import { ecsArn, type EcsContext } from './context.js';
import type {
  Deployment,
  EcsCluster,
  EcsInstance,
  EcsService,
  EcsTask,
  InstanceHost,
  InstanceStatus,
  PlacementConstraint,
  TaskDefinition,
} from './model.js';
import { Scheduler } from './scheduler.js';
import { liveTasks, TaskRunner } from './task-runner.js';

/** An instance as it registers with its cluster. */
export interface NewInstance {
  ec2InstanceId: string;
  host?: InstanceHost;
  kind: EcsInstance['kind'];
  availabilityZone?: string;
  capacityProviderName?: string;
  registeredAt: number;
  cpu: number;
  memory: number;
  status: 'ACTIVE' | 'DRAINING';
  /** Principal that drained it before the simulation began. */
  statusBy?: string;
  agentConnected: boolean;
  agentVersion?: string;
  attributes: Record<string, string>;
  tags: Record<string, string>;
}

export interface NewService {
  name: string;
  /** Its ARN does not have the name of its cluster, as those of services that were created before the long format. */
  oldArn: boolean;
  definition: TaskDefinition;
  schedulingStrategy: 'REPLICA' | 'DAEMON';
  desiredCount: number;
  minimumHealthyPercent: number;
  maximumPercent: number;
  deregistrationDelaySeconds: number;
  placementConstraints: PlacementConstraint[];
}

/** ECS: clusters with instances, services and tasks, and what keeps them going. */
export class EcsWorld {
  readonly clusters = new Map<string, EcsCluster>();
  readonly tasks: TaskRunner;
  readonly scheduler: Scheduler;
  readonly agents: Agents;

  constructor(readonly context: EcsContext) {
    this.tasks = new TaskRunner(context, (task) => {
      this.#onTaskChange(task);
    });
    this.scheduler = new Scheduler(context, this.tasks);
    this.agents = new Agents(context, this.tasks, {
      onConnectivity: (instance) => {
        this.scheduler.onInstanceChange(instance);
      },
      onTerminated: (instance) => {
        this.#retire(instance, `Host EC2 (instance ${instance.ec2InstanceId}) terminated.`, 'aws');
      },
    });
  }

  addCluster(name: string): EcsCluster {
    const cluster: EcsCluster = {
      name,
      arn: ecsArn(this.context, `cluster/${name}`),
      instances: new Map(),
      services: new Map(),
      tasks: new Map(),
      definitions: new Map(),
      tags: new Map(),
    };
    this.clusters.set(name, cluster);
    return cluster;
  }

  addInstance(cluster: EcsCluster, { attributes, tags, ...given }: NewInstance): EcsInstance {
    const id = this.context.random.token(32);
    const instance: EcsInstance = {
      ...given,
      id,
      cluster,
      arn: ecsArn(this.context, `container-instance/${cluster.name}/${id}`),
      agentVersion: given.agentVersion ?? agentVersionOf(given.host?.activeVersion ?? '1.26.0'),
      connectivityAt: given.registeredAt,
      version: 3,
      attributes: new Map(
        Object.entries(attributes).map(([name, value]) => [name, { value, custom: false }]),
      ),
      tags: new Map(Object.entries(tags)),
      tasks: new Set(),
      used: { cpu: 0, memory: 0 },
      usedPorts: new Set(),
    };
    cluster.instances.set(id, instance);
    const { ec2InstanceId, status, statusBy, agentConnected } = instance;
    this.context.journal.event('instance-registered', {
      ec2InstanceId,
      cluster: cluster.name,
      status,
      agentConnected,
      principal: statusBy,
    });
    this.agents.follow(instance);
    return instance;
  }

  addService(cluster: EcsCluster, { definition, oldArn, ...given }: NewService): EcsService {
    const now = this.context.clock.now();
    const service: EcsService = {
      ...given,
      cluster,
      arn: ecsArn(this.context, `service/${oldArn ? '' : `${cluster.name}/`}${given.name}`),
      createdAt: now - 86_400_000,
      deployments: [],
      events: [],
      tags: new Map(),
      tasks: new Set(),
      steady: true,
    };
    cluster.services.set(service.name, service);
    cluster.definitions.set(definition.family, definition);
    const deployment = this.newDeployment(definition);
    service.deployments = [
      {
        ...deployment,
        createdAt: service.createdAt,
        updatedAt: service.createdAt,
        rolloutState: 'COMPLETED',
        rolloutStateReason: `ECS deployment ${deployment.id} completed.`,
      },
    ];
    return service;
  }

  newDeployment(definition: TaskDefinition): Deployment {
    const id = `ecs-svc/${this.context.random.token(19, '0123456789')}`;
    const now = this.context.clock.now();
    return {
      id,
      status: 'PRIMARY',
      definition,
      createdAt: now,
      updatedAt: now,
      rolloutState: 'IN_PROGRESS',
      rolloutStateReason: `ECS deployment ${id} in progress.`,
    };
  }

  /** Sets ACTIVE or DRAINING. `by`: the principal who asked. */
  setStatus(instance: EcsInstance, status: 'ACTIVE' | 'DRAINING', by: string): void {
    // Asked for or not changed, the journal tells it: whoever sets a status answers for it.
    this.#journalStatus(instance, status, by);
    instance.statusBy = by;
    if (instance.status === status) return;
    instance.before = { status: instance.status, until: this.context.clock.now() };
    instance.status = status;
    instance.version++;
    this.scheduler.onInstanceChange(instance);
  }

  /** Lets the scheduler act on a changed service; a new definition or `redeploy` begins a new deployment. */
  updateService(
    service: EcsService,
    change: { definition?: TaskDefinition | undefined; redeploy: boolean },
  ): void {
    const [primary, ...older] = service.deployments;
    const definition = change.definition ?? primary?.definition;
    if (primary && definition && (change.redeploy || definition !== primary.definition)) {
      primary.status = 'ACTIVE';
      service.deployments = [this.newDeployment(definition), primary, ...older];
    }
    service.steady = false;
    this.scheduler.poke(service);
  }

  /** Deletes a service; its tasks are stopped. */
  deleteService(service: EcsService, by: string): void {
    service.cluster.services.delete(service.name);
    service.pass?.cancel();
    for (const task of service.tasks) {
      const reason = `Scaling activity initiated by (deployment ${task.deploymentId})`;
      this.tasks.stop(task, 'ServiceSchedulerInitiated', reason, 'service-scheduler');
    }
    this.context.journal.event('service-deleted', {
      cluster: service.cluster.name,
      service: service.name,
      principal: by,
    });
  }

  /** Takes an instance out of its cluster; its tasks become orphans that ECS counts as stopped. */
  deregister(instance: EcsInstance, by: string): void {
    this.#retire(instance, 'The container instance was deregistered by user.', by);
  }

  /** The instance with this EC2 (or `mi-`) id in whichever cluster. */
  instanceByEc2Id(ec2InstanceId: string): EcsInstance | undefined {
    for (const cluster of this.clusters.values()) {
      for (const instance of cluster.instances.values()) {
        if (instance.ec2InstanceId === ec2InstanceId && instance.status !== 'INACTIVE') return instance;
      }
    }
    return undefined;
  }

  #retire(instance: EcsInstance, reason: string, by: string): void {
    if (instance.status === 'INACTIVE') return;
    this.#journalStatus(instance, 'INACTIVE', by);
    instance.before = { status: instance.status, until: this.context.clock.now() };
    instance.status = 'INACTIVE';
    instance.agentConnected = false;
    instance.version++;
    for (const task of liveTasks(instance)) this.tasks.writeOff(task, reason);
    this.scheduler.onInstanceChange(instance);
    this.context.clock.after(this.context.timings.retention * 1000, () => {
      instance.cluster.instances.delete(instance.id);
    });
  }

  #journalStatus(instance: EcsInstance, status: InstanceStatus, principal: string): void {
    this.context.journal.event('instance-status', {
      ec2InstanceId: instance.ec2InstanceId,
      cluster: instance.cluster.name,
      from: instance.status,
      to: status,
      principal,
    });
  }

  #onTaskChange(task: EcsTask): void {
    task.instance.version++;
    this.scheduler.onTaskChange(task);
  }
}
