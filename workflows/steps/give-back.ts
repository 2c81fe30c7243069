import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { formatMs } from '../../src/model/explain.js';
import type { Lost, Memory } from '../../activities/types.js';
import { LimitPassed, withinLimit } from '../limits.js';
import type { Held, InstanceRun } from '../instance-run.js';
import { givingBack, waiting } from '../proxies.js';
import { insist } from './insist.js';

/**
 * Puts the instance in service again, once nothing of ours can act on it any more. Tried until it succeeds; answers when the instance
 * is not ours to give back. `memory` says what becomes of the memory of failures. Call it where it cannot be cancelled.
 */
export async function giveBack(run: InstanceRun, memory?: Memory): Promise<Lost | Held | null> {
  const { limits } = run.input.settings;
  run.enter('activating');
  const attention = new CancellationScope();
  const reminder = attention.run(async () => {
    try {
      await sleep(limits.attentionMs, { summary: 'needs attention' });
      run.attention = `needs attention: not given back after ${formatMs(limits.attentionMs)}. The pending activity of this workflow says why.`;
    } catch (err) {
      if (!isCancellation(err)) throw err;
    }
  });
  try {
    if (run.acting) {
      const quiet = await becomeQuiet(run, run.startedAt);
      if (quiet.kind === 'gone') return quiet;
    }
    const result = await insist(run, 'give the instance back', () =>
      givingBack.activate({ ...run.on, ...(memory && { memory }) }),
    );
    return result.kind === 'activated' ? null : result;
  } finally {
    attention.cancel();
    await reminder;
    run.attention = null;
  }
}

type Quiet = { kind: 'quiet'; rebooted: boolean; version: string | null } | Lost;

/**
 * Waits until nothing that we sent since `since` (ISO 8601) can act. A host that cannot be read is waited for as long as an apply
 * and a reboot may take together: by then SSM has expired both and the guard of the reboot refuses it.
 */
export async function becomeQuiet(run: InstanceRun, since: string): Promise<Quiet | { kind: 'unreadable' }> {
  const { limits, pace } = run.input.settings;
  try {
    const quiet = await withinLimit(limits.updateMs + limits.rebootMs, 'quiet limit', () =>
      insist(run, 'see whether the host is quiet', () =>
        waiting.waitUntilQuiet({
          ...run.on,
          documents: run.input.documents,
          since,
          commandId: run.nextCommand('check').commandId,
          pace,
        }),
      ),
    );
    run.acting = false;
    if (quiet.kind === 'quiet') run.rebooted = quiet.rebooted;
    return quiet;
  } catch (err) {
    if (!(err instanceof LimitPassed)) throw err;
    run.acting = false;
    return { kind: 'unreadable' };
  }
}
