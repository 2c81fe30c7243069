import type { Host } from '../../host/host.js';
import { draw } from '../../host/timings.js';
import type { SsmContext } from '../context.js';
import { AgentQueue } from './agent-queue.js';
import { isOver, moveTo } from './command.js';
import type { Command, Invocation } from './command.js';

/** Sends commands to the agents of their targets, as many at a time as each command allows, and lets them expire. */
export class Dispatcher {
  readonly #commands: Command[] = [];
  readonly #queues = new Map<Host, AgentQueue>();

  constructor(private readonly context: SsmContext) {}

  /** Everything ever sent, oldest first. */
  get commands(): readonly Command[] {
    return this.#commands;
  }

  send(command: Command): void {
    this.#commands.push(command);
    const window = absolute(command.maxConcurrency, command.invocations.length);
    for (const invocation of command.invocations.slice(0, Math.max(1, window))) {
      void this.#dispatch(invocation);
    }
    const { clock } = this.context;
    clock.after(command.expiresAfter.getTime() - clock.now(), () => {
      this.#expire(command);
    });
  }

  cancel(command: Command, instanceIds: readonly string[]): void {
    for (const invocation of command.invocations) {
      const host = this.context.hosts.get(invocation.instanceId);
      if (isOver(invocation) || (instanceIds.length > 0 && !instanceIds.includes(invocation.instanceId))) {
        continue;
      }
      if (host) {
        void this.#queue(host).cancel(invocation);
      } else {
        moveTo(invocation, 'Cancelled');
      }
    }
  }

  async #dispatch(invocation: Invocation): Promise<void> {
    const { clock, random, timings, hosts } = this.context;
    await clock.sleep(draw(random, timings.dispatch));
    const host = hosts.get(invocation.instanceId);
    if (invocation.status === 'Pending' && host && host.ec2State !== 'terminated') {
      moveTo(invocation, 'InProgress');
      this.#queue(host).send(invocation);
    }
  }

  /** One target is done: the next one's turn, unless too many have failed. */
  #next({ command, status }: Invocation): void {
    const { invocations } = command;
    const waiting = invocations.filter((other) => other.status === 'Pending');
    const failed = invocations.filter((other) => other.status === 'Failed' || other.status === 'TimedOut');
    const window = Math.max(1, absolute(command.maxConcurrency, invocations.length));
    if (window >= invocations.length) {
      return;
    }
    if (status === 'Failed' && failed.length > absolute(command.maxErrors, invocations.length)) {
      for (const invocation of waiting) {
        moveTo(invocation, 'Cancelled', 'Terminated');
      }
      return;
    }
    const [next] = waiting;
    if (next) {
      void this.#dispatch(next);
    }
  }

  /** SSM's own clock: what is not over is called DeliveryTimedOut, delivered or not (Command.ExpiresAfter in the API reference). */
  #expire(command: Command): void {
    for (const invocation of command.invocations) {
      if (moveTo(invocation, 'TimedOut', 'DeliveryTimedOut')) {
        this.context.journal.event('command-expired', {
          ec2InstanceId: invocation.instanceId,
          commandId: command.id,
          principal: command.principal,
        });
      }
    }
  }

  #queue(host: Host): AgentQueue {
    const existing = this.#queues.get(host);
    if (existing) {
      return existing;
    }
    const queue = new AgentQueue(host, this.context, (invocation) => {
      this.#next(invocation);
    });
    this.#queues.set(host, queue);
    return queue;
  }
}

/** A number, or a percentage of `total`. */
const absolute = (text: string, total: number): number =>
  text.endsWith('%') ? Math.floor((Number(text.slice(0, -1)) * total) / 100) : Number(text);
