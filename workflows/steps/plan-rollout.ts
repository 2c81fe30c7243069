import { isCancellation, log, rootCause, workflowInfo } from '@temporalio/workflow';
import type { CheckResult } from '../../src/model/host.js';
import type { Instance, InstanceRef, Workload } from '../../src/model/instance.js';
import { containerInstanceId } from '../../src/model/names.js';
import { isHeld, isOurs } from '../../src/model/ownership.js';
import {
  compareForUpdate,
  type Verdict,
  verdictBeforeCheck,
  verdictOfCheck,
  verdictOfGhost,
  verdictWithMemory,
  verdictWithWorkload,
} from '../../src/model/plan.js';
import type { PendingUpdate } from '../../src/model/steering.js';
import { hostNowAfter } from '../../src/model/settings.js';
import type { ClusterRun } from '../cluster-run.js';
import { describing, reading, waiting } from '../proxies.js';
import { lookForTheAbsent } from './absent.js';
import { batches } from '../../src/model/batches.js';

/** Most instances in one SendCommand (SSM API reference). */
const batchSize = 50;

/** Reads every container instance of the cluster into the run. Those that an interrupted rollout of ours left are returned; those that are held stay so. */
export async function discover(run: ClusterRun): Promise<Instance[]> {
  const { cluster, settings } = run.input;
  const { installation } = settings;
  let cursor: string | null = null;
  do {
    const page: { instances: Instance[]; cursor: string | null } = await reading(
      'container instances of the cluster',
    ).discoverInstances({
      cluster,
      cursor,
    });
    for (const instance of page.instances) run.instances.set(instance.ec2InstanceId, instance);
    ({ cursor } = page);
  } while (cursor !== null);
  run.settleTheVanished();
  await heedFilters(run);
  await lookForTheAbsent(run);
  const ours = [...run.instances.values()].filter(
    ({ ec2InstanceId, mark }) => isOurs(mark, installation) && !run.ghosts.has(ec2InstanceId),
  );
  for (const { ec2InstanceId, mark } of ours.filter((instance) => isHeld(instance, installation))) {
    if (run.wasAttempted(ec2InstanceId)) continue;
    run.settle(ec2InstanceId, {
      kind: 'skipped',
      reason: { code: 'held', drained: true, since: mark?.since ?? '' },
    });
  }
  return ours.filter((instance) => !isHeld(instance, installation));
}

/** Notes whom the settings leave out. One that joined since they were matched is left out where `include` says who is not. */
async function heedFilters(run: ClusterRun): Promise<void> {
  const { cluster, settings } = run.input;
  const { include, exclude } = settings;
  if (include === null && exclude === null) return;
  const matched: { included: string[] | null; excluded: string[] | null } = await reading(
    'include and exclude of the settings',
  ).matchInstances({
    cluster,
    include,
    exclude,
  });
  const included = matched.included && new Set(matched.included);
  const excluded = new Set(matched.excluded);
  for (const [key, instance] of run.instances) {
    const id = containerInstanceId(instance.containerInstanceArn);
    run.instances.set(key, { ...instance, included: (included?.has(id) ?? true) && !excluded.has(id) });
  }
}

/** Gives every instance that is not ours already its verdict: those to update stand in the queue, in order; the others are settled. */
export async function plan(run: ClusterRun): Promise<void> {
  const instances = [...run.instances.values()].filter(
    ({ ec2InstanceId, mark }) =>
      !run.wasAttempted(ec2InstanceId) &&
      (run.ghosts.has(ec2InstanceId) || !isOurs(mark, run.input.settings.installation)),
  );
  const verdicts = new Map<string, Verdict>();
  const toCheck = judgeUnasked(run, instances, verdicts);
  const { checkedAt, hostsNow } = await check(run, toCheck, verdicts);
  heedFailures(run, toCheck, verdicts, checkedAt);
  await considerWorkloads(run, toCheck, verdicts);
  for (const instance of instances) {
    const verdict = verdicts.get(instance.ec2InstanceId);
    if (!verdict) throw new TypeError(`no verdict for ${instance.ec2InstanceId}`);
    if (verdict.kind === 'skip') run.settle(instance.ec2InstanceId, { ...verdict, kind: 'skipped' });
    else {
      const { from, to, found } = verdict;
      run.queue.push({
        instance: toRef(instance),
        from,
        to,
        found,
        checkedAt,
        hostNow: hostsNow.get(instance.ec2InstanceId) ?? 0,
      });
    }
  }
  const ownHosts = new Set(await findOwnHosts(run));
  const turnOf = ({ instance: { ec2InstanceId, containerInstanceArn }, from }: PendingUpdate) => ({
    ec2InstanceId,
    from,
    isOwnHost: ownHosts.has(containerInstanceArn),
    failedBefore: Boolean(run.instances.get(ec2InstanceId)?.failure),
  });
  run.queue.sort((a, b) => compareForUpdate(turnOf(a), turnOf(b)));
  run.countPlanned();
}

/** Container instances (ARNs) on which the workers run; asked only where it can change the order, which is worth no rollout. */
async function findOwnHosts(run: ClusterRun): Promise<string[]> {
  if (run.queue.length < 2) return [];
  try {
    return await describing('where the workers run').findOwnHosts({ cluster: run.input.cluster });
  } catch (err) {
    if (isCancellation(err)) throw err;
    log.warn('cannot tell on which hosts the workers run', { error: rootCause(err) });
    return [];
  }
}

function heedFailures(
  run: ClusterRun,
  instances: Instance[],
  verdicts: Map<string, Verdict>,
  now: string,
): void {
  const rules = run.input.settings.failures;
  for (const { ec2InstanceId, failure } of instances) {
    const verdict = verdicts.get(ec2InstanceId);
    if (verdict)
      verdicts.set(
        ec2InstanceId,
        verdictWithMemory(verdict, failure, run.quarantined, rules, Date.parse(now)),
      );
  }
}

/** Verdicts from what ECS and EC2 show alone. Returns those that have none yet. */
function judgeUnasked(run: ClusterRun, instances: Instance[], verdicts: Map<string, Verdict>): Instance[] {
  const { cluster, settings } = run.input;
  return instances.filter((instance) => {
    const { ec2InstanceId } = instance;
    const ghost = run.ghosts.get(ec2InstanceId);
    const verdict = ghost
      ? verdictOfGhost(cluster, ghost.containerInstanceArn, ghost.state)
      : verdictBeforeCheck(instance, settings.installation, run.disconnected.has(ec2InstanceId));
    if (verdict) verdicts.set(ec2InstanceId, verdict);
    return verdict === null;
  });
}

/**
 * Asks all hosts at once, in batches of one command each. Returns when the last answers were in, ISO 8601, and what the clock of each host
 * that answered showed then, seconds since the epoch.
 */
async function check(
  run: ClusterRun,
  instances: Instance[],
  verdicts: Map<string, Verdict>,
): Promise<{ checkedAt: string; hostsNow: Map<string, number> }> {
  const { cluster, documents, settings } = run.input;
  const { runId } = workflowInfo();
  const answers = await Promise.all(
    batches(instances, batchSize).map(async (batch, index) => {
      const results: Record<string, CheckResult> = await waiting(
        `${batch.length} hosts${instances.length > batch.length ? `, batch ${index + 1} of ${Math.ceil(instances.length / batchSize)}` : ''}`,
      ).checkForUpdates({
        cluster,
        ec2InstanceIds: batch.map(({ ec2InstanceId }) => ec2InstanceId),
        command: { document: documents.check, commandId: `check.${runId}.${index + 1}` },
        installation: settings.installation,
        pace: settings.pace,
        limitMs: settings.limits.checkMs,
      });
      return { results, at: Date.now() };
    }),
  );
  const checkedAt = Date.now();
  const byId = new Map(answers.flatMap(({ results }) => Object.entries(results)));
  const hostsNow = new Map(
    answers.flatMap(({ results, at }) =>
      Object.entries(results).flatMap(([id, answer]): [string, number][] =>
        answer.kind === 'checked' ? [[id, hostNowAfter(answer.host.now, checkedAt - at, settings.pace)]] : [],
      ),
    ),
  );
  for (const { ec2InstanceId } of instances) {
    const answer = byId.get(ec2InstanceId) ?? { kind: 'check-failed', seen: 'no answer' };
    verdicts.set(ec2InstanceId, verdictOfCheck(answer));
  }
  return { checkedAt: new Date(checkedAt).toISOString(), hostsNow };
}

async function considerWorkloads(
  run: ClusterRun,
  instances: Instance[],
  verdicts: Map<string, Verdict>,
): Promise<void> {
  const toUpdate = instances.filter((i) => verdicts.get(i.ec2InstanceId)?.kind === 'update');
  if (toUpdate.length === 0) return;
  const { cluster } = run.input;
  const workloads: Record<string, Workload> =
    toUpdate.length <= batchSize
      ? await reading('what runs on those to update').inspectWorkloads({
          cluster,
          instances: toUpdate.map(toRef),
        })
      : await reading('what runs in the cluster').inspectCluster({ cluster });
  for (const { ec2InstanceId, containerInstanceArn } of toUpdate) {
    const verdict = verdicts.get(ec2InstanceId);
    const workload = workloads[containerInstanceArn];
    if (verdict && workload) verdicts.set(ec2InstanceId, verdictWithWorkload(verdict, workload));
  }
}

const toRef = ({ ec2InstanceId, containerInstanceArn, availabilityZone }: Instance): InstanceRef => ({
  ec2InstanceId,
  containerInstanceArn,
  availabilityZone,
});
