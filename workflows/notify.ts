/**
 * Delivers one message to everybody who wants it, and says who got it. Nobody waits for it: a rollout only starts it. A target that
 * cannot be reached is tried again for the time that the limits give, and keeps no other from getting the message. About 5 events a target.
 */
import { RetryState } from '@temporalio/common';
import { ActivityFailure, isCancellation, proxyActivities, rootCause } from '@temporalio/workflow';
import type { Activities } from '../activities/types.js';
import { formatMs } from '../src/model/explain.js';
import { type Delivery, type NotifyInput, type NotifyResult, targetName } from '../src/model/notice.js';
import { oneLine } from '../src/model/one-line.js';

/** What an attempt may take beside the answer of the receiver: credentials of a role, a busy worker. */
const besideAnswerMs = 20_000;

export async function notify({ notice, targets, limits }: NotifyInput): Promise<NotifyResult> {
  const { answerMs, tryMs } = limits;
  const deliveries = await Promise.all(
    targets.map(async (target): Promise<Delivery> => {
      const name = targetName(target);
      const { deliver } = proxyActivities<Pick<Activities, 'deliver'>>({
        startToCloseTimeout: answerMs + besideAnswerMs,
        scheduleToCloseTimeout: tryMs,
        retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '5m' },
        summary: name,
      });
      try {
        await deliver({ notice, target, answerMs });
        return { target: name, delivered: true };
      } catch (err) {
        if (!(err instanceof ActivityFailure) || isCancellation(err)) throw err;
        const wasRefused = err.retryState === RetryState.NON_RETRYABLE_FAILURE;
        const why = `${wasRefused ? '' : `given up after ${formatMs(tryMs)}: `}${rootCause(err) ?? err.message}`;
        return { target: name, delivered: false, why: oneLine(why, longestWhy) };
      }
    }),
  );
  return { deliveries };
}

const longestWhy = 500;
