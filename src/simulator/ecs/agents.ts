import type { Timer } from '../kernel.js';
import type { EcsContext } from './context.js';
import { isStopped, type EcsInstance } from './model.js';
import type { TaskRunner } from './task-runner.js';
import { drawMs, type Range } from './timings.js';

/** ECS agent version of a Bottlerocket release: it moves with the operating system. */
export const agentVersionOf = (osVersion: string): string => {
  const [, minor = '0', patch = '0'] = osVersion.split('.');
  return `1.${60 + Number(minor)}.${patch}`;
};

/** The connections between ECS and the agents of its instances, and what a host's fate does to them. */
export class Agents {
  readonly #pendingLoss = new Map<EcsInstance, Timer>();
  /** Agents cut off by hand: they stay so though their host is up, until it reboots. */
  readonly #heldOff = new Set<EcsInstance>();
  /** Hosts that were terminated while their agent was connected: ECS deregisters those. */
  readonly #leaving = new Set<EcsInstance>();

  constructor(
    readonly context: EcsContext,
    readonly tasks: TaskRunner,
    readonly hooks: {
      /** An instance's connection has changed. */
      onConnectivity(instance: EcsInstance): void;
      /** The instance's host is gone and its agent had said so. */
      onTerminated(instance: EcsInstance): void;
    },
  ) {}

  /** Follows the fate of an instance's host. */
  follow(instance: EcsInstance): void {
    const { host } = instance;
    if (!host) return;
    host.on((change) => {
      this.#onHostChange(instance, change.kind);
    });
    if (this.context.timings.flapsPerHour > 0) this.#scheduleFlap(instance);
  }

  /** Cuts an agent off until its host reboots, or, if given, for `forSeconds` simulated seconds. */
  holdOff(instance: EcsInstance, forSeconds?: number): void {
    this.#heldOff.add(instance);
    this.#setConnected(instance, false);
    if (forSeconds !== undefined) {
      this.context.clock.after(forSeconds * 1000, () => {
        this.release(instance);
      });
    }
  }

  /** Ends {@link holdOff}. */
  release(instance: EcsInstance): void {
    this.#heldOff.delete(instance);
    this.#reconnect(instance);
  }

  #onHostChange(instance: EcsInstance, kind: string): void {
    switch (kind) {
      case 'shutting-down':
        if (instance.host?.ec2State === 'shutting-down' && instance.agentConnected)
          this.#leaving.add(instance);
        break;
      case 'down':
        this.#killTasks(instance);
        this.#loseAfter(instance, this.context.timings.disconnectAfterShutdown);
        break;
      case 'hung':
        this.#loseAfter(instance, this.context.timings.disconnectAfterHang);
        break;
      case 'ecs-agent-up':
        this.#heldOff.delete(instance);
        instance.agentVersion = agentVersionOf(instance.host?.activeVersion ?? '');
        this.#reconnect(instance);
        break;
      case 'terminated':
        this.#onTerminated(instance);
        break;
    }
  }

  #onTerminated(instance: EcsInstance): void {
    this.#killTasks(instance);
    this.#cancelLoss(instance);
    this.#setConnected(instance, false);
    if (this.#leaving.delete(instance)) this.hooks.onTerminated(instance);
  }

  #killTasks(instance: EcsInstance): void {
    for (const task of instance.tasks) this.tasks.kill(task);
  }

  #loseAfter(instance: EcsInstance, range: Range): void {
    if (!instance.agentConnected || this.#pendingLoss.has(instance)) return;
    const lose = (): void => {
      this.#pendingLoss.delete(instance);
      this.#setConnected(instance, false);
    };
    this.#pendingLoss.set(instance, this.context.clock.after(drawMs(this.context.random, range), lose));
  }

  #cancelLoss(instance: EcsInstance): void {
    this.#pendingLoss.get(instance)?.cancel();
    this.#pendingLoss.delete(instance);
  }

  #reconnect(instance: EcsInstance): void {
    if (!instance.host?.ecsAgentUp || this.#heldOff.has(instance) || instance.status === 'INACTIVE') return;
    this.#cancelLoss(instance);
    this.#setConnected(instance, true);
    // A host can be back before ECS missed it: what its agent has to say counts all the same.
    for (const task of instance.tasks) if (!isStopped(task)) this.tasks.deliver(task);
  }

  #setConnected(instance: EcsInstance, connected: boolean): void {
    if (instance.agentConnected === connected) return;
    instance.agentConnected = connected;
    instance.connectivityAt = this.context.clock.now();
    instance.version++;
    this.context.journal.event(connected ? 'agent-connected' : 'agent-disconnected', {
      ec2InstanceId: instance.ec2InstanceId,
      cluster: instance.cluster.name,
    });
    this.hooks.onConnectivity(instance);
  }

  #scheduleFlap(instance: EcsInstance): void {
    const { clock, random, timings } = this.context;
    const meanMs = 3_600_000 / timings.flapsPerHour;
    clock.after(random.between(0, 2 * meanMs), () => {
      if (instance.status === 'INACTIVE') return;
      this.#scheduleFlap(instance);
      if (!instance.agentConnected || !instance.host?.ecsAgentUp) return;
      this.#setConnected(instance, false);
      clock.after(drawMs(random, timings.flapDuration), () => {
        this.#reconnect(instance);
      });
    });
  }
}
