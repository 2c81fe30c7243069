/**
 * One rollout over one cluster: looks at every instance, asks every host, and updates those that need it, a few at a time.
 *
 * A cancel starts nothing new, cancels the instances in flight, waits for their end and returns the report. A run handles up to
 * `updatesPerRun` updates (about 12 events each here), lets them finish and continues as new, planning again. An instance whose workflow
 * ends without an outcome, as one that is terminated, is given back at once by another.
 */
import { ActivityFailure, CancellationScope, continueAsNew, patched, rootCause } from '@temporalio/workflow';
import type { Reason, Stop } from '../src/model/reason.js';
import type { RolloutReport } from '../src/model/report.js';
import type { RolloutCarry, RolloutInput } from '../src/model/steering.js';
import { handleClusterMessages } from './cluster-messages.js';
import { ClusterRun } from './cluster-run.js';
import { showRollout } from './details.js';
import { wasCalledOff } from './limits.js';
import { notePlan } from './memo.js';
import { beginning, reading } from './proxies.js';
import { findBy } from './search-attributes.js';
import { noteWhoIsBehind } from './steps/behind.js';
import { finishInFlight, startRestore } from './steps/children.js';
import { tellThatItFinished, tellThatItStarted, tellThatItStopped } from './steps/news.js';
import { discover, plan } from './steps/plan-rollout.js';
import { forgetSkips } from './steps/skips.js';
import { noteQuarantines } from './steps/quarantine.js';
import { roll } from './steps/roll.js';
import { countRollout } from './telemetry.js';

export async function updateCluster(input: RolloutInput, carry?: RolloutCarry): Promise<RolloutReport> {
  const run = new ClusterRun(input, carry);
  handleClusterMessages(run);
  showRollout(run);
  try {
    const { cluster, documents, settings } = input;
    // Once begun, a rollout outlasts AWS's troubles between two of its runs as it does within one.
    const looking = carry ? reading : beginning(settings.limits.prerequisitesMs);
    const { quarantined } = await looking('may a rollout begin?').checkPrerequisites({ cluster, documents });
    const leftBehind = await discover(run);
    run.heedOrders();
    run.heedFallbacks(quarantined);
    for (const instance of leftBehind) await startRestore(run, instance);
    await noteQuarantines(run);
    await plan(run);
    notePlan(run);
    const [first] = run.queue;
    if (first && !carry && patched('orders-tried')) {
      await reading('may a host be updated?').tryOrders({
        cluster,
        documents,
        ec2InstanceId: first.instance.ec2InstanceId,
        rebootsThroughEc2: settings.afterFailedReboot === 'ec2-reboot',
      });
    }
    run.stage = 'rolling';
    if (!carry) await tellThatItStarted(run);
    await roll(run);
  } catch (err) {
    const nothingDone = run.started === 0 && !carry;
    if (!wasCalledOff(err) && (nothingDone || !(err instanceof ActivityFailure))) {
      await finishInFlight(run);
      if (err instanceof ActivityFailure) {
        countRollout(input.cluster.name, 'failed');
        await tellThatItStopped(run, errorOf(err));
      }
      throw err;
    }
    run.stop = wasCalledOff(err) ? cancelledBy(run) : errorOf(err);
  }
  if (run.stop) await tellThatItStopped(run, run.stop);
  await finishInFlight(run);
  // A cancel that came while the last of this run finished ends the rollout too.
  if (CancellationScope.current().consideredCancelled) run.stop ??= cancelledBy(run);
  if (!run.stop && !run.onlySkippedLeft) await continueAsNew<typeof updateCluster>(input, run.carry);
  if (run.stop) await tellThatItStopped(run, run.stop);

  settleTheRest(run);
  await noteWhoIsBehind(run);
  await forgetSkips(run);
  run.stage = 'finished';
  run.countEnd();
  findBy(input, 'outcome', run.stop?.by ?? 'completed');
  const { report } = run;
  await tellThatItFinished(run, report);
  return report;
}

const errorOf = (err: unknown): Stop => ({ by: 'error', message: rootCause(err) ?? String(err) });

const cancelledBy = ({ cancelled }: ClusterRun): Stop => ({
  by: 'cancelled',
  ...(cancelled?.by !== undefined && { who: cancelled.by }),
  ...(cancelled?.reason !== undefined && { reason: cancelled.reason }),
});

/** Whoever had no turn gets a result that says why: a report has every instance. */
function settleTheRest(run: ClusterRun): void {
  const reason: Reason = { code: 'rollout-stopped', stop: run.stop ?? cancelledBy(run) };
  run.settleSkipped();
  for (const { instance, from, to } of run.queue.splice(0)) {
    run.settle(instance.ec2InstanceId, { kind: 'not-started', from, to, reason });
  }
  for (const ec2InstanceId of run.withoutResult) {
    run.settle(ec2InstanceId, { kind: 'not-started', from: null, to: null, reason });
  }
}
