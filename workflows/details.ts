/** What Temporal's UI shows of a workflow that runs, beside its events: it is asked by a query and writes none. */
import { CancellationScope, condition, setCurrentDetails } from '@temporalio/workflow';
import { clusterDetails } from '../src/model/cluster-details.js';
import { instanceDetails } from '../src/model/instance-details.js';
import type { ClusterRun } from './cluster-run.js';
import type { InstanceRun } from './instance-run.js';

/** Shows how far a rollout is, until it ends. */
export const showRollout = (run: ClusterRun): void =>
  keepShowing(
    () => [run.stage, run.changes, run.queue.length, run.inFlight.size, run.stop?.by].join(),
    () => clusterDetails(run.view),
  );

/** Shows what is done with an instance, until that ends. */
export const showInstance = (run: InstanceRun): void =>
  keepShowing(
    () => [run.phase, run.from, run.to, run.note, run.attention, run.outcome?.kind].join('\n'),
    () => instanceDetails(run.input, run.status),
  );

/** Shows a text, and makes it anew only when `state` is another: of thousands of instances it is not made for nothing. */
function keepShowing(state: () => string, text: () => string): void {
  void CancellationScope.nonCancellable(async () => {
    for (;;) {
      const shown = state();
      setCurrentDetails(text());
      await condition(() => state() !== shown);
    }
  });
}
