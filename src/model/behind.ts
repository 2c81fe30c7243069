import { markedVersion } from './failures.js';
import type { Instance } from './instance.js';
import type { InstanceResult } from './outcome.js';
import type { ReasonCode } from './reason.js';
import type { ResultGroup } from './report.js';

/** The value of `ecs-updater.behind`, `<ISO time>/<version>`: since when an instance does not run what is offered to it, and what that was first. */
export interface BehindMark {
  /** ISO 8601: the start of the first rollout that left it behind. */
  since: string;
  version: string;
}

/** Writes a mark as the attribute's value. */
export const formatBehind = ({ since, version }: BehindMark): string => `${since}/${markedVersion(version)}`;

/** Reads an attribute's value; null: it is not of our form, so nothing is known. */
export function parseBehind(value: string): BehindMark | null {
  const [, since, version] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)\/([A-Za-z0-9_.-]{1,48})$/.exec(value) ?? [];
  return since && version && !Number.isNaN(Date.parse(since)) ? { since, version } : null;
}

/** How many instances of a cluster do not run what is offered to them. */
export interface Behind {
  instances: number;
  /** ISO 8601: since when the one that has been so longest has; null: there is none. */
  oldestSince: string | null;
}

/** Counts those that are behind. */
export const countBehind = (behind: readonly { mark: BehindMark }[]): Behind => ({
  instances: behind.length,
  oldestSince: behind.map(({ mark }) => mark.since).toSorted()[0] ?? null,
});

type Known = Pick<Instance, 'ec2InstanceId' | 'containerInstanceArn' | 'behind'>;

/**
 * Who is behind, and since when: those with an update to come (`offered`, versions by id), those whose result says that they did not get theirs, and
 * those of which nothing is known but that an earlier rollout (`mark`) left them behind. `startedAt` is the start of this rollout.
 */
export function whoIsBehind<I extends Known>(
  instances: Iterable<I>,
  results: readonly ResultGroup[],
  offered: ReadonlyMap<string, string>,
  startedAt: string,
): { instance: I; mark: BehindMark }[] {
  const missed = new Map(
    results.flatMap(({ result, ec2InstanceIds }) => {
      const version = missedVersion(result);
      return ec2InstanceIds.map((id) => [id, version] as const);
    }),
  );
  return [...instances].flatMap((instance) => {
    const { ec2InstanceId, behind } = instance;
    const version = offered.get(ec2InstanceId) ?? missed.get(ec2InstanceId);
    if (version === null) return [];
    const mark = behind ?? (version === undefined ? null : { since: startedAt, version });
    return mark ? [{ instance, mark }] : [];
  });
}

/** The version that an instance with this result was offered and does not run; null: there is none; undefined: that is not known. */
function missedVersion(result: InstanceResult): string | null | undefined {
  if (result.kind === 'updated' || result.kind === 'gone') return null;
  const { reason } = result;
  return notBehind.has(reason.code) ? null : (result.to ?? undefined);
}

/** Nothing is offered to such an instance, or it is there no more. */
const notBehind: ReadonlySet<ReasonCode> = new Set([
  'up-to-date',
  'not-in-wave',
  'update-withdrawn',
  'ghost',
]);
