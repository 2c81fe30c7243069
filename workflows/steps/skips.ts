import { ActivityFailure, CancellationScope, log, rootCause } from '@temporalio/workflow';
import type { ClusterRun } from '../cluster-run.js';
import { noting } from '../proxies.js';

/**
 * Removes the skips that this rollout has honoured: they were for one rollout. It is the last that a rollout does, as one that is cut off
 * before it may leave a skip to be honoured once more, but must not lose it.
 */
export async function forgetSkips(run: ClusterRun): Promise<void> {
  const skips = run.honouredSkips;
  if (skips.length === 0) return;
  try {
    await CancellationScope.nonCancellable(() =>
      noting('skips that this rollout has honoured').forgetSkips({ cluster: run.input.cluster, skips }),
    );
  } catch (err) {
    if (!(err instanceof ActivityFailure)) throw err;
    log.warn('skips cannot be removed: the next rollout honours them once more', { error: rootCause(err) });
  }
}
