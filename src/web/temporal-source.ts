import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { PastDurations } from '../model/estimate.js';
import { progressWords } from '../model/explain-estimate.js';
import { fewOf } from '../model/few-at-once.js';
import { clusterNamePattern } from '../model/names.js';
import { explainPause } from '../model/explain.js';
import { resultRows } from '../model/rows.js';
import { serverError, temporalError } from '../temporal/errors.js';
import { pastDurations } from '../temporal/past-rollouts.js';
import { viewRollout } from '../temporal/rollout-view.js';
import { lastRollout, NoWorker, type Rollout, RolloutFailed, rolloutResult } from '../temporal/rollouts.js';
import { describeSchedule } from '../temporal/schedules.js';
import { listScheduled } from '../temporal/schedule-list.js';
import type { TemporalTarget } from '../temporal/target.js';
import { Bars } from './bars.js';
import { countTones, type ToneCounts } from './look.js';
import { Kept } from './kept.js';
import { giveOrder } from './orders.js';
import { marksWhileRunning } from './marks.js';
import { type Read, readings } from './readings.js';
import { recordView, withoutRollout } from './record-view.js';
import type { Source } from './source.js';
import type { ClusterSummary, ClusterView, RolloutFacts, ScheduleFacts } from './view.js';

/** Every call to Temporal that a look makes has to be answered within this. */
const answersWithinMs = 10_000;
/** A list of clusters does not wait longer for what a rollout says of itself. */
const countedWithinMs = 3000;
/** What could not be read as a whole is read again after this. */
const readAgainMs = 30_000;
/** Clusters that are asked at the same time. */
const atOnce = 8;

/** The clusters of a Temporal namespace. Orders are given as `operator`. */
export function temporalSource(
  client: Client,
  target: Pick<TemporalTarget, 'address' | 'namespace'>,
  operator: string,
): Source {
  const counted = new Kept<ToneCounts | null>(1000);
  const records = new Kept<Read>(10);
  const bars = new Kept<{ bars: Bars; gaps: string[] }>(20);
  const durations = new Kept<PastDurations[]>(20);
  const within = <T>(limitMs: number, calls: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + limitMs, calls);
  const sentenceOf = (err: unknown): string => {
    const server = serverError(err);
    if (server) return temporalError(server, target).message;
    return err instanceof Error ? err.message : String(err);
  };
  const { rollout: read, since } = readings(client, sentenceOf);

  /** Until then nobody is asked for counts: nobody answered. */
  let silentUntil = 0;
  const ask = async (cluster: string, rollout: Rollout): Promise<ToneCounts | null> => {
    if (Date.now() < silentUntil) return null;
    const limit = new AbortController();
    const tooLate = sleep(countedWithinMs, null, { signal: limit.signal }).catch(() => null);
    const answer = viewRollout(client, cluster, rollout).then(
      ({ rows }) => countTones(rows),
      (err: unknown) => orNull(err, NoWorker),
    );
    const counts = await Promise.race([answer, tooLate]);
    limit.abort();
    if (counts === null) silentUntil = Date.now() + readAgainMs;
    return counts;
  };

  /** What became of a rollout that has ended does not change; one that runs is asked, if somebody can answer. */
  const counts = async (cluster: string, rollout: Rollout): Promise<ToneCounts | null> =>
    rollout.running
      ? ask(cluster, rollout)
      : counted.of(rollout.runId, () =>
          rolloutResult(client, cluster).then(
            ({ groups }) => countTones(resultRows(groups, {}, cluster)),
            (err: unknown) => orNull(err, RolloutFailed),
          ),
        );

  /** What the history of a rollout tells, and what was ordered since. */
  const fromHistory = async (
    name: string,
    rollout: Rollout,
    schedule: ScheduleFacts | null,
  ): Promise<ClusterView> => {
    const [found, ordered] = await Promise.all([
      records.of(
        `${rollout.runId} ${rollout.status}`,
        () => read(name, rollout.runId),
        (made) =>
          'record' in made && made.record.gaps.length === 0 && !rollout.running ? Infinity : readAgainMs,
      ),
      // Whatever is ordered while it runs is for the rollout to tell.
      rollout.closedAt ? since(name, rollout.closedAt) : { orders: [], gaps: [] },
    ]);
    const facts = factsOf(rollout);
    if ('record' in found) return recordView(name, found.record, facts, schedule, ordered);
    const { gaps, ...view } = withoutRollout(name, schedule, ordered);
    return { ...view, rollout: facts, headline: serverLine(name, facts), gaps: [found.gap, ...gaps] };
  };

  /** What a rollout that runs says of itself. Throws `NoWorker`. */
  const fromItself = async (
    name: string,
    rollout: Rollout,
    schedule: ScheduleFacts | null,
  ): Promise<ClusterView> => {
    const past = await durations.of(rollout.runId, () => pastDurations(client, name));
    const seenNow = await viewRollout(client, name, rollout, past);
    const { status, rows, inFlight, progress, headline } = seenNow;
    const seen = await bars.of(status.rolloutId, async () => {
      const found = await read(name, rollout.runId);
      return 'record' in found
        ? { bars: new Bars(found.record), gaps: [] }
        : { bars: new Bars(null), gaps: [found.gap] };
    });
    return {
      name,
      schedule,
      rollout: factsOf(rollout),
      headline,
      gaps: seen.gaps,
      progress,
      progressWords: progressWords(seenNow, Date.now()),
      paused: status.paused && explainPause(status.paused),
      instances: rows,
      marks: marksWhileRunning(rows, status),
      orders: status.steering,
      bars: seen.bars.see({ status, inFlight, instances: rows }),
    };
  };

  return {
    clusters: () =>
      within(answersWithinMs, async () =>
        fewOf(atOnce, await listScheduled(client), async ({ cluster, next, paused }) => {
          const rollout = await lastRollout(client, cluster);
          const summary: ClusterSummary = {
            name: cluster,
            schedule: { next, paused },
            rollout: rollout && factsOf(rollout),
            counts: rollout && (await counts(cluster, rollout)),
          };
          return summary;
        }),
      ),
    cluster: (name, seen) =>
      within(answersWithinMs, async () => {
        if (!clusterNamePattern.test(name)) return null;
        const [schedule, rollout] = await Promise.all([
          scheduleFacts(client, name),
          lastRollout(client, name),
        ]);
        if (!rollout) return schedule && withoutRollout(name, schedule, await since(name, new Date(0)));
        if (!rollout.running) return fromHistory(name, rollout, schedule);
        try {
          return await fromItself(name, rollout, schedule);
        } catch (err) {
          // What was seen of it before tells more than its history.
          if (!(err instanceof NoWorker) || seen?.rollout?.startedAt === factsOf(rollout).startedAt)
            throw err;
          return fromHistory(name, rollout, schedule);
        }
      }),
    order: (order) => giveOrder(client, order, operator),
    sentenceOf,
  };
}

function orNull(err: unknown, expected: new (...args: never[]) => Error): null {
  if (err instanceof expected) return null;
  throw err;
}

const factsOf = ({ startedAt, closedAt, running, status }: Rollout): RolloutFacts => ({
  startedAt: startedAt.toISOString(),
  endedAt: closedAt?.toISOString() ?? null,
  running,
  status,
});

/** All that is known without its history. */
const serverLine = (name: string, { startedAt, running, status }: RolloutFacts): string =>
  `${name}: rollout of ${startedAt} ${running ? 'runs' : `ended: ${status.toLowerCase()}`}`;

async function scheduleFacts(client: Client, name: string): Promise<ScheduleFacts | null> {
  const schedule = await describeSchedule(client, name);
  if (!schedule) return null;
  const { state, info } = schedule;
  return {
    next: info.nextActionTimes[0]?.toISOString() ?? null,
    paused: state.paused ? (state.note ?? '') : null,
  };
}
