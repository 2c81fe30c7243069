import { ActivityFailure, CancellationScope, log, rootCause } from '@temporalio/workflow';
import type { Steering } from '../../src/model/reason.js';
import {
  explainSchedule,
  type SchedulePaused,
  type ScheduleResumed,
} from '../../src/model/schedule-pause.js';
import type { ClusterRun } from '../cluster-run.js';
import { refuse } from '../messages.js';
import { answering } from '../proxies.js';
import { type Message, said } from './message.js';
import { note } from './orders.js';
import { settled } from './settled.js';

/** Lets the cluster, or one instance, wait. The cluster's Schedule waits with it. */
export const pause = (run: ClusterRun): Message => ({
  description:
    'Starts nothing new until resumed, in the cluster or on one instance; what is in flight finishes',
  objection: ({ instance }) => {
    if (instance === undefined) return null;
    if (run.inFlight.has(instance))
      return `${instance} is in flight; what has begun finishes. Skip it to have it given back.`;
    return settled(run, instance);
  },
  act: async (payload) => {
    const { instance } = payload;
    const paused = { ...said(payload), since: new Date().toISOString() };
    run.record('pause', payload);
    if (instance !== undefined) {
      run.pauseInstance(instance, paused);
      return `${instance} waits until it is resumed.${await note(run, 'pause', payload)}`;
    }
    run.pause(paused);
    const sentence = `Nothing new starts in ${run.input.cluster.name} until it is resumed; ${whatFinishes(run.inFlight.size)}.`;
    const { text } = await alignSchedule(run, said(payload));
    return sentence + text;
  },
});

/** Of so many in flight, as a clause. */
const whatFinishes = (inFlight: number): string =>
  inFlight === 0 ? 'none is in flight' : `${inFlight} in flight ${inFlight === 1 ? 'finishes' : 'finish'}`;

/** Ends a pause. */
export const resume = (run: ClusterRun): Message => ({
  description: 'Ends a pause, of the cluster or of one instance',
  objection: ({ instance }) =>
    instance === undefined || run.pausedInstances.has(instance) ? null : `${instance} is not paused.`,
  act: async (payload) => {
    const { instance } = payload;
    const { name } = run.input.cluster;
    if (instance !== undefined) {
      run.record('resume', payload);
      run.resumeInstance(instance);
      return `${instance} goes on.${await note(run, 'resume', payload)}`;
    }
    const wasPaused = run.paused !== null;
    if (wasPaused) run.record('resume', payload);
    run.pause(null);
    // A rollout that somebody started all the same is not paused, while its Schedule is.
    const { found, text } = await alignSchedule(run, said(payload));
    if (!wasPaused) {
      const wasOurs = found?.kind === 'resumed' || (found?.kind === 'left-paused' && found.wasOurs);
      if (!wasOurs) return refuse(`${name} is not paused.${text}`);
      run.record('resume', payload);
    }
    return `${name} goes on.${text}`;
  },
});

interface Alignment {
  /** What was found; null: the Schedule could not be changed. */
  found: SchedulePaused | ScheduleResumed | null;
  /** What follows, as a sentence after another; may be empty. */
  text: string;
}

/**
 * Pauses the Schedule with the rollout, and resumes it with it: one at a time, and by what then is so, so that the last order counts. A
 * Schedule that cannot be changed is told of, and holds up nothing.
 */
function alignSchedule(run: ClusterRun, { by, reason }: Steering): Promise<Alignment> {
  const turn = run.aligned.then(() => align(run, { by, reason }));
  run.aligned = turn.then(() => undefined);
  return turn;
}

async function align(
  run: ClusterRun,
  orderer: { by: string | undefined; reason: string | undefined },
): Promise<Alignment> {
  const { paused, input } = run;
  const cluster = input.cluster.name;
  const { by, reason } = orderer;
  try {
    const found = await CancellationScope.nonCancellable(
      async (): Promise<SchedulePaused | ScheduleResumed> =>
        paused
          ? answering(`pause the Schedule of ${cluster}`).pauseSchedule({ cluster, pause: paused })
          : answering(`resume the Schedule of ${cluster}`).resumeSchedule({
              cluster,
              ...(by !== undefined && { by }),
              ...(reason !== undefined && { reason }),
            }),
    );
    const text = explainSchedule(found);
    return { found, text: text && ` ${text}` };
  } catch (err) {
    if (!(err instanceof ActivityFailure)) throw err;
    const error = rootCause(err) ?? err.message;
    log.warn('the Schedule could not be changed', { error });
    return { found: null, text: ` Its Schedule could not be changed (${error}): look at it.` };
  }
}
