import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { markup } from './markup.js';
import type { Live, Sight } from './live.js';
import type { Fragment } from './pages/layout.js';

/** How many follow pages now, and how many may. */
export interface Followers {
  count: number;
  most: number;
  /** Ends all streams. */
  closing: AbortSignal;
}

/** A silent connection may be a dead one; this often something is sent. */
const aliveMs = 15_000;

/** Streams a page's fragments as server-sent events: all at first, then those that have changed, after each look. */
export function follow<T>(
  c: Context,
  followers: Followers,
  live: Live<T>,
  fragmentsOf: (sight: Sight<T>) => Fragment[],
  onError: (err: Error) => void,
): Response | Promise<Response> {
  if (followers.count >= followers.most)
    return c.text(`Too many pages are open: close one of the ${followers.most}.\n`, 503);
  return streamSSE(
    c,
    async (stream) => {
      const news = new News();
      const leave = live.watch(() => news.arrived());
      const end = (): void => news.end();
      stream.onAbort(end);
      followers.closing.addEventListener('abort', end);
      followers.count += 1;
      try {
        const sent = new Map<string, string>();
        for (;;) {
          if (live.sight.seenAt !== null || live.sight.trouble !== null) {
            for (const { id, element } of fragmentsOf(live.sight)) {
              const html = markup(element);
              if (sent.get(id) === html) continue;
              sent.set(id, html);
              await stream.writeSSE({ event: 'fragment', data: html });
            }
          }
          await stream.writeSSE({ event: 'alive', data: '' });
          if (!(await news.next(aliveMs))) return;
        }
      } finally {
        leave();
        followers.closing.removeEventListener('abort', end);
        followers.count -= 1;
      }
    },
    async (err) => onError(err),
  );
}

/** Tells a slow reader once of however many news there were. */
class News {
  #isThere = false;
  #hasEnded = false;
  #wake = (): void => {};

  arrived(): void {
    this.#isThere = true;
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /** Waits for news, at most so many milliseconds; false: it is over. */
  async next(limitMs: number): Promise<boolean> {
    if (!this.#isThere && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, limitMs);
        this.#wake = () => {
          clearTimeout(limit);
          resolve();
        };
      });
    }
    this.#isThere = false;
    return !this.#hasEnded;
  }
}
