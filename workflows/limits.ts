import { RetryState } from '@temporalio/common';
import { ActivityFailure, CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** A wait took longer than its limit. */
export class LimitPassed extends Error {
  override readonly name = 'LimitPassed';
}

/** Whether an error is the end of something cancelled. An attempt may also fail before it hears of its cancel: then it is not retried. */
export const wasCalledOff = (err: unknown): boolean =>
  isCancellation(err) || (err instanceof ActivityFailure && err.retryState === RetryState.CANCEL_REQUESTED);

/**
 * Runs `work` for at most `limitMs` milliseconds. When the time is over it cancels the work, waits for it to end, and throws
 * {@link LimitPassed}; a cancellation from outside stays one.
 */
export async function withinLimit<T>(limitMs: number, summary: string, work: () => Promise<T>): Promise<T> {
  const worker = new CancellationScope();
  const clock = new CancellationScope();
  let late = false;
  const timer = clock.run(async () => {
    try {
      await sleep(limitMs, { summary });
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
