import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ActivityFailure,
  allHandlersFinished,
  CancellationScope,
  type ChildWorkflowHandle,
  ChildWorkflowFailure,
  condition,
  isCancellation,
  log,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import type { Instance } from '../../src/model/instance.js';
import { instanceWorkflowId } from '../../src/model/names.js';
import type { Outcome } from '../../src/model/outcome.js';
import type { InstanceInput, PendingUpdate } from '../../src/model/steering.js';
import type { ClusterRun } from '../cluster-run.js';
import { wasCalledOff } from '../limits.js';
import { note } from '../steering/orders.js';
import { instanceMemo } from '../../src/model/memo.js';
import { waiting } from '../proxies.js';
import { foundBy } from '../search-attributes.js';
import { recipientsOf } from './news.js';
import { noteQuarantines, tellOfQuarantines } from './quarantine.js';
import type { updateInstance } from '../update-instance.js';

type Child = ChildWorkflowHandle<typeof updateInstance>;

/** What a child is to do, and how it is named in lists. */
type Work = Pick<InstanceInput, 'instance' | 'work'> & { summary: string };

/** An instance whose workflow ends without an outcome is given back by another, which is started this often. */
const maxRestores = 3;

/** Starts the update of an instance and follows it to its end. */
export async function startUpdate(run: ClusterRun, update: PendingUpdate): Promise<void> {
  const { from, to, found, checkedAt, hostNow } = update;
  run.queue = run.queue.filter((other) => other !== update);
  run.started += 1;
  run.begin(update.instance, update);
  await startAndFollow(run, update, {
    instance: update.instance,
    work: { mode: 'update', from, to, found, checkedAt, hostNow },
    summary: `${update.instance.ec2InstanceId}: ${from} to ${to}`,
  });
}

/** Starts to give back an instance that an interrupted rollout of ours left. */
export async function startRestore(run: ClusterRun, instance: Instance): Promise<void> {
  const { ec2InstanceId, containerInstanceArn, availabilityZone, mark } = instance;
  run.begin(instance, null);
  await startAndFollow(run, null, {
    instance: { ec2InstanceId, containerInstanceArn, availabilityZone },
    work: {
      mode: 'restore',
      since: mark?.since || run.startedAt,
      ...(mark?.target !== undefined && { to: mark.target }),
    },
    summary: `${ec2InstanceId}: give back`,
  });
}

async function startAndFollow(run: ClusterRun, update: PendingUpdate | null, work: Work): Promise<void> {
  const { ec2InstanceId } = work.instance;
  try {
    const known = Object.keys(run.quarantined).length;
    const child = await startInstance(run, work);
    run.following.push(follow(run, update, work, child));
    // What was quarantined while it was being started stands in no input, and could not be told yet.
    if (Object.keys(run.quarantined).length > known)
      await tellOfQuarantines(child.workflowId, run.quarantined);
  } catch (err) {
    if (err instanceof WorkflowExecutionAlreadyStartedError) {
      run.following.push(followOther(run, ec2InstanceId, err.workflowId));
      return;
    }
    if (update && isCancellation(err)) run.queue.unshift(update);
    run.withdraw(ec2InstanceId);
    throw err;
  }
}

async function startInstance(run: ClusterRun, { summary, ...what }: Work): Promise<Child> {
  const { cluster, documents, settings } = run.input;
  const { limits, pace, afterFailedReboot, installation } = settings;
  const notify = recipientsOf(run);
  const input: InstanceInput = {
    cluster,
    rolloutId: run.rolloutId,
    documents,
    settings: { limits, pace, afterFailedReboot, installation },
    quarantined: run.quarantined,
    ...(run.input.searchAttributes && { searchAttributes: true }),
    ...(notify && { notify }),
    ...what,
  };
  return startChild<typeof updateInstance>('updateInstance', {
    workflowId: instanceWorkflowId(cluster.name, what.instance.ec2InstanceId),
    args: [input],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: summary,
    ...foundBy(run.input, what.instance.ec2InstanceId),
    memo: instanceMemo(input),
  });
}

async function follow(
  run: ClusterRun,
  update: PendingUpdate | null,
  work: Work,
  first: Child,
): Promise<void> {
  const { ec2InstanceId } = work.instance;
  let child = first;
  for (let restores = 0; ; restores++) {
    try {
      const ending = await child.result();
      if (ending.kind === 'ended') {
        run.finish(ec2InstanceId, ending);
        await noteQuarantines(run);
        return;
      }
      if (update) run.queue.unshift(update);
      run.record('pause', { instance: ec2InstanceId, ...ending.steering });
      run.pauseInstance(ec2InstanceId, { ...ending.steering, since: new Date().toISOString() });
      run.withdraw(ec2InstanceId);
      await note(run, 'pause', { instance: ec2InstanceId, ...ending.steering });
      return;
    } catch (err) {
      if (isCancellation(err)) {
        finishAs(run, ec2InstanceId, {
          kind: 'rolled-back',
          reason: { code: 'cancelled', ...run.cancelled },
        });
        return;
      }
      if (!(err instanceof ChildWorkflowFailure)) throw err;
      const detail = err.cause?.message ?? err.message;
      const next = restores < maxRestores ? await restoreAfter(run, work) : 'no more';
      if (next === 'no more') {
        finishAs(run, ec2InstanceId, { kind: 'failed', reason: { code: 'workflow-ended', detail } });
        return;
      }
      if (next === 'taken') {
        await followOther(run, ec2InstanceId, instanceWorkflowId(run.input.cluster.name, ec2InstanceId));
        return;
      }
      child = next;
    }
  }
}

/** Starts to give back, under the same id, what a workflow that is no more may have left out of service. */
async function restoreAfter(run: ClusterRun, { instance, work }: Work): Promise<Child | 'taken'> {
  const { ec2InstanceId } = instance;
  const begun = run.inFlight.get(ec2InstanceId)?.since ?? run.startedAt;
  try {
    return await CancellationScope.nonCancellable(() =>
      startInstance(run, {
        instance,
        work:
          work.mode === 'restore' ? work : { mode: 'restore', since: begun, from: work.from, to: work.to },
        summary: `${ec2InstanceId}: give back`,
      }),
    );
  } catch (err) {
    if (err instanceof WorkflowExecutionAlreadyStartedError) return 'taken';
    throw err;
  }
}

const finishAs = (run: ClusterRun, ec2InstanceId: string, outcome: Outcome): void => {
  run.finish(ec2InstanceId, { outcome, phaseMs: {}, steering: [], stopsRollout: false });
};

/** Another run has the instance: it counts as out of service until that run's workflow has closed. */
async function followOther(run: ClusterRun, ec2InstanceId: string, workflowId: string): Promise<void> {
  try {
    await waiting(`the end of ${workflowId}`).waitForWorkflow({ workflowId, pace: run.input.settings.pace });
  } catch (err) {
    if (!(err instanceof ActivityFailure) && !wasCalledOff(err)) throw err;
    log.warn('cannot follow the workflow of another run', { workflowId, error: err });
  }
  finishAs(run, ec2InstanceId, { kind: 'skipped', reason: { code: 'handled-by-another-run', workflowId } });
}

/** Waits for the end of everything in flight and for the answers to operators, also while the rollout is being cancelled. */
export async function finishInFlight(run: ClusterRun): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    await Promise.all(run.following);
    await condition(allHandlersFinished);
  });
}
