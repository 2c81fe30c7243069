import {
  ActivityFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  log,
  rootCause,
} from '@temporalio/workflow';
import type { Quarantines } from '../../src/model/quarantine.js';
import type { ClusterRun } from '../cluster-run.js';
import { quarantinedSignal } from '../messages.js';
import { noting } from '../proxies.js';

/**
 * Tells the updates in flight what this run has quarantined, and writes it down on the cluster, so that it outlives the hosts that fell back. Where
 * that is refused, their attributes still tell.
 */
export async function noteQuarantines(run: ClusterRun): Promise<void> {
  const quarantines = run.takeNewQuarantines();
  if (quarantines.length > 0) await tellInFlight(run, Object.fromEntries(quarantines));
  for (const [version, hosts] of quarantines) {
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

/** A host that is not rebooted yet is not booted into what fell back on others meanwhile. */
async function tellInFlight(run: ClusterRun, quarantines: Quarantines): Promise<void> {
  const updates = [...run.inFlight.values()].filter(({ to }) => to !== null);
  await Promise.all(updates.map(({ workflowId }) => tellOfQuarantines(workflowId, quarantines)));
}

/** Tells the workflow of an instance which versions it must not be booted into. */
export async function tellOfQuarantines(workflowId: string, quarantines: Quarantines): Promise<void> {
  try {
    await CancellationScope.nonCancellable(() =>
      getExternalWorkflowHandle(workflowId).signal(quarantinedSignal, quarantines),
    );
  } catch (err) {
    // It has ended, and so reboots nothing more; or it is being started, and is told then.
    log.info('an update was not told of a quarantine', { workflowId, error: rootCause(err) });
  }
}
