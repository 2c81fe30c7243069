/** A wait of weeks may take this part of it longer, and no history is filled by looks in which nothing changes. */
const partOfWait = 1 / 60;

/**
 * The pause between two looks at what may take seconds or weeks: the first one as long as nothing has been the same for 60 of them, then a
 * sixtieth of that time.
 */
export class GrowingPause {
  #seen: string | null = null;
  #sinceMs = 0;

  constructor(private readonly firstMs: number) {}

  /** How long to wait now, in milliseconds, having seen this at `nowMs`. */
  after(seen: string, nowMs: number): number {
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#sinceMs = nowMs;
    }
    return Math.max(this.firstMs, Math.round(partOfWait * (nowMs - this.#sinceMs)));
  }
}
