import { type Client, WorkflowFailedError, type WorkflowExecutionInfo } from '@temporalio/client';
import { rootCause, TerminatedFailure } from '@temporalio/common';
import { brokeOff, instanceRecords } from '../model/assemble-record.js';
import type { PastDurations } from '../model/estimate.js';
import { fewOf } from '../model/few-at-once.js';
import { clusterWorkflowId, instanceWorkflowId } from '../model/names.js';
import { countResults, type RolloutReport } from '../model/report.js';
import type { InstanceRecord, RolloutState } from '../model/rollout-record.js';
import type { ChildFacts } from '../model/run-facts.js';
import type { ClusterStatus } from '../model/steering.js';
import { askThemselves, noteEnds } from './children.js';
import { serverError } from './errors.js';
import { clusterStatus, NoWorker } from './rollouts.js';

/** A rollout of a cluster, in a list of them. */
export interface PastRollout {
  rolloutId: string;
  /** Runs of its workflow in their order, as far as the server still has them. */
  runIds: string[];
  state: RolloutState;
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601; null: it runs. */
  endedAt: string | null;
  /** Null: it gave no report, and nobody can be asked. */
  report: Pick<RolloutReport, 'counts' | 'groups' | 'stopped' | 'failures' | 'phases' | 'steering'> | null;
  /** What the server says of one that broke off. */
  brokeOff: string | null;
}

/** Reports are read so many at the same time. */
const readAtOnce = 5;

/**
 * The newest rollouts of a cluster, the one that runs and those that are over, the newest first: at most `most`, within the server's retention.
 * Only attributes that every server has are asked for.
 */
export async function pastRollouts(client: Client, cluster: string, most: number): Promise<PastRollout[]> {
  const workflowId = clusterWorkflowId(cluster);
  const runs: WorkflowExecutionInfo[] = [];
  let rollouts = 0;
  for await (const run of runsOf(client, workflowId)) {
    // Runs of one workflow id follow each other: where one rollout too many is met, all of the others were listed.
    if (run.status.name !== 'CONTINUED_AS_NEW') rollouts += 1;
    if (rollouts > most) break;
    runs.push(run);
  }
  const chains = chainsOf(runs).slice(-most);
  return fewOf(readAtOnce, chains.toReversed(), (chain) => toRollout(client, cluster, chain));
}

/** Reports of the newest rollouts of a cluster that have ended with one, the newest first: at most `most`, within the server's retention. */
export async function pastReports(client: Client, cluster: string, most: number): Promise<RolloutReport[]> {
  const workflowId = clusterWorkflowId(cluster);
  const reports: RolloutReport[] = [];
  for await (const { runId, status } of runsOf(client, workflowId)) {
    if (status.name === 'COMPLETED') reports.push(await reportOf(client, workflowId, runId));
    if (reports.length >= most) break;
  }
  return reports;
}

/** Past rollouts from which times are estimated. */
const mostPast = 5;

/** How long updates took in the newest rollouts of a cluster that are over; none where past rollouts may not be read. */
export function pastDurations(client: Client, cluster: string): Promise<PastDurations[]> {
  return pastReports(client, cluster, mostPast).catch((err: unknown) => {
    if (serverError(err)) return [];
    throw err;
  });
}

/** What happened to one instance in a rollout. */
export interface InstanceInRollout extends InstanceRecord {
  rollout: Pick<PastRollout, 'rolloutId' | 'state' | 'startedAt' | 'endedAt'>;
}

/** What happened to an instance in the newest rollouts of its cluster, the newest first; in some it may not have been there. */
export async function instanceHistory(
  client: Client,
  cluster: string,
  ec2InstanceId: string,
  most: number,
): Promise<InstanceInRollout[]> {
  const rollouts = await pastRollouts(client, cluster, most);
  const since = rollouts.at(-1)?.startedAt ?? '';
  const works: ChildFacts[] = [];
  for await (const run of runsOf(client, instanceWorkflowId(cluster, ec2InstanceId))) {
    if (run.startTime.toISOString() >= since) works.push(toChild(run, ec2InstanceId));
  }
  await noteEnds(client, works);
  const own = await askThemselves(client, works);
  const isOn = (id: string): boolean => id === ec2InstanceId;
  return rollouts.flatMap(({ rolloutId, state, startedAt, endedAt, report }) => {
    const isIn = (work: ChildFacts): boolean =>
      work.startedAt >= startedAt && (endedAt === null || work.startedAt <= endedAt);
    const groups = (report?.groups ?? [])
      .filter(({ ec2InstanceIds }) => ec2InstanceIds.some(isOn))
      .map((group) => ({ ...group, ec2InstanceIds: [ec2InstanceId] }));
    const children = works.filter(isIn).toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
    const isRunning = state === 'running';
    return instanceRecords({ cluster, children, groups, own, isRunning, status: null }).map((record) => ({
      rollout: { rolloutId, state, startedAt, endedAt },
      ...record,
    }));
  });
}

/** Runs under a workflow id, the newest first. */
const runsOf = (client: Client, workflowId: string): AsyncIterable<WorkflowExecutionInfo> =>
  client.workflow.list({ query: `WorkflowId = ${JSON.stringify(workflowId)}`, pageSize: 200 });

/** Runs that continued each other belong together; the oldest first. */
function chainsOf(
  runs: readonly WorkflowExecutionInfo[],
): [WorkflowExecutionInfo, ...WorkflowExecutionInfo[]][] {
  const chains: [WorkflowExecutionInfo, ...WorkflowExecutionInfo[]][] = [];
  let goesOn = false;
  for (const run of runs.toSorted((a, b) => a.startTime.getTime() - b.startTime.getTime())) {
    if (goesOn) chains.at(-1)?.push(run);
    else chains.push([run]);
    goesOn = run.status.name === 'CONTINUED_AS_NEW';
  }
  return chains;
}

const states: Partial<Record<string, RolloutState>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

async function toRollout(
  client: Client,
  cluster: string,
  chain: [WorkflowExecutionInfo, ...WorkflowExecutionInfo[]],
): Promise<PastRollout> {
  const [first] = chain;
  const last = chain.at(-1) ?? first;
  const state = states[last.status.name] ?? 'running';
  const plain = {
    rolloutId: first.runId,
    runIds: chain.map(({ runId }) => runId),
    state,
    startedAt: first.startTime.toISOString(),
    endedAt: last.closeTime?.toISOString() ?? null,
    brokeOff: null,
  };
  if (state === 'completed') {
    const report = await reportOf(client, last.workflowId, last.runId);
    const { rolloutId, startedAt } = report;
    return { ...plain, rolloutId, startedAt, report };
  }
  const status = await statusOf(client, cluster, last.runId);
  return {
    ...plain,
    ...(status && { rolloutId: status.rolloutId, startedAt: status.startedAt }),
    report: status && { ...status, groups: status.results, counts: countResults(status.results) },
    brokeOff: state === 'running' ? null : brokeOff(state, await detailOf(client, last)),
  };
}

/** That run's own: a newer one has the same id. */
const reportOf = (client: Client, workflowId: string, runId: string): Promise<RolloutReport> =>
  client.workflow.result<() => Promise<RolloutReport>>(workflowId, runId, { followRuns: false });

/** What a rollout without a report says of itself; null: nobody works who could answer for it. */
async function statusOf(client: Client, cluster: string, runId: string): Promise<ClusterStatus | null> {
  return clusterStatus(client, cluster, runId).catch((err: unknown) => {
    if (err instanceof NoWorker) return null;
    throw err;
  });
}

async function detailOf(client: Client, { workflowId, runId }: WorkflowExecutionInfo): Promise<string> {
  try {
    await client.workflow.result(workflowId, runId, { followRuns: false });
    return '';
  } catch (err) {
    if (!(err instanceof WorkflowFailedError)) throw err;
    const { cause } = err;
    if (cause instanceof TerminatedFailure) return cause.message;
    return cause === undefined ? err.message : (rootCause(cause) ?? cause.message);
  }
}

const toChild = (
  { workflowId, runId, startTime }: WorkflowExecutionInfo,
  ec2InstanceId: string,
): ChildFacts => ({
  ec2InstanceId,
  zone: null,
  workflowId,
  runId,
  updates: true,
  from: null,
  to: null,
  startedAt: startTime.toISOString(),
  endedAt: null,
  ending: null,
});
