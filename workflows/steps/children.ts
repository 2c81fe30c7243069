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
import type { InstanceInput, PendingUpdate } from '../../src/model/steering.js';
import type { ClusterRun } from '../cluster-run.js';
import { wasCalledOff } from '../limits.js';
import { waiting } from '../proxies.js';
import type { updateInstance } from '../update-instance.js';

type Child = ChildWorkflowHandle<typeof updateInstance>;

/** Starts the update of an instance and follows it to its end. */
export async function startUpdate(run: ClusterRun, update: PendingUpdate): Promise<void> {
  const { from, to, found, checkedAt } = update;
  run.queue = run.queue.filter((other) => other !== update);
  run.started += 1;
  run.begin(update.instance, update);
  await startAndFollow(run, update, {
    instance: update.instance,
    work: { mode: 'update', from, to, found, checkedAt },
    summary: `${update.instance.ec2InstanceId}: ${from} to ${to}`,
  });
}

/** Starts to give back an instance that an interrupted rollout of ours left. */
export async function startRestore(run: ClusterRun, instance: Instance): Promise<void> {
  const { ec2InstanceId, containerInstanceArn, availabilityZone, mark } = instance;
  run.begin(instance, null);
  await startAndFollow(run, null, {
    instance: { ec2InstanceId, containerInstanceArn, availabilityZone },
    work: { mode: 'restore', since: mark?.since || run.startedAt },
    summary: `${ec2InstanceId}: give back`,
  });
}

async function startAndFollow(
  run: ClusterRun,
  update: PendingUpdate | null,
  { summary, ...what }: Pick<InstanceInput, 'instance' | 'work'> & { summary: string },
): Promise<void> {
  const { cluster, documents, settings } = run.input;
  const { limits, pace, afterFailedReboot, installation } = settings;
  const { ec2InstanceId } = what.instance;
  const workflowId = instanceWorkflowId(cluster.name, ec2InstanceId);
  const input: InstanceInput = {
    cluster,
    rolloutId: run.rolloutId,
    documents,
    settings: { limits, pace, afterFailedReboot, installation },
    ...what,
  };
  try {
    const child = await startChild<typeof updateInstance>('updateInstance', {
      workflowId,
      args: [input],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: summary,
    });
    run.following.push(follow(run, update, ec2InstanceId, child));
  } catch (err) {
    if (err instanceof WorkflowExecutionAlreadyStartedError) {
      run.following.push(followOther(run, ec2InstanceId, workflowId));
      return;
    }
    if (update && isCancellation(err)) run.queue.unshift(update);
    run.withdraw(ec2InstanceId);
    throw err;
  }
}

async function follow(
  run: ClusterRun,
  update: PendingUpdate | null,
  ec2InstanceId: string,
  child: Child,
): Promise<void> {
  try {
    const ending = await child.result();
    if (ending.kind === 'ended') {
      run.finish(ec2InstanceId, ending);
      return;
    }
    if (update) run.queue.unshift(update);
    run.pausedInstances.set(ec2InstanceId, { ...ending.steering, since: new Date().toISOString() });
    run.withdraw(ec2InstanceId);
  } catch (err) {
    if (!(err instanceof ChildWorkflowFailure) && !isCancellation(err)) throw err;
    run.finish(ec2InstanceId, {
      outcome: isCancellation(err)
        ? { kind: 'rolled-back', reason: { code: 'cancelled' } }
        : { kind: 'failed', reason: { code: 'workflow-ended', detail: detailOf(err) } },
      phaseMs: {},
      stopsRollout: false,
    });
  }
}

const detailOf = (err: unknown): string =>
  err instanceof ChildWorkflowFailure ? (err.cause?.message ?? err.message) : String(err);

/** Another run has the instance: it counts as out of service until that run's workflow has closed. */
async function followOther(run: ClusterRun, ec2InstanceId: string, workflowId: string): Promise<void> {
  try {
    await waiting.waitForWorkflow({ workflowId, pace: run.input.settings.pace });
  } catch (err) {
    if (!(err instanceof ActivityFailure) && !wasCalledOff(err)) throw err;
    log.warn('cannot follow the workflow of another run', { workflowId, error: err });
  }
  run.finish(ec2InstanceId, {
    outcome: { kind: 'skipped', reason: { code: 'handled-by-another-run', workflowId } },
    phaseMs: {},
    stopsRollout: false,
  });
}

/** Waits for the end of everything in flight and for the answers to operators, also while the rollout is being cancelled. */
export async function finishInFlight(run: ClusterRun): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    await Promise.all(run.following);
    await condition(allHandlersFinished);
  });
}
