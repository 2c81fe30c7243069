/**
 * Looks at one instance, and asks its host unless work of ours is going on there: everything that can stand between it and the newest
 * version. It touches nothing; the only thing that it sends is the check command. What Temporal knows is for whoever asks to add. A cancel
 * ends it. About 40 events.
 */
import { ActivityFailure, isCancellation, rootCause, sleep, workflowInfo } from '@temporalio/workflow';
import type { CheckResult } from '../src/model/host.js';
import type { Instance } from '../src/model/instance.js';
import { isOurs } from '../src/model/ownership.js';
import { isGhost } from '../src/model/plan.js';
import type { Quarantines } from '../src/model/quarantine.js';
import type { Capacity } from '../src/model/report.js';
import { allowedUnavailable } from '../src/model/settings.js';
import type { ExplainInput, InstanceSight } from '../src/model/sight.js';
import type { RolloutInput } from '../src/model/steering.js';
import { beginning, reading, waiting } from './proxies.js';

/** Null: the cluster has no such instance. */
export async function explainInstance(input: ExplainInput): Promise<InstanceSight | null> {
  const { cluster, ec2InstanceId, settings } = input;
  const start = await mayBegin(input);
  const { include, exclude } = settings;
  const found = await reading('the instance').findInstance({ cluster, ec2InstanceId, include, exclude });
  if (!found) return null;
  const instance: Instance = { ...found.instance, included: found.leftOutBy === null };
  const away = await lookWhetherAway(input, instance);
  const { containerInstanceArn, availabilityZone } = instance;
  const ref = { ec2InstanceId, containerInstanceArn, availabilityZone };
  const workloads = await reading('what runs there').inspectWorkloads({ cluster, instances: [ref] });
  return {
    lookedAt: new Date().toISOString(),
    instance,
    leftOutBy: found.leftOutBy,
    ...away,
    check: await askHost(input, instance, away.ghost !== null),
    workload: workloads[containerInstanceArn] ?? null,
    ...start,
    capacity: await lookAtCapacity(input),
  };
}

/** Whether a rollout could begin, and what is quarantined. */
async function mayBegin({
  cluster,
  documents,
  settings,
}: RolloutInput): Promise<{ quarantined: Quarantines; cannotBegin: string | null }> {
  try {
    const { quarantined } = await beginning(settings.limits.prerequisitesMs)(
      'may a rollout begin?',
    ).checkPrerequisites({
      cluster,
      documents,
      looksOnly: true,
    });
    return { quarantined, cannotBegin: null };
  } catch (err) {
    if (isCancellation(err) || !(err instanceof ActivityFailure)) throw err;
    return { quarantined: {}, cannotBegin: rootCause(err) ?? err.message };
  }
}

/** Agents go away for seconds several times an hour (ECS agent), so an absent one is looked at twice; then EC2 is asked for its machine. */
async function lookWhetherAway(
  { cluster, settings }: RolloutInput,
  { ec2InstanceId, containerInstanceArn, agentConnected, host }: Instance,
): Promise<Pick<InstanceSight, 'isDisconnected' | 'ghost'>> {
  if (agentConnected || host !== 'ec2') return { isDisconnected: false, ghost: null };
  await sleep(settings.pace.readsApartMs, { summary: 'look again at its disconnected agent' });
  const [again] = await reading('its agent was away').describeInstances({
    cluster,
    containerInstanceArns: [containerInstanceArn],
  });
  if (!again || again.agentConnected) return { isDisconnected: false, ghost: null };
  const states: Record<string, string | null> = await reading('its agent is away').machineStates({
    cluster,
    ec2InstanceIds: [ec2InstanceId],
  });
  const state = states[ec2InstanceId] ?? null;
  return { isDisconnected: true, ghost: isGhost(state) ? { state } : null };
}

/** Null: it was not asked, since there is nobody to ask, or the question would disturb what is going on there. */
async function askHost(
  { cluster, documents, settings }: RolloutInput,
  { ec2InstanceId, host, variant, mark }: Instance,
  isGhost: boolean,
): Promise<CheckResult | null> {
  const { installation, pace, limits } = settings;
  if (isGhost || host !== 'ec2' || variant === null || isOurs(mark, installation)) return null;
  const answers: Record<string, CheckResult> = await waiting('ask the host').checkForUpdates({
    cluster,
    ec2InstanceIds: [ec2InstanceId],
    command: { document: documents.check, commandId: `check.${workflowInfo().runId}.1` },
    installation,
    pace,
    limitMs: limits.checkMs,
  });
  return answers[ec2InstanceId] ?? { kind: 'check-failed', seen: 'no answer' };
}

/** How many of the cluster are out of service, without those that EC2 has ended: they will not come back. */
async function lookAtCapacity({ cluster, settings }: RolloutInput): Promise<Capacity> {
  const { registered, outOfService } = await reading('who is out of service').lookAtCluster({ cluster });
  const capacity = (ghosts: number): Capacity => ({
    outOfService: outOfService.length - ghosts,
    allowed: allowedUnavailable(settings.maxUnavailable, registered - ghosts),
  });
  const seen = capacity(0);
  if (seen.outOfService < seen.allowed) return seen;
  const away = await reading('those out of service').describeInstances({
    cluster,
    containerInstanceArns: outOfService.slice(0, mostAway),
  });
  const states: Record<string, string | null> = await reading('whose agents are away').machineStates({
    cluster,
    ec2InstanceIds: away.filter(({ agentConnected }) => !agentConnected).map((one) => one.ec2InstanceId),
  });
  return capacity(Object.values(states).filter(isGhost).length);
}

/** ECS describes so many at once. */
const mostAway = 100;
