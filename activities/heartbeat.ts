import { Context } from '@temporalio/activity';

const lastDetails = new WeakMap<Context, unknown>();

/** Heartbeats with what a later attempt needs to know. */
export function beat(details?: unknown): void {
  const context = Context.current();
  lastDetails.set(context, details);
  context.heartbeat(details);
}

/** Well below the heartbeat timeouts of the workflows. */
const everyMs = 5000;

/**
 * Goes on heartbeating while the work waits for AWS: an answer may take three attempts of the SDK, longer than a heartbeat timeout. Every
 * call and every pause has its own limit, so this hides no hang.
 */
export async function keepBeating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  if (context.info.heartbeatTimeoutMs === undefined) return work();
  lastDetails.set(context, context.info.heartbeatDetails);
  const timer = setInterval(() => context.heartbeat(lastDetails.get(context)), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
