import { explain, explainPause, explainResult } from './explain.js';
import { markedVersion } from './failures.js';
import type { ResultGroup } from './report.js';
import type { InstanceRecord } from './rollout-record.js';
import { stateOf, versionsOf } from './result-view.js';
import { type InstanceResult, type Phase, phases, type ResultKind } from './outcome.js';
import { type Standing, standingOf } from './standing.js';
import type { ClusterStatus, InstanceStatus } from './steering.js';

/** One instance in the tables of `status`, `plan`, `run --watch` and the demo. What is not known, or there is not, is empty or 0. */
export interface Row {
  instance: string;
  zone: string;
  /** Its phase, or its verdict. */
  state: string;
  standing: Standing;
  version: string;
  /** The phase that comes next; empty when its work has ended. */
  targetState: string;
  target: string;
  /** How often the target version was tried on it, this time included. */
  attempts: number;
  /** ISO 8601; empty where it says nothing. */
  since: string;
  reason: string;
}

/** Rows of a rollout, by instance id. `inFlight` has what the workflows of instances in flight say of themselves. */
export function statusRows(status: ClusterStatus, inFlight: ReadonlyMap<string, InstanceStatus>): Row[] {
  const zoneOf = zoneIndex(status.zones);
  const tries = (ec2InstanceId: string, version: string | null): number => {
    const mark = status.remembered[ec2InstanceId];
    return mark && version !== null && mark.version === markedVersion(version) ? mark.tries : 0;
  };
  const rows: Row[] = [];
  for (const { ec2InstanceId, from, to, since } of status.inFlight) {
    const own = inFlight.get(ec2InstanceId);
    rows.push({
      instance: ec2InstanceId,
      zone: zoneOf(ec2InstanceId),
      state: own?.phase ?? 'starting',
      standing: 'in-flight',
      version: own?.from ?? from ?? '',
      targetState: nextState(own?.phase, from === null),
      target: own?.to ?? to ?? '',
      attempts: from === null ? 0 : tries(ec2InstanceId, own?.to ?? to) + 1,
      since: own?.since ?? since,
      reason: own?.note ?? (from === null ? 'gives back what an interrupted rollout left' : ''),
    });
  }
  for (const { ec2InstanceId, from, to, paused, skipped } of status.queued) {
    rows.push({
      instance: ec2InstanceId,
      zone: zoneOf(ec2InstanceId),
      state: skipped ? 'skipped-by-operator' : paused || status.paused ? 'paused' : 'queued',
      standing: skipped ? 'left-alone' : 'waiting',
      version: from,
      targetState: skipped ? '' : 'draining',
      target: to,
      attempts: tries(ec2InstanceId, to),
      since: paused?.since ?? status.paused?.since ?? '',
      reason: skipped
        ? explain({ code: 'skipped-by-operator', ...skipped })
        : paused
          ? explainPause(paused)
          : '',
    });
  }
  rows.push(
    ...resultRows(status.results, status.zones, status.cluster.name).map((row) => {
      const since = status.endedAt[row.instance] ?? '';
      // What this run looked at before it tried does not tell of that.
      const tried = tries(row.instance, row.target) + (since ? 1 : 0);
      return { ...row, since, ...(wasTried.has(row.state) && { attempts: Math.max(1, tried) }) };
    }),
  );
  return sorted(rows);
}

/** Rows of results alone, as of a plan or a report. */
export function resultRows(
  groups: readonly ResultGroup[],
  zones: Record<string, string[]>,
  cluster: string,
): Row[] {
  const zoneOf = zoneIndex(zones);
  return sorted(
    groups.flatMap(({ result, ec2InstanceIds, reasons }) =>
      ec2InstanceIds.map((instance) => ({
        instance,
        zone: zoneOf(instance),
        state: stateOf(result),
        standing: standingOf(result),
        ...shownVersions(result),
        targetState: '',
        attempts: 'reason' in result && 'tries' in result.reason ? (result.reason.tries ?? 0) : 0,
        since: '',
        reason: `${explainResult(result, { cluster, ec2InstanceId: instance })}${reasons === undefined ? '' : ` (One of ${reasons} such reasons.)`}`,
      })),
    ),
  );
}

/** Results of instances on which the target version was tried. */
const wasTried: ReadonlySet<string> = new Set<ResultKind>(['updated', 'rolled-back', 'failed', 'gone']);

/** Rows of what the history tells of a rollout that is over. */
export const recordRows = (instances: readonly InstanceRecord[]): Row[] =>
  instances.map(({ ec2InstanceId, zone, state, standing, from, runs, to, reason, spans }) => ({
    instance: ec2InstanceId,
    zone: zone ?? '',
    state,
    standing,
    version: runs ?? from ?? '',
    targetState: '',
    target: to ?? '',
    attempts: 0,
    since: spans.at(-1)?.to ?? '',
    reason,
  }));

/** What is to come after a phase, if all goes well. */
function nextState(phase: Phase | undefined, restores: boolean): string {
  if (phase === undefined) return restores ? 'rebooting' : 'draining';
  if (phase === 'activating' && restores) return 'restored';
  return phases[phases.indexOf(phase) + 1] ?? 'updated';
}

function shownVersions(result: InstanceResult): { version: string; target: string } {
  const { version, target } = versionsOf(result);
  return { version: version ?? '', target: target ?? '' };
}

function zoneIndex(zones: Record<string, string[]>): (ec2InstanceId: string) => string {
  const index = new Map(Object.entries(zones).flatMap(([zone, ids]) => ids.map((id) => [id, zone] as const)));
  return (ec2InstanceId) => index.get(ec2InstanceId) ?? '';
}

const sorted = (rows: Row[]): Row[] => rows.toSorted((a, b) => (a.instance < b.instance ? -1 : 1));
