import { RetryState } from '@temporalio/common';
import { ActivityFailure, CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** A wait took longer than its limit. */
export class LimitPassed extends Error {
  override readonly name = 'LimitPassed';
}

/** Whether an error is the end of something cancelled. An attempt may also fail before it hears of its cancel: then it is not retried. */
export const wasCalledOff = (err: unknown): boolean =>
  isCancellation(err) || (err instanceof ActivityFailure && err.retryState === RetryState.CANCEL_REQUESTED);

/** A timer that fires so much late, in ms, says that no worker was there meanwhile. */
const awayMs = 60_000;

/** What a wait still gets, in ms, that nobody attended to: by then its activity has been started anew and has looked. */
const lastLookMs = 120_000;

/**
 * Runs `work` for at most `limitMs` milliseconds. When the time is over it cancels the work, waits for it to end, and throws
 * {@link LimitPassed}; a cancellation from outside stays one. Where the limit passed while no worker ran, the work has a last look: what
 * was awaited may have come long ago.
 */
export async function withinLimit<T>(limitMs: number, summary: string, work: () => Promise<T>): Promise<T> {
  const worker = new CancellationScope();
  const clock = new CancellationScope();
  let late = false;
  const timer = clock.run(async () => {
    try {
      const dueAt = Date.now() + limitMs;
      await sleep(limitMs, { summary });
      if (Date.now() - dueAt > awayMs) await sleep(lastLookMs, { summary: `${summary}: last look` });
      late = true;
      worker.cancel();
    } catch (err) {
      if (!isCancellation(err)) throw err;
    }
  });
  try {
    return await worker.run(work);
  } catch (err) {
    throw late && wasCalledOff(err) ? new LimitPassed(summary) : err;
  } finally {
    clock.cancel();
    await timer;
  }
}
