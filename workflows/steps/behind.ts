import { ActivityFailure, CancellationScope, log, rootCause } from '@temporalio/workflow';
import { batches } from '../../src/model/batches.js';
import type { ClusterRun } from '../cluster-run.js';
import { remarking } from '../proxies.js';

/** Most instances of which one activity is told: an ARN has more than a hundred characters. */
const mostAtOnce = 500;

/**
 * Writes on instances that this rollout leaves behind since when they are so, unless an earlier one did, and removes that from those that have caught up.
 * Where all are updated there is nothing to write. Where it is refused, only that time is lost.
 */
export async function noteWhoIsBehind(run: ClusterRun): Promise<void> {
  const { cluster } = run.input;
  const { behind } = run;
  const stillBehind = new Set(behind.map(({ instance }) => instance.ec2InstanceId));
  const left = behind
    .filter(({ instance }) => instance.behind === null)
    .map(({ instance, mark }) => ({ containerInstanceArn: instance.containerInstanceArn, mark }));
  const caughtUp = [...run.instances.values()]
    .filter(({ ec2InstanceId, behind }) => behind !== null && !stillBehind.has(ec2InstanceId))
    .map(({ containerInstanceArn }) => containerInstanceArn);
  try {
    await CancellationScope.nonCancellable(async () => {
      for (const batch of batches(left, mostAtOnce))
        await remarking('left behind').noteBehind({ cluster, left: batch, caughtUp: [] });
      for (const batch of batches(caughtUp, mostAtOnce))
        await remarking('caught up').noteBehind({ cluster, left: [], caughtUp: batch });
    });
  } catch (err) {
    if (!(err instanceof ActivityFailure)) throw err;
    log.warn('cannot write on instances that they are left behind', { error: rootCause(err) });
  }
}
