import { setTimeout as sleep } from 'node:timers/promises';

/** What was seen of something that is watched. */
export interface Sight<T> {
  /** What was seen last; null: nothing yet. */
  value: T | null;
  /** ISO 8601: when that was. */
  seenAt: string | null;
  /** Why nothing newer is seen; null: all is well. */
  trouble: Trouble | null;
}

/** It cannot be looked at now. */
export interface Trouble {
  /** ISO 8601. */
  since: string;
  sentence: string;
}

/** How often is looked. */
export interface Pace {
  everyMs: number;
  /** After a look that failed; doubled with each, up to this many times `everyMs`. */
  slowestFactor: number;
}

/**
 * Looks at something again and again for as long as somebody watches, once for all who do. A look that fails is no end: what was seen
 * last stays, with the trouble beside it, until a look succeeds. `look` has a limit of its own.
 */
export class Live<T> {
  #sight: Sight<T> = { value: null, seenAt: null, trouble: null };
  #looking: Promise<Sight<T>> | null = null;
  #failures = 0;
  #isLooking = false;
  /** Ends the pause between two looks. */
  #wake = new AbortController();
  readonly #watchers = new Set<() => void>();

  constructor(
    private readonly look: (seen: T | null) => Promise<T>,
    private readonly sentenceOf: (err: unknown) => string,
    private readonly pace: Pace,
  ) {}

  /** How many watch. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /** What was seen last. */
  get sight(): Sight<T> {
    return this.#sight;
  }

  /** Looks now; whoever asks meanwhile gets the same look. Never throws. */
  fresh(): Promise<Sight<T>> {
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = null));
    return this.#looking;
  }

  /** What is being watched is not looked at anew; what nobody watches is. */
  async current(): Promise<Sight<T>> {
    return this.#watchers.size > 0 && this.#sight.seenAt !== null ? this.#sight : this.fresh();
  }

  /** Calls back after each look, until the function that it returns is called. */
  watch(onSight: () => void): () => void {
    this.#watchers.add(onSight);
    if (!this.#isLooking) void this.#lookAgainAndAgain();
    return () => {
      this.#watchers.delete(onSight);
      if (this.#watchers.size === 0) this.hurry();
    };
  }

  /** Lets the next look come at once: something was changed. */
  hurry(): void {
    this.#wake.abort();
  }

  async #lookAgainAndAgain(): Promise<void> {
    this.#isLooking = true;
    while (this.#watchers.size > 0) {
      this.#wake = new AbortController();
      await this.fresh();
      for (const onSight of this.#watchers) onSight();
      const { everyMs, slowestFactor } = this.pace;
      const pauseMs = everyMs * Math.min(slowestFactor, 2 ** this.#failures);
      await sleep(pauseMs, undefined, { signal: this.#wake.signal }).catch(() => {});
    }
    this.#isLooking = false;
  }

  async #lookOnce(): Promise<Sight<T>> {
    const now = new Date().toISOString();
    try {
      const value = await this.look(this.#sight.value);
      this.#failures = 0;
      this.#sight = { value, seenAt: now, trouble: null };
    } catch (err) {
      this.#failures += 1;
      const since = this.#sight.trouble?.since ?? now;
      this.#sight = { ...this.#sight, trouble: { since, sentence: this.sentenceOf(err) } };
    }
    return this.#sight;
  }
}
