import { type Gauge, gauges, type LabelsOf } from './metrics.js';
import { markedVersion } from './failures.js';
import { phases } from './outcome.js';
import { heldIn, type ResultGroup, type RolloutReport } from './report.js';
import { stateOf, versionsOf } from './result-view.js';
import type { ClusterStatus, InstanceStatus } from './steering.js';

/** What Temporal tells of a cluster. */
export interface ClusterSight {
  cluster: string;
  schedulePaused: boolean;
  /** The newest rollout that Temporal keeps; null: there is none. */
  rollout: {
    /** RUNNING, COMPLETED, FAILED, … */
    status: string;
    /** ISO 8601. */
    startedAt: string;
  } | null;
  /** What it says of itself while it runs. */
  running: ClusterStatus | null;
  /** What the workflows of instances in flight say, by id, as far as they were asked. */
  inFlight: ReadonlyMap<string, InstanceStatus>;
  /** The newest report that Temporal keeps, where the rollout that runs cannot tell yet, or has ended. */
  report: RolloutReport | null;
}

/** A value of a gauge. */
export interface Sample {
  gauge: Gauge;
  labels: Readonly<Record<string, string>>;
  value: number;
}

const sample = <G extends Gauge>(gauge: G, labels: LabelsOf<G>, value: number): Sample => ({
  gauge,
  labels,
  value,
});

const one = (is: boolean): number => (is ? 1 : 0);

const states = ['queued', ...phases, 'updated', 'up-to-date', 'failed', 'rolled-back', 'not-started', 'held'];
const rolloutStates = ['running', 'completed', 'failed', 'cancelled', 'terminated', 'timed-out'];
const stops = ['failure-budget', 'stop-starting-after', 'cancelled', 'error'];

/** More versions than a cluster ever has; what hosts say of themselves must not fill Prometheus. */
const mostVersions = 30;

/** Everything that Prometheus is shown of a cluster at `nowMs` (ms since the epoch). */
export function samplesOf(sight: ClusterSight, nowMs: number): Sample[] {
  const { cluster, running, report, rollout } = sight;
  const hosts = hostsOf(sight);
  const away = outOfService(sight, nowMs);
  const newest = running ?? (rollout?.status === 'COMPLETED' ? report : null);
  const budget = newest?.failureBudget ?? null;
  const known = toldBy(running) ?? report;
  const quarantined = Object.keys(known?.quarantined ?? {});
  const since = known?.behind.oldestSince ?? null;
  return [
    ...count(
      states,
      hosts.map(({ state }) => state),
    ).map(([state, n]) => sample(gauges.hostsState, { cluster, state }, n)),
    ...versions(hosts).map(([version, n]) => sample(gauges.hostsVersion, { cluster, version }, n)),
    sample(gauges.hostsBehind, { cluster }, known?.behind.instances ?? 0),
    sample(gauges.behindAge, { cluster }, since === null ? 0 : secondsSince(since, nowMs)),
    sample(gauges.hostsOutOfService, { cluster }, away.length),
    sample(gauges.outOfServiceAge, { cluster }, Math.max(0, ...away)),
    sample(gauges.hostsHeld, { cluster }, held(sight).length),
    sample(
      gauges.hostsNeedingAttention,
      { cluster },
      [...sight.inFlight.values()].filter(({ needsAttention }) => needsAttention).length,
    ),
    ...count(rolloutStates, rollout ? [rollout.status.toLowerCase().replaceAll('_', '-')] : []).map(
      ([state, n]) => sample(gauges.rolloutState, { cluster, state }, n),
    ),
    ...stops.map((by) =>
      sample(gauges.rolloutStopped, { cluster, by }, one((newest?.stopped ?? null)?.by === by)),
    ),
    sample(gauges.rolloutFailures, { cluster }, newest?.failures ?? 0),
    ...(budget === null ? [] : [sample(gauges.failureBudget, { cluster }, budget)]),
    ...(rollout ? [sample(gauges.rolloutStart, { cluster }, Date.parse(rollout.startedAt) / 1000)] : []),
    ...(report ? [sample(gauges.rolloutEnd, { cluster }, Date.parse(report.endedAt) / 1000)] : []),
    ...quarantined
      .slice(0, mostVersions)
      .map((version) => sample(gauges.quarantined, { cluster, version }, 1)),
    sample(gauges.paused, { cluster, what: 'schedule' }, one(sight.schedulePaused)),
    sample(gauges.paused, { cluster, what: 'rollout' }, one((running?.paused ?? null) !== null)),
  ];
}

const secondsSince = (at: string, nowMs: number): number => Math.max(0, (nowMs - Date.parse(at)) / 1000);

/** A rollout that has only begun to look knows nobody yet. */
const toldBy = (running: ClusterStatus | null): ClusterStatus | null =>
  running?.stage === 'checking' ? null : running;

interface Host {
  state: string;
  version: string | null;
}

/** Every instance of the cluster that is there still, as the newest word of it says. */
function hostsOf({ running, report, inFlight }: ClusterSight): Host[] {
  const known = toldBy(running);
  if (!known) return hostsIn(report?.groups ?? []);
  const working = known.inFlight.map(({ ec2InstanceId, from }) => {
    const own = inFlight.get(ec2InstanceId);
    return { state: own?.phase ?? 'waiting', version: own?.from ?? from };
  });
  const queued = known.queued.map(({ from, skipped }) => ({
    state: skipped ? 'skipped-by-operator' : 'queued',
    version: from,
  }));
  return [...hostsIn(known.results), ...working, ...queued];
}

const hostsIn = (groups: readonly ResultGroup[]): Host[] =>
  groups
    .filter(
      ({ result }) =>
        result.kind !== 'gone' && !(result.kind === 'skipped' && result.reason.code === 'ghost'),
    )
    .flatMap(({ result, ec2InstanceIds }) => {
      const host = { state: stateOf(result), version: versionsOf(result).version };
      return ec2InstanceIds.map(() => host);
    });

/** For how long each instance that is out of service through us has been so, in seconds. */
function outOfService(sight: ClusterSight, nowMs: number): number[] {
  const working = (sight.running?.inFlight ?? []).flatMap(({ ec2InstanceId, since }) => {
    const own = sight.inFlight.get(ec2InstanceId);
    if (own?.phase === 'waiting' || own?.phase === 'settling') return [];
    const left = own?.entered.find(({ phase }) => phase !== 'waiting');
    return [left?.at ?? since];
  });
  return [...working, ...held(sight)].map((since) => secondsSince(since, nowMs));
}

/** Since when (ISO 8601) each instance is held that stays out of service until somebody clears it. */
function held({ running, report }: ClusterSight): string[] {
  const known = toldBy(running);
  const groups = known?.results ?? report?.groups ?? [];
  return groups.flatMap((group) => {
    const { result } = group;
    const since = result.kind !== 'updated' && 'since' in result.reason ? result.reason.since : null;
    // One that this very rollout held has no time of its own in a report.
    return heldIn({ groups: [group] }).map(
      (id) => since ?? known?.endedAt[id] ?? known?.startedAt ?? report?.endedAt ?? '',
    );
  });
}

/** How often each word occurs; those that are always shown come with a 0. */
function count(always: readonly string[], words: readonly string[]): [string, number][] {
  const counts = new Map(always.map((word) => [word, 0]));
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts];
}

function versions(hosts: readonly Host[]): [string, number][] {
  const counts = count(
    ['unknown'],
    hosts.map(({ version }) => (version === null ? 'unknown' : markedVersion(version))),
  );
  const [shown, rest] = [counts.slice(0, mostVersions), counts.slice(mostVersions)];
  return rest.length === 0 ? shown : [...shown, ['other', rest.reduce((sum, [, n]) => sum + n, 0)]];
}
