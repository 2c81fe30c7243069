import {
  type Client,
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
} from '@temporalio/client';
import { fewOf } from '../model/few-at-once.js';
import type { ChildEnding, ChildFacts } from '../model/run-facts.js';
import type { InstanceStatus } from '../model/steering.js';
import { isNotFound } from './errors.js';
import { instanceStatus, NoWorker, workerIsPolling } from './rollouts.js';
import { endingFrom } from './run-facts.js';

/** Workflows of instances that are asked at the same time. */
const askedAtOnce = 10;

/** Whether a workflow could not be asked, which says nothing of it. */
export const isUnanswered = (err: Error): boolean =>
  err instanceof NoWorker ||
  err instanceof QueryNotRegisteredError ||
  err instanceof QueryRejectedError ||
  isGrpcServiceError(err);

/** Finds out how those ended of which that is not known, as when their rollout was terminated and they were left to themselves. */
export async function noteEnds(client: Client, children: readonly ChildFacts[]): Promise<void> {
  const open = children.filter(({ ending }) => ending === null);
  await fewOf(askedAtOnce, open, (child) => noteEnd(client, child));
}

async function noteEnd(client: Client, child: ChildFacts): Promise<void> {
  const handle = client.workflow.getHandle(child.workflowId, child.runId);
  const description = await handle.describe().catch(nullIfNotFound);
  if (!description?.closeTime) return;
  child.endedAt = description.closeTime.toISOString();
  const how = broken[description.status.name];
  child.ending = how
    ? { kind: 'broke-off', how, detail: '' }
    : endingFrom(await handle.result().catch(nullIfNotFound));
}

function nullIfNotFound(err: unknown): null {
  if (isNotFound(err)) return null;
  throw err;
}

const broken: Partial<Record<string, Extract<ChildEnding, { kind: 'broke-off' }>['how']>> = {
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

/** Asks those in flight, and those that said nothing at their end, in which phases they were; by the ids of their runs. */
export async function askThemselves(
  client: Client,
  children: readonly ChildFacts[],
): Promise<Map<string, InstanceStatus>> {
  const answers = new Map<string, InstanceStatus>();
  const silent = children.filter(({ ending }) => ending === null || ending.kind === 'broke-off');
  if (silent.length === 0 || !(await workerIsPolling(client))) return answers;
  await fewOf(askedAtOnce, silent, async ({ workflowId, runId }) => {
    const answer = await instanceStatus(client, workflowId, runId).catch((err: unknown) => {
      // Its bar says then that nobody knows.
      if (err instanceof Error && isUnanswered(err)) return null;
      throw err;
    });
    if (answer) answers.set(runId, answer);
  });
  return answers;
}
