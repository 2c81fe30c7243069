/**
 * What a rollout would do now: looks at every instance and asks every host, as `updateCluster` does, and touches none. The only thing
 * that it sends is the check command.
 */
import { isHeld, isOurs } from '../src/model/ownership.js';
import type { ReasonCode } from '../src/model/reason.js';
import type { Capacity, ResultGroup, RolloutPlan } from '../src/model/report.js';
import type { Risks } from '../src/model/risk.js';
import { allowedUnavailable } from '../src/model/settings.js';
import type { RolloutInput } from '../src/model/steering.js';
import { ClusterRun } from './cluster-run.js';
import { beginning, reading } from './proxies.js';
import { discover, plan } from './steps/plan-rollout.js';

export async function planCluster(input: RolloutInput): Promise<RolloutPlan> {
  const { cluster, documents, settings } = input;
  const { quarantined } = await beginning(settings.limits.prerequisitesMs)(
    'may a rollout begin?',
  ).checkPrerequisites({
    cluster,
    documents,
    looksOnly: true,
  });
  const run = new ClusterRun(input, undefined);
  await discover(run);
  run.heedOrders();
  run.heedFallbacks(quarantined);
  await plan(run);
  run.settleSkipped();
  for (const { ec2InstanceId, status, mark } of run.instances.values()) {
    const isLeft = isOurs(mark, settings.installation) && !isHeld({ status, mark }, settings.installation);
    if (mark && isLeft && !run.ghosts.has(ec2InstanceId)) {
      run.settle(ec2InstanceId, { kind: 'skipped', reason: { code: 'left-behind', since: mark.since } });
    }
  }
  const { results, zones } = run.status;
  const capacity = capacityOf(run);
  return {
    cluster: cluster.name,
    updates: run.queue.map(({ instance, from, to, found }) => ({
      ec2InstanceId: instance.ec2InstanceId,
      from,
      to,
      found,
      ...(run.pausedInstances.has(instance.ec2InstanceId) && {
        paused: run.pausedInstances.get(instance.ec2InstanceId),
      }),
    })),
    groups: results,
    zones,
    risks: await findRisks(run, results, capacity),
    capacity,
  };
}

/** Who is out of service now, as discovery saw it; what EC2 has ended will not come back, so it does not count. */
function capacityOf(run: ClusterRun): Capacity {
  const there = [...run.instances.values()].filter(({ ec2InstanceId }) => !run.ghosts.has(ec2InstanceId));
  const away = there.filter(
    ({ ec2InstanceId, status }) => status === 'DRAINING' || run.disconnected.has(ec2InstanceId),
  );
  return {
    outOfService: away.length,
    allowed: allowedUnavailable(run.input.settings.maxUnavailable, there.length),
  };
}

/** Reasons that lie in what runs on a host that has an update. */
const ofWorkloads: readonly string[] = [
  'standalone-task',
  'protected-task',
  'cannot-drain',
] satisfies ReasonCode[];

/** What the rollout may do to services and tasks, also on hosts that it leaves alone for their sake. */
async function findRisks(run: ClusterRun, results: ResultGroup[], { allowed }: Capacity): Promise<Risks> {
  const targets = run.queue.map(({ instance }) => instance.ec2InstanceId);
  const leftAlone = results.flatMap(({ result, ec2InstanceIds }) =>
    result.kind === 'skipped' && ofWorkloads.includes(result.reason.code) ? ec2InstanceIds : [],
  );
  if (targets.length + leftAlone.length === 0) return { risks: [], more: 0, unjudged: 0 };
  return reading('what draining would do to services').assessRisks({
    cluster: run.input.cluster,
    targets,
    leftAlone,
    atOnce: Math.max(1, allowed),
  });
}
