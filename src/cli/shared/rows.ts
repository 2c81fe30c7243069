import { explain, explainResult } from '../../model/explain.js';
import type { InstanceResult } from '../../model/outcome.js';
import type { ResultGroup } from '../../model/report.js';
import { stateOf, versionsOf } from '../../model/result-view.js';
import type { ClusterStatus, InstanceStatus, Paused } from '../../model/steering.js';

/** One instance in the tables of `status`, `plan`, `run --watch` and the demo. */
export interface Row {
  instance: string;
  zone: string;
  /** Its phase, or its verdict. */
  state: string;
  version: string;
  target: string;
  /** ISO 8601; empty where it says nothing. */
  since: string;
  reason: string;
}

/** Rows of a rollout, by instance id. `inFlight` has what the workflows of instances in flight say of themselves. */
export function statusRows(status: ClusterStatus, inFlight: ReadonlyMap<string, InstanceStatus>): Row[] {
  const zoneOf = zoneIndex(status.zones);
  const rows: Row[] = [];
  for (const { ec2InstanceId, from, to, since } of status.inFlight) {
    const own = inFlight.get(ec2InstanceId);
    rows.push({
      instance: ec2InstanceId,
      zone: zoneOf(ec2InstanceId),
      state: own?.phase ?? 'starting',
      version: own?.from ?? from ?? '',
      target: own?.to ?? to ?? '',
      since: own?.since ?? since,
      reason: own?.note ?? (from === null ? 'gives back what an interrupted rollout left' : ''),
    });
  }
  for (const { ec2InstanceId, from, to, paused, skipped } of status.queued) {
    rows.push({
      instance: ec2InstanceId,
      zone: zoneOf(ec2InstanceId),
      state: skipped ? 'skipped-by-operator' : paused || status.paused ? 'paused' : 'queued',
      version: from,
      target: to,
      since: paused?.since ?? status.paused?.since ?? '',
      reason: skipped
        ? explain({ code: 'skipped-by-operator', ...skipped })
        : paused
          ? pauseSentence(paused)
          : '',
    });
  }
  rows.push(
    ...resultRows(status.results, status.zones).map((row) => ({
      ...row,
      since: status.endedAt[row.instance] ?? '',
    })),
  );
  return sorted(rows);
}

/** Rows of results alone, as of a plan or a report. */
export function resultRows(groups: readonly ResultGroup[], zones: Record<string, string[]>): Row[] {
  const zoneOf = zoneIndex(zones);
  return sorted(
    groups.flatMap(({ result, ec2InstanceIds, reasons }) =>
      ec2InstanceIds.map((instance) => ({
        instance,
        zone: zoneOf(instance),
        state: stateOf(result),
        ...shownVersions(result),
        since: '',
        reason: `${explainResult(result)}${reasons === undefined ? '' : ` (One of ${reasons} such reasons.)`}`,
      })),
    ),
  );
}

/** A pause in words: by whom, why, since when. */
export function pauseSentence({ by, reason, since }: Paused): string {
  return `paused${by ? ` by ${by}` : ''} since ${since}${reason ? `: ${reason}` : ''}`;
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
