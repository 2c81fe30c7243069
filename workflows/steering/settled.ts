import { explainResult } from '../../src/model/explain.js';
import type { ClusterRun } from '../cluster-run.js';

/** Why steering this instance would change nothing any more in this rollout; null: it may. */
export function settled(run: ClusterRun, ec2InstanceId: string): string | null {
  const result = run.resultOf(ec2InstanceId);
  if (result) return `${ec2InstanceId} is settled in this rollout: ${explainResult(result)}`;
  return run.stage === 'checking' || run.instances.has(ec2InstanceId)
    ? null
    : `${ec2InstanceId} is not an instance of ${run.input.cluster.name}.`;
}
