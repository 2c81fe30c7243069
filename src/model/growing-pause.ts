const growth = 1.5;
const longest = 15;
/** A wait of days may take this part of it longer, and no history is filled by looks in which nothing changes. */
const partOfWait = 0.01;

/**
 * The pause between two looks at what may take seconds or weeks: it grows with each look that saw what the one before saw, to 15 times the
 * first, and on with the wait itself.
 */
export class GrowingPause {
  #seen: string | null = null;
  #sinceMs = 0;
  #pauseMs = 0;

  constructor(private readonly firstMs: number) {}

  /** How long to wait now, in milliseconds, having seen this at `nowMs`. */
  after(seen: string, nowMs: number): number {
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#sinceMs = nowMs;
      this.#pauseMs = this.firstMs;
    } else {
      const mostMs = Math.max(longest * this.firstMs, partOfWait * (nowMs - this.#sinceMs));
      this.#pauseMs = Math.round(Math.min(growth * this.#pauseMs, mostMs));
    }
    return this.#pauseMs;
  }
}
