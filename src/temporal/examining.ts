import type { Client } from '@temporalio/client';
import type { ExaminationInput, Finding } from '../model/examination.js';
import { clusterWorkflowId, taskQueue } from '../model/names.js';
import { orFailed } from './rollouts.js';

/**
 * Has a worker look, with its own permissions, at what a cluster's rollouts need; at most `limitMs` milliseconds. Throws `RolloutFailed`, as where
 * the worker is of a release that does not know this.
 */
export const examineByWorker = (
  client: Client,
  input: ExaminationInput,
  limitMs: number,
): Promise<Finding[]> =>
  orFailed(`the examination of ${input.cluster.name}`, () =>
    client.workflow.execute<(input: ExaminationInput) => Promise<Finding[]>>('examineCluster', {
      taskQueue,
      workflowId: `${clusterWorkflowId(input.cluster.name)}:doctor`,
      workflowIdConflictPolicy: 'TERMINATE_EXISTING',
      workflowExecutionTimeout: limitMs,
      args: [input],
      staticSummary: `Examine ${input.cluster.name}`,
    }),
  );
