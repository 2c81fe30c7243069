import type { Client } from '@temporalio/client';
import { clusterWorkflowId } from '../model/names.js';
import type { RolloutReport } from '../model/report.js';

/** Reports of the newest rollouts of a cluster that have ended with one, the newest first: at most `most`, within the server's retention. */
export async function pastReports(client: Client, cluster: string, most: number): Promise<RolloutReport[]> {
  const workflowId = clusterWorkflowId(cluster);
  const query = `WorkflowId = ${JSON.stringify(workflowId)} AND ExecutionStatus = "Completed"`;
  const reports: RolloutReport[] = [];
  for await (const { runId } of client.workflow.list({ query, pageSize: most })) {
    // That run's own: a newer one has the same id.
    const handle = client.workflow.getHandle<() => Promise<RolloutReport>>(workflowId, runId, {
      followRuns: false,
    });
    reports.push(await handle.result());
    if (reports.length >= most) break;
  }
  return reports;
}
