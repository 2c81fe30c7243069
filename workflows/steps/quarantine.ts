import { ActivityFailure, CancellationScope, log, rootCause } from '@temporalio/workflow';
import type { ClusterRun } from '../cluster-run.js';
import { noting } from '../proxies.js';

/**
 * Writes down on the cluster what this run has quarantined, so that it outlives the hosts that fell back. Where that is refused, their
 * attributes still tell.
 */
export async function noteQuarantines(run: ClusterRun): Promise<void> {
  for (const [version, hosts] of run.takeNewQuarantines()) {
    try {
      const at = new Date().toISOString();
      await CancellationScope.nonCancellable(() =>
        noting(`${version} fell back on ${hosts} hosts`).quarantineVersion({
          cluster: run.input.cluster,
          version,
          hosts,
          at,
        }),
      );
    } catch (err) {
      if (!(err instanceof ActivityFailure)) throw err;
      log.warn(`cannot write on the cluster that ${version} is quarantined`, { error: rootCause(err) });
    }
  }
}
