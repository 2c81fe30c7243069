import { setTimeout as sleep } from 'node:timers/promises';

const everyMs = 25;

/**
 * Waits until a condition holds and returns what it gave; a condition that gives nothing, or false, does not hold. Throws, with what was
 * awaited, once `limitMs` milliseconds are over.
 */
export async function eventually<T>(
  awaited: string,
  condition: () => T | Promise<T>,
  limitMs = 60_000,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await condition();
    if (holds(found)) return found;
    if (Date.now() > deadline) throw new Error(`${awaited}: not within ${limitMs / 1000} s`);
    await sleep(everyMs);
  }
}

const holds = <T>(found: T): found is Exclude<T, false | null | undefined> =>
  found !== false && found !== null && found !== undefined;
