import { setTimeout as sleep } from 'node:timers/promises';
import { startWorkerProcess, type WorkerPlace, type WorkerProcess } from './worker-process.js';

/** Frozen workers that were waked up have so long to do harm, in ms; then they are killed. */
const zombieMs = 10_000;

/** The worker of a namespace: one process at a time, and what is left of those before it. */
export class Crew {
  #worker: WorkerProcess;
  #replacing: Promise<void> | undefined;
  readonly #others = new Set<WorkerProcess>();
  readonly #waking = new Set<Promise<void>>();
  readonly #frozen = new Set<number>();
  readonly #logs: (() => string)[] = [];
  #closed = false;

  constructor(private readonly place: WorkerPlace) {
    this.#worker = this.#start();
  }

  /** What the workers logged, the newest last. */
  get log(): string {
    return this.#logs.map((log) => log()).join('\n--- the next worker ---\n');
  }

  /** SIGKILL; another worker starts after the pause. False: there was none to kill. */
  kill(pauseMs: number): boolean {
    return this.#replace(async (worker) => {
      worker.signal('SIGKILL');
      await sleep(pauseMs);
    });
  }

  /** SIGTERM; another one starts at once, while this one leaves. */
  stop(): boolean {
    return this.#replace(async (worker) => {
      worker.signal('SIGTERM');
      this.#let(worker);
    });
  }

  /** SIGSTOP; another one takes over, and after a while the first one goes on, as if nothing had happened, until it is killed. */
  freeze(forMs: number): boolean {
    return this.#replace(async (worker) => {
      worker.signal('SIGSTOP');
      this.#frozen.add(worker.pid);
      this.#let(worker);
      const waking = this.#wake(worker, forMs).finally(() => this.#waking.delete(waking));
      this.#waking.add(waking);
    });
  }

  /** Whether this is what a worker calls itself (`<pid>@<host>`) that was frozen. */
  wasFrozen(identity: string): boolean {
    return this.#frozen.has(Number.parseInt(identity, 10));
  }

  /** Waits until whoever is frozen now has been waked up, and has had its time to do harm. */
  async awake(): Promise<void> {
    await Promise.all(this.#waking);
  }

  /** Ends every process. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#replacing;
    const all = [this.#worker, ...this.#others];
    for (const worker of all) worker.signal('SIGKILL');
    await Promise.all(all.map(({ ended }) => ended));
  }

  async #wake(worker: WorkerProcess, afterMs: number): Promise<void> {
    await sleep(afterMs);
    worker.signal('SIGCONT');
    await sleep(zombieMs);
    worker.signal('SIGKILL');
  }

  #replace(leave: (worker: WorkerProcess) => Promise<void>): boolean {
    if (this.#replacing || this.#closed) return false;
    this.#replacing = this.#succeed(leave(this.#worker));
    return true;
  }

  async #succeed(left: Promise<void>): Promise<void> {
    await left;
    this.#worker = this.#start();
    this.#replacing = undefined;
  }

  /** Keeps a worker that leaves by itself, so that it can be ended with the others. */
  #let(worker: WorkerProcess): void {
    this.#others.add(worker);
    void worker.ended.then(() => this.#others.delete(worker));
  }

  #start(): WorkerProcess {
    const worker = startWorkerProcess(this.place);
    this.#logs.push(worker.log);
    if (this.#logs.length > 5) this.#logs.shift();
    return worker;
  }
}
