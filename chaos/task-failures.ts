import { WorkflowNotFoundError } from '@temporalio/client';
import { clusterWorkflowId } from '../src/model/names.js';
import type { Site } from './site.js';

/**
 * What is nobody's fault, of temporal.api.enums.v1.WorkflowTaskFailedCause: UNHANDLED_COMMAND, a task that would have closed its workflow is done
 * again if something came meanwhile; FORCE_CLOSE_COMMAND, the workflow was terminated in the middle of a task.
 */
const blameless: ReadonlySet<number> = new Set([1, 17]);

/** What the SDK says of a task that took its code more than 5 s by the clock, as where its worker was frozen in the middle of it. */
const tookTooLong = /^Script execution timed out/;

/** Where workflows are looked for, and who worked there. */
type Suspects = Pick<Site, 'ask' | 'client'> & { crew: Pick<Site['crew'], 'wasFrozen'> };

/** Workflow tasks of a cluster that failed, in all runs of all its workflows: code that is not deterministic, or that threw what it should not. */
export async function taskFailures(site: Suspects, cluster: string): Promise<string[]> {
  const found: string[] = [];
  for (const { workflowId, runId } of await executions(site, clusterWorkflowId(cluster))) {
    const events = await eventsOf(site, workflowId, runId);
    for (const { workflowTaskFailedEventAttributes: failed } of events) {
      if (!failed || blameless.has(Number(failed.cause))) continue;
      const overslept =
        tookTooLong.test(failed.failure?.message ?? '') && site.crew.wasFrozen(failed.identity ?? '');
      if (!overslept)
        found.push(
          `a task of ${workflowId} failed (cause ${failed.cause}): ${failed.failure?.message ?? 'no message'}`,
        );
    }
  }
  return found;
}

/** Every run of the cluster's workflow and of those named after it. */
async function executions(
  site: Pick<Site, 'ask' | 'client'>,
  id: string,
): Promise<{ workflowId: string; runId: string }[]> {
  return site.ask(async () => {
    const found: { workflowId: string; runId: string }[] = [];
    for await (const { workflowId, runId } of site.client.workflow.list({
      query: `WorkflowId STARTS_WITH "${id}"`,
    })) {
      // `run-1-2` begins `run-1-20` too.
      if (workflowId === id || /^[/:]/.test(workflowId.slice(id.length))) found.push({ workflowId, runId });
    }
    return found;
  });
}

async function eventsOf(site: Pick<Site, 'ask' | 'client'>, workflowId: string, runId: string) {
  try {
    const { events } = await site.ask(() => site.client.workflow.getHandle(workflowId, runId).fetchHistory());
    return events ?? [];
  } catch (err) {
    if (err instanceof WorkflowNotFoundError) return [];
    throw err;
  }
}
