import type { Client } from '@temporalio/client';
import { assembleRecord } from '../model/assemble-record.js';
import { clusterWorkflowId } from '../model/names.js';
import type { RolloutRecord } from '../model/rollout-record.js';
import type { RunFacts } from '../model/run-facts.js';
import type { ClusterStatus } from '../model/steering.js';
import { askThemselves, isUnanswered, noteEnds } from './children.js';
import { isNotFound } from './errors.js';
import { clusterStatus, lastRollout } from './rollouts.js';
import { readRun } from './run-facts.js';

/**
 * Reads everything that Temporal knows of one rollout of a cluster: of the newest, or of the one that `runId` belongs to, whichever of its runs
 * that is. Null: there is none within the server's retention. What only a worker could tell is missing where none works.
 */
export async function readRollout(
  client: Client,
  cluster: string,
  runId?: string,
): Promise<RolloutRecord | null> {
  const workflowId = clusterWorkflowId(cluster);
  const asked = runId ?? (await lastRollout(client, cluster))?.runId;
  const runs = asked === undefined ? null : await readChain(client, workflowId, asked);
  if (!runs) return null;
  const last = runs.at(-1) ?? runs[0];
  const gaps: string[] = [];
  const status = await statusOf(client, cluster, last, gaps);
  const children = runs.flatMap((run) => run.children);
  await noteEnds(client, children);
  const own = await askThemselves(client, children);
  return assembleRecord({ workflowId, runs, status, own, gaps });
}

/** All runs of the rollout that a run belongs to, in their order, as far as the server still has them; null: not even this one. */
async function readChain(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<[RunFacts, ...RunFacts[]] | null> {
  const named = await readIfThere(client, workflowId, runId);
  if (!named) return null;
  let [first, last] = [named, named];
  const before: RunFacts[] = [];
  const after: RunFacts[] = [];
  while (first.previousRunId) {
    const run = await readIfThere(client, workflowId, first.previousRunId);
    if (!run) break;
    before.unshift(run);
    first = run;
  }
  while (last.end.kind === 'continued') {
    const run = await readIfThere(client, workflowId, last.end.nextRunId);
    if (!run) break;
    after.push(run);
    last = run;
  }
  const [start = named, ...rest] = [...before, named, ...after];
  return [start, ...rest];
}

const readIfThere = (client: Client, workflowId: string, runId: string): Promise<RunFacts | null> =>
  readRun(client, workflowId, runId).catch((err: unknown) => {
    if (isNotFound(err)) return null;
    throw err;
  });

/** What the last run says of itself; null, and a gap: nobody could answer for it. */
async function statusOf(
  client: Client,
  cluster: string,
  { runId, end }: RunFacts,
  gaps: string[],
): Promise<ClusterStatus | null> {
  try {
    return await clusterStatus(client, cluster, runId);
  } catch (err) {
    if (!(err instanceof Error) || !isUnanswered(err)) throw err;
    const missing =
      end.kind === 'completed'
        ? 'The Availability Zones of instances that were not touched'
        : 'What was planned, and instances that were not touched,';
    gaps.push(`${missing} are missing, as the rollout could not be asked: ${err.message}`);
    return null;
  }
}
