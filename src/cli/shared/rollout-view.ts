import type { Client } from '@temporalio/client';
import { explainStop } from '../../model/explain.js';
import { countResults } from '../../model/report.js';
import type { ClusterStatus, InstanceStatus } from '../../model/steering.js';
import { clusterStatus, instanceStatus } from '../../temporal/rollouts.js';
import { pauseSentence, type Row, statusRows } from './rows.js';

/** A rollout as people read it. */
export interface RolloutView {
  status: ClusterStatus;
  rows: Row[];
  headline: string;
}

/** Asks a cluster's rollout, and each instance in flight for its phase. */
export async function viewRollout(client: Client, cluster: string): Promise<RolloutView> {
  const status = await clusterStatus(client, cluster);
  const phases = new Map<string, InstanceStatus>();
  await Promise.all(
    status.inFlight.map(async ({ ec2InstanceId, workflowId }) => {
      const own = await instanceStatus(client, workflowId);
      if (own) phases.set(ec2InstanceId, own);
    }),
  );
  return { status, rows: statusRows(status, phases), headline: headline(status) };
}

/** One line on the whole rollout. */
function headline(status: ClusterStatus): string {
  const { cluster, stage, inFlight, queued, results, paused, stopped, startedAt } = status;
  const counts = Object.entries(countResults(results))
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`);
  const work = [
    ...(inFlight.length > 0 ? [`${inFlight.length} in flight`] : []),
    ...(queued.length > 0 ? [`${queued.length} queued`] : []),
    ...counts,
  ];
  const words = stage === 'checking' ? ['asking the hosts'] : work;
  const halted = stopped
    ? `; starts nothing new: ${explainStop(stopped)}`
    : paused
      ? `; ${pauseSentence(paused)}`
      : '';
  return `${cluster.name}: rollout of ${startedAt} ${stage === 'finished' ? 'ended' : 'runs'}: ${words.join(', ') || 'no instances'}${halted}`;
}
