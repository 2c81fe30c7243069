import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { PastDurations } from '../model/estimate.js';
import { progressWords } from '../model/explain-estimate.js';
import { fewOf } from '../model/few-at-once.js';
import { clusterNamePattern } from '../model/names.js';
import type { RolloutRecord } from '../model/rollout-record.js';
import { explainPause } from '../model/explain.js';
import { resultRows } from '../model/rows.js';
import { temporalError } from '../temporal/errors.js';
import { pastDurations } from '../temporal/past-rollouts.js';
import { viewRollout } from '../temporal/rollout-view.js';
import { lastRollout, NoWorker, type Rollout, RolloutFailed, rolloutResult } from '../temporal/rollouts.js';
import { describeSchedule } from '../temporal/schedules.js';
import { readRollout } from '../temporal/rollout-record.js';
import { listScheduled } from '../temporal/schedule-list.js';
import type { TemporalTarget } from '../temporal/target.js';
import { Bars } from './bars.js';
import { countTones, type ToneCounts } from './look.js';
import { Kept } from './kept.js';
import { giveOrder } from './orders.js';
import { recordView } from './record-view.js';
import type { Source } from './source.js';
import type { ClusterSummary, ClusterView, RolloutFacts, ScheduleFacts } from './view.js';

/** Every call to Temporal that a look makes has to be answered within this. */
const answersWithinMs = 10_000;
/** A list of clusters does not wait longer for what a rollout says of itself. */
const countedWithinMs = 3000;
/** Reading what a long rollout did takes longer. */
const readWithinMs = 30_000;
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
  const records = new Kept<RolloutRecord | null>(10);
  const bars = new Kept<Bars>(20);
  const durations = new Kept<PastDurations[]>(20);
  const within = <T>(limitMs: number, calls: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + limitMs, calls);
  const read = (cluster: string, runId: string): Promise<RolloutRecord | null> =>
    within(readWithinMs, () => readRollout(client, cluster, runId));

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
            ({ groups }) => countTones(resultRows(groups, {})),
            (err: unknown) => orNull(err, RolloutFailed),
          ),
        );

  /** What the history of a rollout tells. */
  const fromHistory = async (
    name: string,
    rollout: Rollout,
    schedule: ScheduleFacts | null,
  ): Promise<ClusterView> => {
    const record = await records.of(
      `${rollout.runId} ${rollout.status}`,
      () => read(name, rollout.runId),
      (made) => (made && made.gaps.length === 0 && !rollout.running ? Infinity : readAgainMs),
    );
    return record
      ? recordView(name, record, factsOf(rollout), schedule)
      : { ...withoutRollout(name, schedule), gaps: ['The server has lost what its last rollout did.'] };
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
    const seen = await bars.of(status.rolloutId, async () => new Bars(await read(name, rollout.runId)));
    const queued = (is: 'paused' | 'skipped'): string[] =>
      status.queued.flatMap((one) => (one[is] ? [one.ec2InstanceId] : []));
    return {
      name,
      schedule,
      rollout: factsOf(rollout),
      headline,
      gaps: [],
      progress,
      progressWords: progressWords(seenNow, Date.now()),
      paused: status.paused && explainPause(status.paused),
      instances: rows,
      pausedInstances: queued('paused'),
      skippedInstances: queued('skipped'),
      orders: status.steering,
      bars: seen.see({ status, inFlight, instances: rows }),
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
        if (!rollout) return schedule && withoutRollout(name, schedule);
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
    sentenceOf: (err) => {
      if (isGrpcServiceError(err)) return temporalError(err, target).message;
      return err instanceof Error ? err.message : String(err);
    },
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

async function scheduleFacts(client: Client, name: string): Promise<ScheduleFacts | null> {
  const schedule = await describeSchedule(client, name);
  if (!schedule) return null;
  const { state, info } = schedule;
  return {
    next: info.nextActionTimes[0]?.toISOString() ?? null,
    paused: state.paused ? (state.note ?? '') : null,
  };
}

const withoutRollout = (name: string, schedule: ScheduleFacts | null): ClusterView => ({
  name,
  schedule,
  rollout: null,
  headline: `There has been no rollout of ${name}.`,
  gaps: [],
  progress: null,
  progressWords: '',
  paused: null,
  instances: [],
  pausedInstances: [],
  skippedInstances: [],
  orders: [],
  bars: [],
});
