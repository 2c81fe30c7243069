import { categoryOf, limitOf, type Category } from '../http/throttle.js';
import type { RequestEntry } from '../kernel.js';

/** So many seconds' worth of requests above the rate are a burst that its client did not heed: retries alone make less. */
const heededWithinSeconds = 30;

interface Account {
  /** Negative: requests beyond what the rate allows, refused or not. */
  tokens: number;
  /** Virtual milliseconds. */
  at: number;
  isOver: boolean;
}

/** Watches how fast each principal asks, by AWS's published limits, whether or not the simulator enforces them. */
export class RateLedger {
  readonly #accounts = new Map<string, Account>();

  /** What is too fast, once for each time that it begins to be; undefined: nothing new. */
  onRequest({ principal, service, action }: RequestEntry, now: number): string | undefined {
    const category = categoryOf(service, action);
    if (category === undefined) return undefined;
    const { burst, perSecond } = limitOf(category);
    const account = this.#account(principal, category, now);
    const refilled = account.tokens + ((now - account.at) / 1000) * perSecond;
    account.tokens = Math.min(burst, refilled) - 1;
    account.at = now;
    if (account.tokens >= 0) account.isOver = false;
    if (account.isOver || account.tokens > -heededWithinSeconds * perSecond) return undefined;
    account.isOver = true;
    return `keeps asking faster than ${perSecond} a second (${category}), last for ${action}`;
  }

  #account(principal: string, category: Category, now: number): Account {
    const key = `${principal} ${category}`;
    const known = this.#accounts.get(key);
    if (known) return known;
    const account = { tokens: limitOf(category).burst, at: now, isOver: false };
    this.#accounts.set(key, account);
    return account;
  }
}
