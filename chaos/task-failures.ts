import { WorkflowNotFoundError } from '@temporalio/client';
import { clusterWorkflowId } from '../src/model/names.js';
import type { Site } from './site.js';

/** A task that would have closed its workflow is done again if something came meanwhile: temporal.api.enums.v1.WorkflowTaskFailedCause. */
const unhandledCommand = 1;

/** Workflow tasks of a cluster that failed, in all runs of all its workflows: code that is not deterministic, or that threw what it should not. */
export async function taskFailures(site: Site, cluster: string): Promise<string[]> {
  const found: string[] = [];
  for (const { workflowId, runId } of await executions(site, clusterWorkflowId(cluster))) {
    const events = await eventsOf(site, workflowId, runId);
    for (const { workflowTaskFailedEventAttributes: failed } of events) {
      if (failed && Number(failed.cause) !== unhandledCommand)
        found.push(`a task of ${workflowId} failed: ${failed.failure?.message ?? '?'}`);
    }
  }
  return found;
}

/** Every run of the cluster's workflow and of those named after it. */
async function executions(site: Site, id: string): Promise<{ workflowId: string; runId: string }[]> {
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

async function eventsOf(site: Site, workflowId: string, runId: string) {
  try {
    const { events } = await site.ask(() => site.client.workflow.getHandle(workflowId, runId).fetchHistory());
    return events ?? [];
  } catch (err) {
    if (err instanceof WorkflowNotFoundError) return [];
    throw err;
  }
}
