import type { Client } from '@temporalio/client';
import type { PastDurations, RangeMs } from '../model/estimate.js';
import { explainPause, explainStop } from '../model/explain.js';
import { fewOf } from '../model/few-at-once.js';
import { type Progress, progressOf } from '../model/progress.js';
import { countResults } from '../model/report.js';
import { type Row, statusRows } from '../model/rows.js';
import { byTime } from '../model/steering-record.js';
import type { ClusterStatus, InstanceStatus } from '../model/steering.js';
import { timeLeft } from '../model/time-left.js';
import { clusterStatus, instanceStatus, type Rollout } from './rollouts.js';

/** A rollout as people read it. */
export interface RolloutView {
  running: boolean;
  status: ClusterStatus;
  rows: Row[];
  /** What the workflows of instances in flight say of themselves, by instance. */
  inFlight: ReadonlyMap<string, InstanceStatus>;
  /** How far it is; null: nobody knows yet, or it has ended. */
  progress: Progress | null;
  /** How long it will still take; null: that cannot be known. */
  leftMs: RangeMs | null;
  headline: string;
}

/** Workflows of instances that are asked at the same time. */
const askedAtOnce = 20;

/** Asks a cluster's rollout, and each instance in flight for its phase. `past` says how long updates took in earlier rollouts. */
export async function viewRollout(
  client: Client,
  cluster: string,
  { running }: Pick<Rollout, 'running'>,
  past: readonly PastDurations[] = [],
): Promise<RolloutView> {
  const told = await clusterStatus(client, cluster);
  const status = { ...told, steering: byTime(told.steering) };
  const phases = new Map<string, InstanceStatus>();
  await fewOf(askedAtOnce, status.inFlight, async ({ ec2InstanceId, workflowId }) => {
    const own = await instanceStatus(client, workflowId);
    if (own) phases.set(ec2InstanceId, own);
  });
  return {
    running,
    status,
    rows: statusRows(status, phases),
    inFlight: phases,
    progress: running ? progressOf(status) : null,
    leftMs: running ? timeLeft(status, past, Date.now()) : null,
    headline: headline(status, running),
  };
}

/** One line on the whole rollout. */
function headline(status: ClusterStatus, running: boolean): string {
  const { cluster, stage, inFlight, queued, results, paused, stopped, startedAt } = status;
  const waiting = queued.filter(({ skipped }) => skipped === null).length;
  const counts = Object.entries(countResults(results))
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`);
  const work = [
    ...(inFlight.length > 0 ? [`${inFlight.length} in flight`] : []),
    ...(waiting > 0 ? [`${waiting} queued`] : []),
    ...(queued.length > waiting ? [`${queued.length - waiting} to be skipped`] : []),
    ...counts,
  ];
  const words = stage === 'checking' ? ['asking the hosts'] : work;
  const halted = stopped
    ? `; starts nothing new: ${explainStop(stopped)}`
    : paused
      ? `; ${explainPause(paused)}`
      : '';
  const state = running ? 'runs' : stage === 'finished' ? 'ended' : 'broke off';
  return `${cluster.name}: rollout of ${startedAt} ${state}: ${words.join(', ') || 'no instances'}${halted}`;
}
