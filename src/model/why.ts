import { explainResult } from './explain.js';
import type { Obstacle } from './obstacle.js';
import type { InstanceResult } from './outcome.js';
import type { Place } from './remedy.js';
import type { RolloutReport } from './report.js';
import type { InstanceSight, World } from './sight.js';
import type { RolloutInput } from './steering.js';
import { obstacleOf, obstaclesOfInstance, type VersionsSeen, versionsSeen } from './why-instance.js';
import { obstaclesOfWorld, standingOrders } from './why-world.js';

/** How an earlier rollout left an instance. */
export interface PastResult {
  rolloutId: string;
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601. */
  endedAt: string;
  kind: InstanceResult['kind'];
  /** Reason code, of a warning too; null: there was nothing to say. */
  code: string | null;
  /** For a person. */
  what: string;
}

/** Everything that stands between an instance and the newest version. */
export interface Why {
  cluster: string;
  ec2InstanceId: string;
  /** ISO 8601: when that was so. */
  at: string;
  /** What it runs; null: that is not known. */
  version: string | null;
  /** What it would get; null: that is not known. */
  target: string | null;
  /** Null: that is not known. */
  isUpToDate: boolean | null;
  /** ISO 8601: the first rollout that left it behind; null: none did, or it is not known. */
  behindSince: string | null;
  /** None where it is up to date. */
  obstacles: Obstacle[];
  /** Newest first. */
  past: PastResult[];
}

/** What is known of an instance when somebody asks why. */
export interface Known {
  place: Place;
  /** ISO 8601. */
  now: string;
  /** What rollouts of its cluster are given; null: it has no Schedule. */
  input: Pick<RolloutInput, 'cluster' | 'settings'> | null;
  /** What a worker saw of it; null: none could be asked. */
  sight: InstanceSight | null;
  world: World;
  /** Newest first. */
  reports: readonly RolloutReport[];
}

/** Composes the answer. */
export function whyNot(known: Known): Why {
  const { place, now, sight, reports } = known;
  const { ec2InstanceId } = place;
  const { isUpToDate, ...versions } = versionsOf(known);
  return {
    cluster: place.cluster,
    ec2InstanceId,
    at: now,
    ...versions,
    isUpToDate,
    behindSince: isUpToDate ? null : (sight?.instance.behind?.since ?? null),
    obstacles: isUpToDate ? [] : obstaclesOf(known),
    past: pastResults(reports, ec2InstanceId),
  };
}

function obstaclesOf({ place, now, input, sight, world }: Known): Obstacle[] {
  const { work, rollout } = world;
  // While work is going on there, what an idle look would find fault with is its doing.
  const ownObstacles =
    sight && input && !work ? obstaclesOfInstance(sight, input.cluster, input.settings) : [];
  const capacity = sight && !work ? withoutCapacity(sight, rollout?.status?.inFlight.length ?? 0, place) : [];
  const cannotBegin: Obstacle[] =
    sight?.cannotBegin && !rollout
      ? [
          {
            code: 'cannot-begin',
            what: `a rollout could not begin: ${sight.cannotBegin}`,
            clears: { byItself: false, how: 'What is missing is named there.' },
          },
        ]
      : [];
  const ofWorld = obstaclesOfWorld(world, place, input?.settings ?? null, now);
  // The rollout that runs has read them, and tells of them itself.
  const orders = sight && !work ? standingOrders(sight.instance, place) : [];
  return [
    ...ownObstacles,
    ...orders.filter(({ code }) => !ofWorld.some((told) => told.code === code)),
    ...ofWorld,
    ...capacity,
    ...cannotBegin,
  ];
}

function withoutCapacity({ capacity }: InstanceSight, inFlight: number, place: Place): Obstacle[] {
  const outOfService = capacity.outOfService - inFlight;
  return outOfService < capacity.allowed
    ? []
    : [obstacleOf({ code: 'no-capacity', outOfService, allowed: capacity.allowed }, place)];
}

function versionsOf({ place, sight, world }: Known): VersionsSeen {
  const status = world.work?.status;
  if (status) return { version: status.from, target: status.to, isUpToDate: false };
  const seen = sight && versionsSeen(sight);
  if (seen && seen.version !== null) return seen;
  const queued = world.rollout?.status?.queued.find((one) => one.ec2InstanceId === place.ec2InstanceId);
  return { version: queued?.from ?? null, target: queued?.to ?? null, isUpToDate: queued ? false : null };
}

/** How these rollouts left an instance; those that did not know it are left out. */
export const pastResults = (reports: readonly RolloutReport[], ec2InstanceId: string): PastResult[] =>
  reports.flatMap(({ rolloutId, startedAt, endedAt, groups }) => {
    const result = groups.find(({ ec2InstanceIds }) => ec2InstanceIds.includes(ec2InstanceId))?.result;
    if (!result) return [];
    const reason = result.kind === 'updated' ? result.warning : result.reason;
    const { kind } = result;
    return [{ rolloutId, startedAt, endedAt, kind, code: reason?.code ?? null, what: explainResult(result) }];
  });
