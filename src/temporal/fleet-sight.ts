import type { Client } from '@temporalio/client';
import type { ClusterSight } from '../model/fleet-gauges.js';
import { clusterWorkflowId, scheduleId } from '../model/names.js';
import type { RolloutReport } from '../model/report.js';
import { type ClusterStatus, type InstanceStatus, statusQueryName } from '../model/steering.js';
import { instanceStatus, lastRollout } from './rollouts.js';

/** More instances in flight than these, the longest in flight first, are not asked: a rollout of thousands must not be disturbed for its metrics. */
const mostAsked = 100;

/** A cluster that has a Schedule. */
export interface ScheduledCluster {
  cluster: string;
  schedulePaused: boolean;
}

/** The clusters that have a Schedule of ours. */
export async function scheduledClusters(client: Client): Promise<ScheduledCluster[]> {
  const prefix = scheduleId('');
  const found: ScheduledCluster[] = [];
  for await (const { scheduleId: id, state } of client.schedule.list({ pageSize: 1000 })) {
    if (id.startsWith(prefix)) found.push({ cluster: id.slice(prefix.length), schedulePaused: state.paused });
  }
  return found;
}

/** Reads what Temporal knows of clusters; a report is read once. */
export class FleetSight {
  /** The newest report of a cluster, and the run after which it was the newest. */
  readonly #reports = new Map<string, { runId: string; report: RolloutReport | null }>();

  constructor(private readonly client: Client) {}

  /** Looks at one cluster. Needs a worker while a rollout runs. */
  async of({ cluster, schedulePaused }: ScheduledCluster): Promise<ClusterSight> {
    const rollout = await lastRollout(this.client, cluster);
    const running = rollout?.running ? await this.#ask(cluster) : null;
    const isTelling = running !== null && running.stage !== 'checking';
    return {
      cluster,
      schedulePaused,
      rollout: rollout && {
        status: rollout.status,
        startedAt: running?.startedAt ?? rollout.startedAt.toISOString(),
      },
      running,
      inFlight: isTelling ? await this.#askInFlight(running) : new Map(),
      report: rollout && (await this.#reportBefore(cluster, rollout.runId, rollout.status)),
    };
  }

  /** Forgets clusters that are not there any more. */
  keepOnly(clusters: ReadonlySet<string>): void {
    for (const cluster of this.#reports.keys()) if (!clusters.has(cluster)) this.#reports.delete(cluster);
  }

  async #ask(cluster: string): Promise<ClusterStatus> {
    return this.client.workflow.getHandle(clusterWorkflowId(cluster)).query<ClusterStatus>(statusQueryName);
  }

  async #askInFlight(running: ClusterStatus): Promise<Map<string, InstanceStatus>> {
    const asked = running.inFlight.toSorted((a, b) => (a.since < b.since ? -1 : 1)).slice(0, mostAsked);
    const answers = new Map<string, InstanceStatus>();
    for (const { ec2InstanceId, workflowId } of asked) {
      const answer = await instanceStatus(this.client, workflowId);
      if (answer) answers.set(ec2InstanceId, answer);
    }
    return answers;
  }

  /** The report of the newest rollout, or of the last one before it that gave one. */
  async #reportBefore(cluster: string, runId: string, status: string): Promise<RolloutReport | null> {
    const known = this.#reports.get(cluster);
    // A run that has ended keeps its id.
    const key = `${runId} ${status}`;
    if (known?.runId === key) return known.report;
    const reported = status === 'COMPLETED' ? runId : await this.#lastCompleted(cluster);
    const report =
      reported === null
        ? null
        : await this.client.workflow.result<() => Promise<RolloutReport>>(
            clusterWorkflowId(cluster),
            reported,
            { followRuns: false },
          );
    this.#reports.set(cluster, { runId: key, report });
    return report;
  }

  async #lastCompleted(cluster: string): Promise<string | null> {
    const id = clusterWorkflowId(cluster).replaceAll("'", "''");
    const query = `WorkflowId = '${id}' AND ExecutionStatus = 'Completed'`;
    for await (const { runId } of this.client.workflow.list({ query, pageSize: 1 })) return runId;
    return null;
  }
}
