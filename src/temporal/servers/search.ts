/** One way of getting an executable, tried in the order given. */
export interface Way {
  /** What the way is called in messages, for example `the PATH`. */
  name: string;
  /** Paths of executables, the best first; throws with the reason if this way has none. */
  find(): Promise<readonly string[]>;
}

/** A way that was tried, and why it did not help. */
interface FailedAttempt {
  way: string;
  reason: string;
}

/** Nothing that we know yields the executable; the message names every way tried and what the user can do. */
class NoServerError extends Error {
  override readonly name = 'NoServerError';

  constructor(
    readonly what: string,
    readonly attempts: readonly FailedAttempt[],
    readonly remedy: string,
  ) {
    const tried = attempts.map(({ way, reason }) => `${way} (${reason})`).join('; ');
    super(`no ${what} could be had. Tried: ${tried}. ${remedy}`);
  }
}

/** What is looked for, how one can tell that it works, and what the user can do if there is none. */
export interface Wanted {
  /** For example `Temporal server`. */
  what: string;
  /** Resolves if the executable runs; throws with the reason if it does not. */
  check(path: string): Promise<void>;
  /** A sentence on what the user can do. */
  remedy: string;
}

/** Tries the ways in order and returns the first executable that works. One that is broken is reported and passed over. */
export async function firstThatWorks(
  wanted: Wanted,
  ways: readonly Way[],
  report: (line: string) => void,
): Promise<string> {
  const attempts: FailedAttempt[] = [];
  for (const way of ways) {
    try {
      for (const path of await way.find()) {
        const broken = await reasonWhyBroken(wanted, path);
        if (broken === undefined) return path;
        attempts.push({ way: way.name, reason: broken });
        report(`passing over ${path}: ${broken}`);
      }
    } catch (err) {
      attempts.push({ way: way.name, reason: oneLine(err) });
    }
  }
  throw new NoServerError(wanted.what, attempts, wanted.remedy);
}

/** Why an executable does not do; `undefined` if it works. */
export async function reasonWhyBroken(wanted: Wanted, path: string): Promise<string | undefined> {
  try {
    await wanted.check(path);
    return undefined;
  } catch (err) {
    return oneLine(err);
  }
}

function oneLine(err: unknown): string {
  const text = err instanceof Error ? err.message : String(err);
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 400);
}
