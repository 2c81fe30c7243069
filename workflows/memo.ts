/**
 * Brings memos up to date. Only of workflows that were started with one: what a test, an operator or a release before started without goes on
 * without, and its history replays.
 */
import { upsertMemo, workflowInfo } from '@temporalio/workflow';
import { planMemo } from '../src/model/memo.js';
import type { ClusterRun } from './cluster-run.js';

/** Notes what a rollout has planned. One event. */
export function notePlan(run: ClusterRun): void {
  if (workflowInfo().memo?.['clusterArn'] === undefined) return;
  upsertMemo({ plan: planMemo(run.instances.size, run.queue) });
}

/** Notes the versions of an instance's update where they are others than it began with. One event. */
export function noteVersions(from: string | null, to: string): void {
  const { memo } = workflowInfo();
  if (memo?.['to'] === undefined || (memo['from'] === from && memo['to'] === to)) return;
  upsertMemo({ from, to });
}
