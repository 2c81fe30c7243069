import type { Host } from '../../host/host.js';
import { draw } from '../../host/timings.js';
import type { SsmContext } from '../context.js';
import { isOver, moveTo } from './command.js';
import type { Invocation, InvocationStatus, StepResult } from './command.js';
import { DocumentRun } from './run-document.js';

/** Text of amazon-ssm-agent when it finds, after its own restart, that the process of a document is gone. */
const processFailed =
  'document process failed unexpectedly: document worker timed out, check [ssm-document-worker]/[ssm-session-worker] log for crash reason';

/** What goes between Systems Manager and the agent of one host: commands one way, results the other. */
export class AgentQueue {
  /** Sent to the agent, not yet there. */
  #undelivered: Invocation[] = [];
  /** With the agent, waiting for a worker. */
  #accepted: Invocation[] = [];
  readonly #runs = new Map<Invocation, DocumentRun>();
  /** What the agent will say once it is up again. */
  #overdue: (() => void)[] = [];

  constructor(
    private readonly host: Host,
    private readonly context: SsmContext,
    private readonly onEnd: (invocation: Invocation) => void,
  ) {
    host.on(({ kind }) => {
      if (kind === 'ssm-agent-up') {
        void this.#poll();
      } else if (kind === 'shutting-down' || kind === 'ssm-agent-down') {
        this.#undelivered.push(...this.#accepted.splice(0));
      }
    });
  }

  send(invocation: Invocation): void {
    const late = this.context.mishaps.take('late', invocation);
    if (late) {
      void this.#arriveLate(invocation, late.delaySeconds * 1000);
      return;
    }
    this.#undelivered.push(invocation);
    if (this.host.ssmAgentUp) {
      void this.#deliver(invocation);
    }
  }

  /** Sure only for what the agent does not have; else it depends on who is faster. */
  async cancel(invocation: Invocation): Promise<void> {
    const isAway = this.#undelivered.includes(invocation) && !this.host.ssmAgentUp;
    if (invocation.status === 'Pending' || isAway) {
      this.#forget(invocation);
      this.#end(invocation, 'Cancelled');
      return;
    }
    moveTo(invocation, 'Cancelling');
    await this.#wait(this.context.timings.cancellation);
    const run = this.#runs.get(invocation);
    if (run) {
      run.cancel();
    } else if (this.#forget(invocation)) {
      this.#event('command-finished', invocation, { exitCodes: [] });
      this.#end(invocation, 'Cancelled');
    }
  }

  async #poll(): Promise<void> {
    await this.#wait(this.context.timings.pollAfterReconnect);
    if (!this.host.ssmAgentUp) {
      return;
    }
    for (const report of this.#overdue.splice(0)) {
      report();
    }
    await Promise.all([...this.#undelivered].map((invocation) => this.#arrive(invocation)));
  }

  async #deliver(invocation: Invocation): Promise<void> {
    await this.#wait(this.context.timings.delivery);
    await this.#arrive(invocation);
  }

  async #arrive(invocation: Invocation): Promise<void> {
    const isDue = this.host.ssmAgentUp && this.#undelivered.includes(invocation);
    if (!isDue) {
      return;
    }
    this.#forget(invocation);
    if (this.context.clock.now() > invocation.command.deliverUntil || isOver(invocation)) {
      return;
    }
    await this.#accept(invocation);
  }

  /** On its way where neither a cancel nor a time limit reaches it; with nobody there to take it, it is lost. */
  async #arriveLate(invocation: Invocation, delayMs: number): Promise<void> {
    await this.context.clock.sleep(delayMs);
    if (this.host.ssmAgentUp) {
      await this.#accept(invocation);
    }
  }

  async #accept(invocation: Invocation): Promise<void> {
    this.#event('command-delivered', invocation, {});
    this.#accepted.push(invocation);
    await this.#work();
  }

  async #runAgain(invocation: Invocation, delayMs: number): Promise<void> {
    await this.context.clock.sleep(delayMs);
    if (this.host.ssmAgentUp) {
      this.#event('command-replayed', invocation, {});
      this.#accepted.push(invocation);
      await this.#work();
    }
  }

  async #work(): Promise<void> {
    if (this.#runs.size >= this.context.timings.workers || !this.host.ssmAgentUp) {
      return;
    }
    const invocation = this.#accepted.shift();
    if (!invocation) {
      return;
    }
    const run = new DocumentRun(this.host, invocation, this.context.clock);
    this.#runs.set(invocation, run);
    const isKnown = await run.run();
    this.#runs.delete(invocation);
    const twice = this.context.mishaps.take('twice', invocation);
    if (twice) {
      void this.#runAgain(invocation, twice.delaySeconds * 1000);
    }
    if (isKnown) {
      this.#event('command-finished', invocation, { exitCodes: run.steps.map((step) => step.responseCode) });
      void this.#report(invocation, run.steps);
    } else {
      this.#lose(invocation, run.steps, ['failed', 'stuck', 'replayed']);
    }
    await this.#work();
  }

  /** The agent's answer takes a moment, and is lost if the host goes down in it. */
  async #report(invocation: Invocation, steps: StepResult[]): Promise<void> {
    await this.#wait(this.context.timings.reply);
    if (this.context.mishaps.take('result-lost', invocation)) {
      this.#event('command-result-lost', invocation, { outcome: 'stuck' });
    } else if (this.host.ssmAgentUp) {
      this.#take(invocation, steps);
    } else {
      this.#lose(invocation, steps, ['failed', 'stuck', 'success', 'replayed']);
    }
  }

  #lose(invocation: Invocation, steps: StepResult[], outcomes: (keyof Weights)[]): void {
    const outcome = this.#pick(outcomes);
    this.#event('command-result-lost', invocation, { outcome });
    switch (outcome) {
      case 'failed':
        this.#overdue.push(() => {
          this.#take(invocation, steps.map(crashed));
        });
        break;
      case 'success':
        this.#overdue.push(() => {
          this.#take(invocation, steps);
        });
        break;
      case 'replayed':
        this.#overdue.push(() => {
          this.#event('command-replayed', invocation, {});
          this.#accepted.push(invocation);
          void this.#work();
        });
        break;
      case 'stuck':
        break;
    }
  }

  #take(invocation: Invocation, steps: StepResult[]): void {
    if (isOver(invocation)) {
      return;
    }
    invocation.steps = steps;
    const status = (['TimedOut', 'Cancelled', 'Failed'] as const).find((bad) =>
      steps.some((step) => step.status === bad),
    );
    this.#end(invocation, status ?? 'Success', status === 'TimedOut' ? 'ExecutionTimedOut' : undefined);
  }

  #end(invocation: Invocation, status: InvocationStatus, details?: string): void {
    if (moveTo(invocation, status, details)) {
      this.onEnd(invocation);
    }
  }

  /** Whether it was still on its way. */
  #forget(invocation: Invocation): boolean {
    const remove = (list: Invocation[]): boolean => {
      const at = list.indexOf(invocation);
      return at >= 0 && list.splice(at, 1).length > 0;
    };
    return remove(this.#undelivered) || remove(this.#accepted);
  }

  #pick(outcomes: (keyof Weights)[]): keyof Weights {
    const weights = this.context.timings.lostResult;
    const total = outcomes.reduce((sum, outcome) => sum + weights[outcome], 0);
    let left = this.context.random.between(0, total);
    for (const outcome of outcomes) {
      left -= weights[outcome];
      if (left < 0) {
        return outcome;
      }
    }
    return 'stuck';
  }

  #wait(span: Parameters<typeof draw>[1]): Promise<void> {
    return this.context.clock.sleep(draw(this.context.random, span));
  }

  #event(event: string, { command, instanceId }: Invocation, detail: Record<string, unknown>): void {
    this.context.journal.event(event, {
      ec2InstanceId: instanceId,
      commandId: command.id,
      principal: command.principal,
      document: command.documentName,
      ...detail,
    });
  }
}

type Weights = SsmContext['timings']['lostResult'];

const crashed = (step: StepResult): StepResult => ({
  ...step,
  status: 'Failed',
  responseCode: 1,
  stdout: '',
  stderr: processFailed,
});
