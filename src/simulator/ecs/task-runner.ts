import { ecsArn, type EcsContext } from './context.js';
import {
  canTalk,
  isStarting,
  isStopped,
  type EcsCluster,
  type EcsInstance,
  type EcsService,
  type EcsTask,
  type TaskDefinition,
  type TaskStatus,
} from './model.js';
import { drawMs } from './timings.js';

/** What to run and for whom. */
export interface NewTask {
  instance: EcsInstance;
  definition: TaskDefinition;
  group: string;
  startedBy?: string;
  service?: EcsService;
  deploymentId?: string;
  starter?: string;
  durationSeconds?: number;
}

type StopCode = NonNullable<EcsTask['stopCode']>;

/** Steps short enough not to matter, but to be seen: seconds. */
const briefly = [0.1, 0.5] as const;

/**
 * The life of tasks, on their hosts and as ECS knows it. Orders reach a host, and its news reach ECS, only while the
 * agent is connected.
 */
export class TaskRunner {
  constructor(
    readonly context: EcsContext,
    /** Called whenever what ECS knows of a task has changed. */
    readonly onChange: (task: EcsTask) => void,
  ) {}

  /** Puts a task on an instance, in the first status of its life. */
  start(task: NewTask): EcsTask {
    const started = this.#create(task, task.definition.networkMode === 'awsvpc' ? 'PROVISIONING' : 'PENDING');
    this.deliver(started);
    return started;
  }

  /** A task that has been running for an hour: the world before the simulation began. */
  addRunning(task: NewTask): EcsTask {
    const startedAt = this.context.clock.now() - 3_600_000;
    const running = this.#create(task, 'RUNNING', startedAt - 10_000);
    running.startedAt = startedAt;
    if (running.durationSeconds !== undefined) this.#endAfter(running, running.durationSeconds * 1000);
    return running;
  }

  /** Orders a task to stop. `by`: the principal, or `service-scheduler`. */
  stop(task: EcsTask, stopCode: StopCode, reason: string, by: string): void {
    if (task.desiredStatus === 'STOPPED') return;
    task.desiredStatus = 'STOPPED';
    task.stopCode = stopCode;
    task.stoppedReason = reason;
    task.stoppingAt = this.context.clock.now();
    task.version++;
    this.context.journal.event('task-stop-ordered', { ...journaled(task), by, reason });
    this.deliver(task);
    this.onChange(task);
  }

  /** Agent and control plane tell each other what they know about a task. */
  deliver(task: EcsTask): void {
    if (!canTalk(task.instance)) return;
    this.#report(task);
    if (isStopped(task)) return;
    if (task.desiredStatus === 'STOPPED') {
      if (isStarting(task.hostStatus)) this.#abandonStart(task);
      else if (task.hostStatus === 'RUNNING') this.#stopOnHost(task);
    } else if (isStarting(task.hostStatus) && !task.step) {
      this.#startOnHost(task);
    }
  }

  /** The containers died with their host; ECS hears of it when the agent is back, or never. */
  kill(task: EcsTask): void {
    task.step?.cancel();
    if (task.hostStatus === 'STOPPED') return;
    task.hostStatus = 'STOPPED';
    task.exitCode = 137;
    task.executionStoppedAt = this.context.clock.now();
  }

  /** ECS itself takes the task for stopped, whatever the agent would say: its instance is no more. */
  writeOff(task: EcsTask, reason: string): void {
    this.kill(task);
    task.desiredStatus = 'STOPPED';
    task.stopCode ??= 'TerminationNotice';
    task.stoppedReason ??= reason;
    this.#report(task);
  }

  #create(task: NewTask, status: TaskStatus, createdAt = this.context.clock.now()): EcsTask {
    const { instance, definition } = task;
    const { cluster } = instance;
    const id = this.context.random.token(32);
    const created: EcsTask = {
      ...task,
      id,
      cluster,
      arn: ecsArn(this.context, `task/${cluster.name}/${id}`),
      createdAt,
      desiredStatus: 'RUNNING',
      lastStatus: status,
      hostStatus: status,
      version: 1,
    };
    cluster.tasks.set(id, created);
    instance.tasks.add(created);
    created.service?.tasks.add(created);
    instance.used.cpu += definition.cpu;
    instance.used.memory += definition.memory;
    if (definition.hostPort !== undefined) instance.usedPorts.add(definition.hostPort);
    this.context.journal.event('task-status', journaled(created));
    return created;
  }

  #startOnHost(task: EcsTask): void {
    const { random, timings } = this.context;
    const total = drawMs(random, timings.taskStart);
    const activateAfter = total * 0.8;
    const steps: [TaskStatus, number][] = [
      ['ACTIVATING', activateAfter],
      ['RUNNING', total - activateAfter],
    ];
    if (task.hostStatus === 'PROVISIONING') steps.unshift(['PENDING', drawMs(random, briefly)]);
    this.#walk(task, steps, () => {
      if (task.durationSeconds !== undefined) this.#endAfter(task, task.durationSeconds * 1000);
    });
  }

  #abandonStart(task: EcsTask): void {
    const delay = drawMs(this.context.random, this.context.timings.pendingTaskStop);
    this.#walk(task, [
      ['DEPROVISIONING', delay],
      ['STOPPED', 0],
    ]);
  }

  #stopOnHost(task: EcsTask): void {
    const { random, timings } = this.context;
    const delayMs = (task.service?.deregistrationDelaySeconds ?? 0) * 1000;
    this.#walk(task, [
      ['DEACTIVATING', 0],
      ['STOPPING', delayMs],
      ['DEPROVISIONING', drawMs(random, task.definition.stopSeconds ?? timings.taskStop)],
      ['STOPPED', drawMs(random, briefly)],
    ]);
  }

  #endAfter(task: EcsTask, delayMs: number): void {
    task.step = this.context.clock.after(delayMs, () => {
      task.exitCode = 0;
      this.#walk(task, [
        ['DEPROVISIONING', 0],
        ['STOPPED', drawMs(this.context.random, briefly)],
      ]);
    });
  }

  /** Takes a task on the host from status to status, each after its delay in ms. */
  #walk(task: EcsTask, steps: readonly [TaskStatus, number][], then?: () => void): void {
    task.step?.cancel();
    const [first, ...rest] = steps;
    if (!first) {
      delete task.step;
      then?.();
      return;
    }
    const [status, delayMs] = first;
    const enter = (): void => {
      task.hostStatus = status;
      if (status === 'STOPPED') task.executionStoppedAt ??= this.context.clock.now();
      this.#walk(task, rest, then);
      if (canTalk(task.instance)) this.#report(task);
    };
    if (delayMs === 0) enter();
    else task.step = this.context.clock.after(delayMs, enter);
  }

  #report(task: EcsTask): void {
    if (task.lastStatus === task.hostStatus) return;
    const now = this.context.clock.now();
    task.lastStatus = task.hostStatus;
    task.version++;
    if (task.lastStatus === 'RUNNING') task.startedAt = now;
    if (isStopped(task)) this.#settleStopped(task, now);
    this.context.journal.event('task-status', journaled(task));
    this.onChange(task);
  }

  #settleStopped(task: EcsTask, now: number): void {
    const { instance, definition, cluster } = task;
    task.desiredStatus = 'STOPPED';
    task.stopCode ??= 'EssentialContainerExited';
    task.stoppedReason ??= 'Essential container in task exited';
    task.stoppingAt ??= now;
    task.stoppedAt = now;
    instance.used.cpu -= definition.cpu;
    instance.used.memory -= definition.memory;
    if (definition.hostPort !== undefined) instance.usedPorts.delete(definition.hostPort);
    task.service?.tasks.delete(task);
    this.context.clock.after(this.context.timings.retention * 1000, () => {
      cluster.tasks.delete(task.id);
      instance.tasks.delete(task);
    });
  }
}

/** A task as events of the journal name it. */
const journaled = (task: EcsTask): { ec2InstanceId: string; [key: string]: unknown } => ({
  ec2InstanceId: task.instance.ec2InstanceId,
  cluster: task.cluster.name,
  taskArn: task.arn,
  group: task.group,
  lastStatus: task.lastStatus,
  desiredStatus: task.desiredStatus,
  standalone: task.service === undefined,
  starter: task.starter,
});

/** The tasks of an instance that count, not those that merely can still be described. */
export const liveTasks = (instance: EcsInstance): EcsTask[] =>
  [...instance.tasks].filter((task) => !isStopped(task));

/** Looks a task up by ARN or id. */
export function findTask(cluster: EcsCluster, reference: string): EcsTask | undefined {
  const task = cluster.tasks.get(reference.slice(reference.lastIndexOf('/') + 1));
  return task && (reference === task.arn || reference === task.id) ? task : undefined;
}
