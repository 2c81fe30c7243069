import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from '../src/model/failure-types.js';
import { awaitingDetail } from '../src/model/names.js';
import type { Pace } from '../src/model/settings.js';
import { beat } from './heartbeat.js';

/** What a look at the outside world gave: the answer, or what is still awaited and how soon to look again. */
export type Look<T> = { done: T } | { awaiting: string; again: 'quickly' | 'soon' | 'slowly' };

/** An attempt polls for about this long, then hands its slot back and is retried: one minute of real time. */
const attemptMs = 60_000;

/**
 * Looks until there is an answer, and heartbeats at every look with what is awaited and with `details`, which an attempt after a crash finds
 * again. After a minute the attempt ends benignly, saying what is awaited, and the server makes the next one.
 */
export async function poll<T>(
  pace: Pace,
  subject: string,
  look: () => Promise<Look<T>>,
  details?: () => object | undefined,
): Promise<T> {
  const context = Context.current();
  const until = Date.now() + attemptMs;
  for (;;) {
    const found = await look();
    if ('done' in found) return found.done;
    beat({ ...details?.(), [awaitingDetail]: found.awaiting });
    const waitMs = pauseMs(pace, found.again);
    if (Date.now() + waitMs > until) throw stillWaiting(`${subject}: ${found.awaiting}`, waitMs);
    await context.sleep(waitMs);
  }
}

/** Ends an attempt that waits for something; the next one comes after `pauseMs` milliseconds. */
export function stillWaiting(message: string, pauseMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    message: message.slice(0, 900),
    type: failureTypes.stillWaiting,
    category: 'BENIGN',
    nextRetryDelay: Math.max(1, Math.round(pauseMs)),
  });
}

/** The pause before the next look, in milliseconds, with a fifth of jitter so that many waits do not fall in step. */
export function pauseMs({ quickMs, slowMs }: Pace, again: 'quickly' | 'soon' | 'slowly'): number {
  const ms = { quickly: quickMs, soon: (quickMs + slowMs) / 3, slowly: slowMs }[again];
  return ms * (0.9 + Math.random() * 0.2);
}
