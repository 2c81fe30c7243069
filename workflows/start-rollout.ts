/**
 * The Schedule's action: starts the cluster's rollout under its fixed id, which Schedules cannot give, and waits for it. If one is
 * running already, it says so and ends. A cancel is passed on to the rollout.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { clusterWorkflowId } from '../src/model/names.js';
import type { RolloutReport } from '../src/model/report.js';
import type { RolloutInput } from '../src/model/steering.js';
import { rolloutMemo } from '../src/model/memo.js';
import { foundBy } from './search-attributes.js';
import { updateCluster } from './update-cluster.js';

/** What became of a start. */
export type StartResult =
  | { kind: 'finished'; report: RolloutReport }
  | { kind: 'already-running'; workflowId: string };

export async function startRollout(input: RolloutInput): Promise<StartResult> {
  const workflowId = clusterWorkflowId(input.cluster.name);
  try {
    const rollout = await startChild(updateCluster, {
      workflowId,
      args: [input],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `Update ${input.cluster.name}`,
      ...foundBy(input),
      memo: rolloutMemo(input),
    });
    return { kind: 'finished', report: await rollout.result() };
  } catch (err) {
    if (err instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'already-running', workflowId };
    throw err;
  }
}
