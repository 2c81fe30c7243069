import { sleep } from '@temporalio/workflow';
import { isGhost } from '../../src/model/plan.js';
import type { ClusterRun } from '../cluster-run.js';
import { reading } from '../proxies.js';
import { batches } from '../../src/model/batches.js';

/**
 * Finds out whose agent is away, and whose machine. Agents go away for seconds several times an hour (ECS agent), so an absent one is
 * looked at twice. ECS may list an instance long after EC2 has ended it, if its agent was away then.
 */
export async function lookForTheAbsent(run: ClusterRun): Promise<void> {
  const { cluster, settings } = run.input;
  const absent = [...run.instances.values()].filter(
    // Those that the settings leave out, too: a ghost among them would count as out of service for ever.
    ({ ec2InstanceId, agentConnected, host }) =>
      !agentConnected && host === 'ec2' && !run.wasAttempted(ec2InstanceId),
  );
  if (absent.length === 0) return;
  await sleep(settings.pace.readsApartMs, { summary: 'look again at disconnected agents' });
  const again = await Promise.all(
    batches(absent, 100).map((batch) =>
      reading('their agents were away').describeInstances({
        cluster,
        containerInstanceArns: batch.map(({ containerInstanceArn }) => containerInstanceArn),
      }),
    ),
  );
  const found = new Map(again.flat().map((instance) => [instance.ec2InstanceId, instance]));
  for (const { ec2InstanceId } of absent) {
    if (!found.get(ec2InstanceId)?.agentConnected) run.disconnected.add(ec2InstanceId);
  }
  // One that was deregistered between the two reads needs nobody to remove it.
  const away = [...found.values()].filter(({ agentConnected }) => !agentConnected);
  if (away.length === 0) return;
  const states: Record<string, string | null> = await reading('their agents are away').machineStates({
    cluster,
    ec2InstanceIds: away.map(({ ec2InstanceId }) => ec2InstanceId),
  });
  for (const { ec2InstanceId, containerInstanceArn } of away) {
    const state = states[ec2InstanceId] ?? null;
    if (isGhost(state)) run.ghosts.set(ec2InstanceId, { containerInstanceArn, state });
  }
}

/** Whether some that this rollout has handled, and that are away, have become ghosts since: EC2 may end one while its agent is away for our reboot. */
export async function findGhostsAmong(run: ClusterRun, away: ReadonlySet<string>): Promise<boolean> {
  const suspects = [...run.instances.values()].filter(
    ({ ec2InstanceId, containerInstanceArn }) =>
      away.has(containerInstanceArn) &&
      run.wasAttempted(ec2InstanceId) &&
      !run.inFlight.has(ec2InstanceId) &&
      !run.ghosts.has(ec2InstanceId),
  );
  if (suspects.length === 0) return false;
  const states: Record<string, string | null> = await reading('they do not come back').machineStates({
    cluster: run.input.cluster,
    ec2InstanceIds: suspects.map(({ ec2InstanceId }) => ec2InstanceId),
  });
  const before = run.ghosts.size;
  for (const { ec2InstanceId, containerInstanceArn } of suspects) {
    const state = states[ec2InstanceId] ?? null;
    if (isGhost(state)) run.ghosts.set(ec2InstanceId, { containerInstanceArn, state });
  }
  return run.ghosts.size > before;
}
