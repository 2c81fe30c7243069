import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
  type RetryPolicy,
} from '@temporalio/workflow';
import type { Activities } from '../activities/types.js';
import { cutText, longestSummary } from '../src/model/bounds.js';

/*
 * None of these gives up by itself: throttling and outages of AWS must not fail an instance. What ends a wait is its limit, a
 * timer in the workflow. The timeouts here only notice a worker that died or hangs, so that another takes over.
 */
const retry: RetryPolicy = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' };

/**
 * What was called off must have stopped before its undo begins: an attempt that still runs could drain or update after the instance was
 * given back. The SDK names this as its default, but without it does not wait (1.24.0).
 */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/**
 * A worker that died is noticed after this: an instance that is out of service must not wait for minutes. Every activity beats every 5 s
 * as long as its process lives, however long AWS takes to answer.
 */
const heartbeatTimeout = '20s';

/** Activities with a summary, which Temporal's UI shows beside their name. */
type Proxies = (summary: string) => ReturnType<typeof proxyActivities<Activities>>;

const proxies =
  (options: ActivityOptions): Proxies =>
  (summary) =>
    proxyActivities<Activities>({ ...options, summary: cutText(summary, longestSummary) });

/** Reads for the plan. After an hour without AWS a rollout ends; the Schedule starts the next. */
export const reading = proxies({
  startToCloseTimeout: '5m',
  heartbeatTimeout,
  scheduleToCloseTimeout: '1h',
  retry,
  cancellationType,
});

/**
 * Looks whether a rollout may begin. Where the worker has no credentials that looks like a metadata service that is slow for a second,
 * so it is tried for `limitMs` milliseconds, and not for an hour.
 */
export const beginning = (limitMs: number): Proxies =>
  proxies({
    startToCloseTimeout: '1m',
    heartbeatTimeout,
    scheduleToCloseTimeout: limitMs,
    retry,
    cancellationType,
  });

/** Every look has its own limit; what is over after two minutes is the worker. */
export const examining = proxies({
  startToCloseTimeout: '2m',
  heartbeatTimeout,
  retry: { ...retry, maximumAttempts: 2 },
  cancellationType,
});

/** What an operator's message to a rollout waits for: the answer says so where it takes longer. */
export const answering = proxies({
  startToCloseTimeout: '30s',
  heartbeatTimeout,
  scheduleToCloseTimeout: '30s',
  retry,
  cancellationType,
});

/** An order that no rollout was there to hear: who gave it may wait, or give it up. */
export const ordering = proxies({
  startToCloseTimeout: '10m',
  heartbeatTimeout,
  scheduleToCloseTimeout: '10m',
  retry,
  cancellationType,
});

/** What a rollout writes down for later, and can do without. */
export const noting = proxies({
  startToCloseTimeout: '1m',
  heartbeatTimeout,
  scheduleToCloseTimeout: '10m',
  retry,
  cancellationType,
});

/** What only the metrics would miss: no rollout ends much later for it. */
export const remarking = proxies({
  startToCloseTimeout: '1m',
  heartbeatTimeout,
  scheduleToCloseTimeout: '2m',
  retry,
  cancellationType,
});

/** Reads that only make a reason more telling. */
export const describing = proxies({
  startToCloseTimeout: '1m',
  heartbeatTimeout,
  scheduleToCloseTimeout: '2m',
  retry,
  cancellationType,
});

/** A few AWS calls, each with its own time limit of seconds. */
export const quick = proxies({
  startToCloseTimeout: '5m',
  heartbeatTimeout,
  retry,
  cancellationType,
});

/** What must not be sent again while it is unknown whether it was sent. Who calls it looks at how it ended. */
export const once = proxies({
  startToCloseTimeout: '2m',
  heartbeatTimeout,
  retry: { maximumAttempts: 1 },
  cancellationType,
});

/** Polls for about a minute an attempt and heartbeats at every look. */
export const waiting = proxies({
  startToCloseTimeout: '10m',
  heartbeatTimeout,
  retry: { ...retry, backoffCoefficient: 1.5 },
  cancellationType,
});

/** Gives back: whatever the error, it is tried again, at most 5 minutes apart. */
export const givingBack = proxies({
  startToCloseTimeout: '2m',
  heartbeatTimeout,
  retry: { ...retry, maximumInterval: '5m' },
  cancellationType,
});
