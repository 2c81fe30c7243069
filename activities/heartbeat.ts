import { Context } from '@temporalio/activity';

/** How an attempt beats. */
interface Beating {
  /** What a later attempt needs to know. */
  details: unknown;
  /** When its process was last seen awake, ms since the epoch. */
  awakeAt: number;
  /** Longest time, in ms, for which its process was seen to sleep. */
  sleptMs: number;
}

const beatings = new WeakMap<Context, Beating>();

/** Heartbeats with what a later attempt needs to know. */
export function beat(details?: unknown): void {
  const context = Context.current();
  const beating = beatings.get(context);
  if (beating) beating.details = details;
  context.heartbeat(details);
}

/** Whether an earlier attempt of this activity has left a detail of this name. */
export function wasLeft(name: string): boolean {
  const details: unknown = Context.current().info.heartbeatDetails;
  return typeof details === 'object' && details !== null && name in details;
}

/** Well below the heartbeat timeouts of the workflows. */
const everyMs = 1000;

/**
 * Goes on heartbeating while the work waits for AWS: an answer may take three attempts of the SDK, longer than a heartbeat timeout. Every
 * call and every pause has its own limit, so this hides no hang.
 */
export async function keepBeating<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  if (context.info.heartbeatTimeoutMs === undefined) return work();
  const beating: Beating = { details: context.info.heartbeatDetails, awakeAt: Date.now(), sleptMs: 0 };
  beatings.set(context, beating);
  // At once, too: work that was handed to a process while it was suspended may be another's by now. The answer comes during the first looks,
  // and nothing is changed any more.
  context.heartbeat(beating.details);
  const timer = setInterval(() => {
    noteAwake(beating);
    context.heartbeat(beating.details);
  }, everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

function noteAwake(beating: Beating): void {
  const now = Date.now();
  beating.sleptMs = Math.max(beating.sleptMs, now - beating.awakeAt);
  beating.awakeAt = now;
}

/** The SDK passes heartbeats on after this part of their timeout (SDK, throttling): so much is left of it in the worst case. */
const partLeft = 0.2;

/**
 * For how long, in ms, the process of this attempt slept (was suspended, or did not get the processor) if that was so long that Temporal may have
 * given the work to another attempt meanwhile, or closed its workflow; null: it may go on. It stays so: who slept does not learn at once what it missed.
 */
export function overslept(): number | null {
  const context = Context.current();
  const beating = beatings.get(context);
  if (!beating) return null;
  noteAwake(beating);
  return beating.sleptMs > everyMs + partLeft * (context.info.heartbeatTimeoutMs ?? 0)
    ? beating.sleptMs
    : null;
}
