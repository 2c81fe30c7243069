import type { EcsContext } from './context.js';
import {
  isProtected,
  isStarting,
  type Deployment,
  type EcsCluster,
  type EcsInstance,
  type EcsService,
  type EcsTask,
} from './model.js';
import { explainRefusal, misfitOf, place, type Placement, type Requirement } from './placement.js';
import { parseQuery } from './query-language.js';
import { toQuerySubject } from './query-subject.js';
import { planReplicas, type WeighedTask } from './replica-plan.js';
import { ServiceEvents } from './service-events.js';
import type { TaskRunner } from './task-runner.js';
import { drawMs } from './timings.js';

/** The service scheduler: keeps each service at its desired count, replaces what has to leave, within min and max percent. */
export class Scheduler {
  readonly events: ServiceEvents;

  constructor(
    readonly context: EcsContext,
    readonly tasks: TaskRunner,
  ) {
    this.events = new ServiceEvents(context);
  }

  /** Something changed that this service has to be looked at for; the scheduler gets to it in its own time. */
  poke(service: EcsService): void {
    const isDeleted = !service.cluster.services.has(service.name);
    if (service.pass || isDeleted) return;
    const delay = drawMs(this.context.random, this.context.timings.schedulerReaction);
    service.pass = this.context.clock.after(delay, () => {
      delete service.pass;
      this.#pass(service);
    });
  }

  /** A task's status changed. */
  onTaskChange(task: EcsTask): void {
    const { service } = task;
    if (task.lastStatus === 'STOPPED') this.#pokeWaiting(task.cluster);
    if (!service) return;
    this.poke(service);
    if (task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING') {
      this.context.clock.after(this.context.timings.healthyAfter * 1000, () => {
        this.poke(service);
      });
    }
  }

  /** An instance changed its status or its connection. */
  onInstanceChange(instance: EcsInstance): void {
    for (const task of instance.tasks) if (task.service) this.poke(task.service);
    for (const service of instance.cluster.services.values()) {
      if (service.schedulingStrategy === 'DAEMON') this.poke(service);
    }
    this.#pokeWaiting(instance.cluster);
  }

  /** Services that had no room may have some now. */
  #pokeWaiting(cluster: EcsCluster): void {
    for (const service of cluster.services.values()) if (!service.steady) this.poke(service);
  }

  #pass(service: EcsService): void {
    const primary = service.deployments[0];
    if (!primary) return;
    if (service.schedulingStrategy === 'DAEMON') this.#daemonPass(service, primary);
    else this.#replicaPass(service, primary);
    this.#settle(service, primary);
  }

  #replicaPass(service: EcsService, primary: Deployment): void {
    const tasks = [...service.tasks].map((task) => this.#weigh(task, primary));
    const plan = planReplicas(service, tasks);
    this.#stop(
      service,
      plan.stop.map(({ task }) => task),
    );
    this.#start(service, primary, plan.start);
  }

  #daemonPass(service: EcsService, primary: Deployment): void {
    const eligible = this.eligibleInstances(service);
    const fewestHealthy = Math.ceil((eligible.size * service.minimumHealthyPercent) / 100);
    const tasks = [...service.tasks].map((task) => this.#weigh(task, primary));
    let healthy = tasks.filter((task) => task.healthy && !task.stopping).length;
    const stop = tasks.filter(({ task, ...state }) => {
      if (state.stopping) return false;
      // A DRAINING instance is none of the service's any more: its daemon goes at once and has no replacement.
      if (!eligible.has(task.instance)) return true;
      if (!state.leaving || state.protected) return false;
      if (state.healthy && healthy - 1 < fewestHealthy) return false;
      healthy -= state.healthy ? 1 : 0;
      return true;
    });
    this.#stop(
      service,
      stop.map(({ task }) => task),
    );
    const occupied = new Set([...service.tasks].map((task) => task.instance));
    const free = [...eligible].filter((instance) => instance.agentConnected && !occupied.has(instance));
    const started: EcsTask[] = [];
    for (const instance of free) {
      const misfit = misfitOf(instance, this.#requirement(service, primary));
      if (misfit) this.#tellRefusal(service, { kind: 'refused', misfits: [{ instance, misfit }] });
      else started.push(this.#run(service, primary, instance));
    }
    if (started.length > 0) this.events.started(service, started);
  }

  /** Instances on which a DAEMON service wants a task. */
  eligibleInstances(service: EcsService): Set<EcsInstance> {
    const queries = memberOf(service);
    const suits = (instance: EcsInstance): boolean =>
      instance.status === 'ACTIVE' && queries.every((query) => query(toQuerySubject(instance)));
    return new Set([...service.cluster.instances.values()].filter((instance) => suits(instance)));
  }

  /** How many tasks the service wants. */
  desiredCount(service: EcsService): number {
    return service.schedulingStrategy === 'DAEMON'
      ? this.eligibleInstances(service).size
      : service.desiredCount;
  }

  /** Where the next task of a service would go. */
  placementFor(service: EcsService, deployment: Deployment): Placement {
    return place(service.cluster.instances.values(), this.#requirement(service, deployment));
  }

  #requirement(service: EcsService, { definition }: Deployment): Requirement {
    const isDistinct =
      service.schedulingStrategy === 'DAEMON' ||
      service.placementConstraints.some(({ type }) => type === 'distinctInstance');
    const occupied = new Set(isDistinct ? [...service.tasks].map((task) => task.instance) : []);
    return {
      cpu: definition.cpu,
      memory: definition.memory,
      ...(definition.hostPort === undefined ? {} : { hostPort: definition.hostPort }),
      queries: memberOf(service),
      excludes: (instance) => occupied.has(instance),
      isPeer: (task) => task.service === service,
    };
  }

  #weigh(task: EcsTask, primary: Deployment): WeighedTask & { task: EcsTask } {
    const now = this.context.clock.now();
    const healthyAt = (task.startedAt ?? Infinity) + this.context.timings.healthyAfter * 1000;
    return {
      task,
      healthy: task.lastStatus === 'RUNNING' && healthyAt <= now,
      starting: isStarting(task.lastStatus),
      stopping: task.desiredStatus === 'STOPPED',
      leaving: task.instance.status !== 'ACTIVE' || task.deploymentId !== primary.id,
      protected: isProtected(task, now),
    };
  }

  #stop(service: EcsService, tasks: readonly EcsTask[]): void {
    if (tasks.length === 0) return;
    for (const task of tasks) {
      const reason = `Scaling activity initiated by (deployment ${task.deploymentId})`;
      this.tasks.stop(task, 'ServiceSchedulerInitiated', reason, 'service-scheduler');
    }
    if (service.deregistrationDelaySeconds > 0) this.events.drainingConnections(service, tasks);
    this.events.stopped(service, tasks);
  }

  #start(service: EcsService, primary: Deployment, count: number): void {
    const started: EcsTask[] = [];
    for (let index = 0; index < count; index++) {
      const placement = this.placementFor(service, primary);
      if (placement.kind !== 'placed') {
        this.#tellRefusal(service, placement);
        break;
      }
      started.push(this.#run(service, primary, placement.instance));
    }
    if (started.length > 0) {
      delete service.placementFailure;
      this.events.started(service, started);
    }
  }

  #run(service: EcsService, deployment: Deployment, instance: EcsInstance): EcsTask {
    return this.tasks.start({
      instance,
      definition: deployment.definition,
      group: `service:${service.name}`,
      startedBy: deployment.id,
      service,
      deploymentId: deployment.id,
    });
  }

  #tellRefusal(service: EcsService, placement: Exclude<Placement, { kind: 'placed' }>): void {
    this.events.unableToPlace(service, explainRefusal(placement));
  }

  #settle(service: EcsService, primary: Deployment): void {
    const tasks = [...service.tasks];
    const running = tasks.filter((task) => task.lastStatus === 'RUNNING');
    const isCurrent = running.every(
      (task) =>
        task.deploymentId === primary.id &&
        task.desiredStatus === 'RUNNING' &&
        task.instance.status === 'ACTIVE',
    );
    const steady =
      isCurrent && tasks.length === running.length && running.length === this.desiredCount(service);
    if (steady && primary.rolloutState === 'IN_PROGRESS') this.#complete(service, primary);
    if (steady && !service.steady) this.events.steady(service);
    service.steady = steady;
  }

  #complete(service: EcsService, primary: Deployment): void {
    primary.rolloutState = 'COMPLETED';
    primary.rolloutStateReason = `ECS deployment ${primary.id} completed.`;
    primary.updatedAt = this.context.clock.now();
    service.deployments = [primary];
    this.events.deploymentCompleted(service, primary.id);
  }
}

const memberOf = (service: EcsService): ReturnType<typeof parseQuery>[] =>
  service.placementConstraints.flatMap(({ type, expression }) =>
    type === 'memberOf' && expression !== undefined ? [parseQuery(expression)] : [],
  );
