import type { Clock, Timer } from './kernel.js';
import { EventQueue } from './event-queue.js';

/** Virtual time with strictly ordered events: while one runs, `now()` is that event's own instant. */
export interface SimulatorClock extends Clock {
  /** Simulated seconds per real second; 0 for a clock that only tests move. */
  readonly speed: number;
  /** Runs every event that is due by now; a request is answered after that, so that it sees the world of its own instant. */
  settle(): Promise<void>;
  /** Forgets all timers: what was to happen does not. */
  clear(): void;
  /** Forgets all timers, and takes no more. */
  stop(): void;
}

/** A clock that stands still until a test moves it. */
export interface ManualClock extends SimulatorClock {
  /** Moves `ms` simulated milliseconds on and runs what is due on the way, each at its own instant. */
  advance(ms: number): Promise<void>;
  /**
   * Moves on, event by event, until `condition` holds.
   * Throws if it does not within `limitMs` simulated milliseconds (default: one day) or if nothing is left that could change.
   */
  advanceUntil(condition: () => boolean, limitMs?: number): Promise<void>;
}

const defaultStart = Date.parse('2026-07-10T06:00:00.000Z');
const dayMs = 86_400_000;
/** The longest delay that setTimeout takes. */
const longestTimeoutMs = 2_147_483_647;

/** What waits for a promise runs before setImmediate does. */
const settleMicrotasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

abstract class QueueClock {
  protected readonly queue = new EventQueue();
  protected current: number;
  #round: Promise<void> | undefined;
  #isRunning = false;

  constructor(startAt: number) {
    this.current = startAt;
  }

  abstract now(): number;

  after(delayMs: number, action: () => void): Timer {
    return this.enqueue(delayMs, action, false);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.enqueue(delayMs, resolve, true);
    });
  }

  clear(): void {
    this.queue.clear();
  }

  stop(): void {
    this.clear();
  }

  protected get isRunning(): boolean {
    return this.#isRunning;
  }

  protected enqueue(delayMs: number, action: () => void, wakesPromise: boolean): Timer {
    return this.queue.add(this.now() + Math.max(0, delayMs), action, wakesPromise);
  }

  /** Runs due events in order; a second caller waits for the first one's round, then looks again. */
  protected async runDue(until: number): Promise<void> {
    while (this.#round) await this.#round;
    if ((this.queue.nextAt() ?? Infinity) > until) return;
    this.#round = this.#runUntil(until);
    try {
      await this.#round;
    } finally {
      this.#round = undefined;
    }
  }

  async #runUntil(until: number): Promise<void> {
    this.#isRunning = true;
    try {
      for (let event = this.queue.takeDue(until); event; event = this.queue.takeDue(until)) {
        this.current = Math.max(this.current, event.at);
        event.action();
        if (event.wakesPromise) await settleMicrotasks();
      }
    } finally {
      this.#isRunning = false;
    }
  }
}

class RunningClock extends QueueClock implements SimulatorClock {
  readonly #realStart = performance.now();
  readonly #virtualStart: number;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Infinity;
  #stopped = false;

  constructor(
    readonly speed: number,
    startAt: number,
  ) {
    super(startAt);
    this.#virtualStart = startAt;
  }

  now(): number {
    // Between events time never runs past one that still waits for its turn, or it would seem to happen in the past.
    if (!this.isRunning) {
      this.current = Math.max(this.current, Math.min(this.#present(), this.queue.nextAt() ?? Infinity));
    }
    return this.current;
  }

  async settle(): Promise<void> {
    await this.runDue(this.#present());
    this.#schedule();
  }

  override stop(): void {
    super.stop();
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  protected override enqueue(delayMs: number, action: () => void, wakesPromise: boolean): Timer {
    if (this.#stopped) return { cancel() {} };
    const timer = super.enqueue(delayMs, action, wakesPromise);
    if (!this.isRunning) this.#schedule();
    return timer;
  }

  #present(): number {
    return this.#virtualStart + (performance.now() - this.#realStart) * this.speed;
  }

  #schedule(): void {
    const nextAt = this.queue.nextAt();
    if (nextAt === undefined || this.#stopped) {
      clearTimeout(this.#timer);
      this.#wakesAt = Infinity;
      return;
    }
    if (this.#timer && this.#wakesAt === nextAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = nextAt;
    const realDelay = Math.ceil((nextAt - this.#present()) / this.speed);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.settle();
      },
      Math.min(Math.max(0, realDelay), longestTimeoutMs),
    );
  }
}

class SteppedClock extends QueueClock implements ManualClock {
  readonly speed = 0;

  now(): number {
    return this.current;
  }

  settle(): Promise<void> {
    return this.runDue(this.current);
  }

  async advance(ms: number): Promise<void> {
    const target = this.current + ms;
    await settleMicrotasks();
    await this.runDue(target);
    this.current = Math.max(this.current, target);
  }

  async advanceUntil(condition: () => boolean, limitMs = dayMs): Promise<void> {
    const limit = this.current + limitMs;
    await settleMicrotasks();
    while (!condition()) {
      const nextAt = this.queue.nextAt();
      if (nextAt === undefined || nextAt > limit) {
        throw new Error(`not reached within ${limitMs} simulated ms`);
      }
      await this.runDue(nextAt);
      await settleMicrotasks();
    }
  }
}

/** Virtual time that runs `speed` times as fast as the real one, from `startAt` (ms since the epoch). */
export function createClock({
  speed = 1,
  startAt = defaultStart,
}: { speed?: number; startAt?: number } = {}): SimulatorClock {
  return new RunningClock(speed, startAt);
}

/** Virtual time for tests: it stands still until they move it. */
export function createManualClock({ startAt = defaultStart }: { startAt?: number } = {}): ManualClock {
  return new SteppedClock(startAt);
}
