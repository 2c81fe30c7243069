/**
 * What a rollout would do now: looks at every instance and asks every host, as `updateCluster` does, and touches none. The only thing
 * that it sends is the check command.
 */
import { isHeld, isOurs } from '../src/model/ownership.js';
import type { RolloutPlan } from '../src/model/report.js';
import type { RolloutInput } from '../src/model/steering.js';
import { ClusterRun } from './cluster-run.js';
import { beginning } from './proxies.js';
import { discover, plan } from './steps/plan-rollout.js';

export async function planCluster(input: RolloutInput): Promise<RolloutPlan> {
  const { cluster, documents, settings } = input;
  const { quarantined } = await beginning(settings.limits.prerequisitesMs).checkPrerequisites({
    cluster,
    documents,
    looksOnly: true,
  });
  const run = new ClusterRun(input, undefined);
  await discover(run);
  run.heedFallbacks(quarantined);
  await plan(run);
  for (const { ec2InstanceId, status, mark } of run.instances.values()) {
    const isLeft = isOurs(mark, settings.installation) && !isHeld({ status, mark }, settings.installation);
    if (mark && isLeft && !run.ghosts.has(ec2InstanceId)) {
      run.settle(ec2InstanceId, { kind: 'skipped', reason: { code: 'left-behind', since: mark.since } });
    }
  }
  const { results, zones } = run.status;
  return {
    cluster: cluster.name,
    updates: run.queue.map(({ instance, from, to, found }) => ({
      ec2InstanceId: instance.ec2InstanceId,
      from,
      to,
      found,
    })),
    groups: results,
    zones,
  };
}
