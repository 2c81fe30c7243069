import { explainResult } from './explain.js';
import type { NoticeCounts, NoticeInstance } from './notice.js';
import { oneLine } from './one-line.js';
import type { ResultKind } from './outcome.js';
import { countResults, type ResultGroup } from './report.js';
import { stateOf, versionsOf } from './result-view.js';
import { type Standing, standingOf } from './standing.js';
import type { ClusterStatus } from './steering.js';

/** Longer sentences of a message are cut: their whole stands in the report. */
const longestSentence = 300;

/** More instances are only counted. */
const mostInstances = 20;

/** What messages tell of a rollout that goes on. */
export type NoticeStatus = Pick<
  ClusterStatus,
  'cluster' | 'rolloutId' | 'startedAt' | 'paused' | 'inFlight' | 'queued' | 'results'
>;

/** A sentence as a message has it: on one line, and not too long. */
export const sentence = (text: string): string => oneLine(text, longestSentence);

/** What is counted, worst first: `2 failed, 6 updated, 8 skipped (6 up-to-date, 2 standalone-task)`; empty where there is nothing. */
export function countsText({ results, skipped, queued, inFlight }: NoticeCounts): string {
  const codes = Object.entries(skipped)
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${count} ${code}`);
  const parts: [number, string][] = [
    [results.failed, 'failed'],
    [results['rolled-back'], 'rolled back'],
    [results.gone, 'gone'],
    [results['not-started'], 'not started'],
    [inFlight, 'in flight'],
    [queued, 'to update'],
    [results.updated, 'updated'],
    [results.skipped, `skipped (${codes.join(', ')})`],
  ];
  return parts.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : [])).join(', ');
}

/** Counts those that have a result, and of a rollout that goes on the others. */
export function countsOf(
  groups: readonly ResultGroup[],
  status?: Pick<NoticeStatus, 'queued' | 'inFlight'>,
): NoticeCounts {
  const skipped: Record<string, number> = {};
  for (const { result, ec2InstanceIds } of groups) {
    if (result.kind !== 'skipped') continue;
    const { code } = result.reason;
    skipped[code] = (skipped[code] ?? 0) + ec2InstanceIds.length;
  }
  return {
    results: countResults(groups),
    skipped,
    queued: status ? toCome(status).length : 0,
    inFlight: status?.inFlight.length ?? 0,
  };
}

/** An instance that may have a line in a message. */
interface Candidate {
  line: NoticeInstance;
  standing: Standing;
}

/** In this order, the first of them have a line. Who was left alone needs none: the counts say how many, and why. */
const order: readonly Standing[] = ['not-well', 'waiting', 'in-flight', 'updated'];

/** The lines of a message. */
export function listed(candidates: readonly Candidate[]): { instances: NoticeInstance[]; more: number } {
  const lines = order.flatMap((standing) => candidates.filter((one) => one.standing === standing));
  return {
    instances: lines.slice(0, mostInstances).map(({ line }) => line),
    more: Math.max(0, lines.length - mostInstances),
  };
}

/** Of those that are not well, in this order. */
const worst: readonly ResultKind[] = ['failed', 'rolled-back', 'gone', 'not-started', 'skipped', 'updated'];

/** Those that have a result. */
export const settled = (groups: readonly ResultGroup[]): Candidate[] =>
  groups
    .toSorted((a, b) => worst.indexOf(a.result.kind) - worst.indexOf(b.result.kind))
    .flatMap(({ result, ec2InstanceIds }) => {
      const { version, target } = versionsOf(result);
      const line = {
        state: stateOf(result),
        from: result.kind === 'updated' ? result.from : version,
        to: target,
        reason: result.kind === 'updated' && !result.warning ? '' : sentence(explainResult(result)),
      };
      const standing = standingOf(result);
      return ec2InstanceIds.map((id) => ({ standing, line: { id, ...line } }));
    });

/** Those that are to have their turn. */
export const toCome = ({ queued }: Pick<NoticeStatus, 'queued'>): NoticeStatus['queued'] =>
  queued.filter(({ skipped }) => skipped === null);

/** Those that have their turn, and those that are to have it. */
export const inProgress = (status: Pick<NoticeStatus, 'queued' | 'inFlight' | 'paused'>): Candidate[] => [
  ...status.inFlight.map(({ ec2InstanceId: id, from, to }): Candidate => ({
    standing: 'in-flight',
    line: { id, state: 'in-flight', from, to, reason: '' },
  })),
  ...toCome(status).map(({ ec2InstanceId: id, from, to, paused }): Candidate => ({
    standing: 'waiting',
    line: { id, state: paused || status.paused ? 'paused' : 'queued', from, to, reason: '' },
  })),
];
