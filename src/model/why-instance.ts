import { factOf } from './explain.js';
import type { ClusterRef } from './names.js';
import type { Clearing, Obstacle, StandingCode } from './obstacle.js';
import { isHeld, isOurs } from './ownership.js';
import {
  obstaclesIn,
  reasonsBeforeCheck,
  reasonsOfMemory,
  type Verdict,
  verdictOfCheck,
  verdictOfGhost,
} from './plan.js';
import type { Reason } from './reason.js';
import { type Place, remedyOf } from './remedy.js';
import type { RolloutSettings } from './settings.js';
import type { InstanceSight } from './sight.js';

type StandingReason = Extract<Reason, { code: StandingCode }>;

/** Whether each clears by itself, and what to say of that where its remedy says nothing. */
const clearings: Record<StandingCode, { byItself: boolean; how?: string }> = {
  'not-in-wave': { byItself: true },
  'standalone-task': { byItself: true },
  'protected-task': { byItself: true },
  'skipped-by-operator': { byItself: true },
  'agent-disconnected': { byItself: false },
  ghost: { byItself: false },
  'ssm-offline': { byItself: false },
  'not-managed-by-ssm': { byItself: false },
  'not-bottlerocket': { byItself: false, how: 'Only Bottlerocket is updated in place.' },
  external: { byItself: false, how: 'Update it where it runs.' },
  'managed-instance': { byItself: true, how: 'AWS replaces it in its own time.' },
  'too-old': { byItself: false },
  'draining-by-others': { byItself: false, how: 'It is theirs to give back.' },
  'not-active': { byItself: true, how: 'It is looked at once ECS calls it ACTIVE.' },
  'cannot-drain': { byItself: false },
  'check-failed': {
    byItself: true,
    how: 'It is asked again in the next rollout. Should that fail, too, look at the check command in SSM.',
  },
  excluded: { byItself: false, how: 'Change that expression in the settings of the cluster.' },
  'no-capacity': { byItself: false },
  held: { byItself: false },
  'backing-off': { byItself: true },
  'gave-up': { byItself: false },
  'quarantined-version': { byItself: false },
  'handled-by-another-run': { byItself: true, how: 'A rollout looks at it once that workflow has ended.' },
  'left-behind': { byItself: true },
  'deployment-in-progress': { byItself: true },
  'rollout-stopped': { byItself: true, how: 'The next rollout takes it up.' },
};

const isStanding = (reason: Reason): reason is StandingReason => Object.hasOwn(clearings, reason.code);

/** An obstacle made of a reason. */
export function obstacleOf(
  reason: StandingReason,
  place: Place,
  { at, what = factOf(reason), how }: { at?: string | undefined; what?: string; how?: string } = {},
): Obstacle {
  const { byItself, how: otherwise = '' } = clearings[reason.code];
  const clears: Clearing = {
    byItself,
    how: how ?? (remedyOf(reason, place) || otherwise),
    ...(at !== undefined && { at }),
  };
  const since = 'since' in reason ? reason.since : null;
  return { code: reason.code, what, ...(since && { since }), clears };
}

/** What the instance runs and what it would get, by what was seen of it; null: that is not known. */
export interface VersionsSeen {
  version: string | null;
  target: string | null;
  isUpToDate: boolean | null;
}

/** The versions that a host that was asked told of. */
export function versionsSeen({ check }: Pick<InstanceSight, 'check'>): VersionsSeen {
  const verdict = check && verdictOfCheck(check);
  if (verdict?.kind === 'update') return { version: verdict.from, target: verdict.to, isUpToDate: false };
  const reason = verdict?.reason;
  const isUpToDate = reason?.code === 'up-to-date' || (reason?.code === 'not-in-wave' ? false : null);
  const version = reason && 'version' in reason ? reason.version : null;
  const target = reason?.code === 'not-in-wave' ? reason.newest : isUpToDate ? version : null;
  return { version, target, isUpToDate };
}

/** Everything about the instance itself that keeps the next rollout from updating it, in the order in which a rollout would tell of it. */
export function obstaclesOfInstance(
  sight: InstanceSight,
  cluster: ClusterRef,
  settings: RolloutSettings,
): Obstacle[] {
  const place = { cluster: cluster.name, ec2InstanceId: sight.instance.ec2InstanceId };
  return reasonsOf(sight, cluster, settings)
    .filter(isStanding)
    .map((reason) => obstacleOf(reason, place, more(reason, sight, settings)));
}

/** What was seen beside the reason itself. */
function more(
  reason: StandingReason,
  { leftOutBy, workload }: InstanceSight,
  { include, exclude }: RolloutSettings,
): Parameters<typeof obstacleOf>[2] {
  if (reason.code === 'backing-off') return { at: reason.until };
  if (reason.code === 'protected-task') return { at: workload?.protectedUntil };
  if (reason.code !== 'excluded') return {};
  return leftOutBy === 'exclude'
    ? { what: `the settings leave it out: exclude (${exclude ?? ''}) means it.` }
    : { what: `the settings leave it out: include (${include ?? ''}) does not mean it.` };
}

function reasonsOf(sight: InstanceSight, cluster: ClusterRef, settings: RolloutSettings): Reason[] {
  const { instance, ghost, check, isDisconnected, workload, quarantined, lookedAt } = sight;
  if (ghost) return reasonIn(verdictOfGhost(cluster, instance.containerInstanceArn, ghost.state));
  const { installation, failures } = settings;
  const ours = isOurs(instance.mark, installation);
  const shown = reasonsBeforeCheck(instance, installation, isDisconnected);
  const target =
    versionsSeen(sight).target ?? (instance.failure?.kind === 'failed' ? instance.failure.version : null);
  const deploying = workload?.deployingServices ?? [];
  return [
    ...(ours ? left(sight, installation) : []),
    // What we drained is DRAINING.
    ...(ours ? shown.filter(({ code }) => code !== 'not-active') : shown),
    ...(check ? reasonIn(verdictOfCheck(check)) : []),
    ...(target === null
      ? []
      : reasonsOfMemory(target, instance.failure, quarantined, failures, Date.parse(lookedAt))),
    ...(workload ? obstaclesIn(workload) : []),
    ...(deploying.length > 0 ? [{ code: 'deployment-in-progress', services: deploying } as const] : []),
  ];
}

/** What an earlier rollout of ours left, on purpose or not. */
function left({ instance }: InstanceSight, installation: string): Reason[] {
  const since = instance.mark?.since ?? '';
  return isHeld(instance, installation)
    ? [{ code: 'held', drained: true, since }]
    : [{ code: 'left-behind', since }];
}

const reasonIn = (verdict: Verdict): Reason[] => (verdict.kind === 'skip' ? [verdict.reason] : []);
