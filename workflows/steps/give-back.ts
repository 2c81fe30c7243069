import { CancellationScope, isCancellation, log, sleep } from '@temporalio/workflow';
import { formatMs } from '../../src/model/explain.js';
import { hostTimes, orderVoidAfterMs } from '../../src/model/settings.js';
import type { Lost, Memory } from '../../activities/types.js';
import { LimitPassed, withinLimit } from '../limits.js';
import type { Held, InstanceRun } from '../instance-run.js';
import { givingBack, waiting } from '../proxies.js';
import { insist } from './insist.js';
import { tellThatItNeedsAttention } from './news.js';
import { healthy } from './verify.js';

/**
 * Puts the instance in service again, once nothing of ours can act on it any more. Tried until it succeeds; answers when the instance
 * is not ours to give back. `memoryNow` says what becomes of the memory of failures, once nothing is in doubt. Call it where it cannot be
 * cancelled.
 */
export async function giveBack(
  run: InstanceRun,
  memoryNow: () => Memory | undefined = () => undefined,
): Promise<Lost | Held | null> {
  const { limits } = run.input.settings;
  run.enter('activating');
  const attention = new CancellationScope();
  const reminder = attention.run(async () => {
    try {
      await sleep(limits.attentionMs, { summary: 'needs attention' });
      const reason = `not given back after ${formatMs(limits.attentionMs)}. The pending activity of this workflow says why.`;
      run.attention = `needs attention: ${reason}`;
      log.warn(run.attention);
      await tellThatItNeedsAttention(run, `It was ${reason}`);
    } catch (err) {
      if (!isCancellation(err)) throw err;
    }
  });
  try {
    if (run.acting) {
      const quiet = await becomeQuiet(run, run.startedAt);
      if (quiet.kind === 'gone') return quiet;
      const lost = quiet.kind === 'quiet' && quiet.rebooted ? await outwaitBoot(run) : null;
      if (lost) return lost;
    }
    const memory = memoryNow();
    const result = await insist(run, 'give the instance back', () =>
      givingBack(memorySummary(memory)).activate({ ...run.on, ...(memory && { memory }) }),
    );
    run.backInService();
    return result.kind === 'activated' ? null : result;
  } finally {
    attention.cancel();
    await reminder;
    run.attention = null;
  }
}

function memorySummary(memory: Memory | undefined): string {
  if (!memory) return 'set it ACTIVE';
  return memory.kind === 'forget'
    ? 'set it ACTIVE, forget what failed before'
    : `set it ACTIVE, remember ${memory.failure.code}`;
}

/** A reboot whose order was in doubt has come: before its host is healthy, or the limit has passed, nobody knows how it ended. */
async function outwaitBoot(run: InstanceRun): Promise<Lost | null> {
  try {
    const health = await healthy(run);
    return health.kind === 'gone' ? health : null;
  } catch (err) {
    if (!(err instanceof LimitPassed)) throw err;
    return null;
  }
}

type Quiet = { kind: 'quiet'; rebooted: boolean; version: string | null; reboots?: number } | Lost;

/**
 * Waits until nothing that we sent since `since` (ISO 8601) can act. An order that SSM does not know may be sent yet, by a worker that was
 * suspended: until the host would refuse it, and then SSM is asked once more.
 *
 * A host that cannot be read is waited for as long as an apply and a reboot may take together. By then the guard refuses what is
 * delivered still, SSM's agent has ended a script that ran, and a reboot that was accepted has come. What is left open is an API server
 * that goes on writing without its script, on a host that nobody can read: it writes to the partitions that the host does not run from.
 */
export async function becomeQuiet(run: InstanceRun, since: string): Promise<Quiet | { kind: 'unreadable' }> {
  const first = await lookForQuiet(run, since);
  const openMs = run.ordersVoidAt - Date.now();
  if (first.kind !== 'quiet' || first.unlisted === 0 || openMs <= 0) return first;
  await sleep(openMs, { summary: 'an order may still be sent' });
  return lookForQuiet(run, since);
}

/**
 * The same after an interrupted run, whose orders are not known: one may have been given up to its end, so none before it is void can
 * this begin. By then whoever acts for it still has heard that it ended, too.
 */
export async function becomeQuietAfterInterruption(
  run: InstanceRun,
  since: string,
): ReturnType<typeof becomeQuiet> {
  await sleep(orderVoidAfterMs(run.input.settings.pace), { summary: 'orders of the interrupted run' });
  return becomeQuiet(run, since);
}

async function lookForQuiet(run: InstanceRun, since: string) {
  const { limits, pace } = run.input.settings;
  const applyMs = orderVoidAfterMs(pace) + hostTimes.applySeconds * pace.hostSecondMs;
  const limitMs = Math.max(limits.updateMs + limits.rebootMs, applyMs);
  try {
    const quiet = await withinLimit(limitMs, 'quiet limit', () =>
      insist(run, 'see whether the host is quiet', () =>
        waiting('nothing that we sent may act any more').waitUntilQuiet({
          ...run.on,
          documents: run.input.documents,
          since,
          orders: run.orders,
          commandId: run.nextCommand('check').commandId,
          pace,
        }),
      ),
    );
    run.acting = false;
    if (quiet.kind === 'quiet') {
      run.rebooted = quiet.rebooted;
      run.quietVersion = quiet.version;
    }
    return quiet;
  } catch (err) {
    if (!(err instanceof LimitPassed)) throw err;
    run.acting = false;
    return { kind: 'unreadable' as const };
  }
}
