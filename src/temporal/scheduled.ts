import { isDeepStrictEqual } from 'node:util';
import { type ScheduleDescription, ScheduleOverlapPolicy } from '@temporalio/client';
import { scheduleId, taskQueue } from '../model/names.js';
import { isRolloutInput, type RolloutInput } from '../model/steering.js';
import { keyIdOf } from './encryption/codec.js';
import { clusterIn, foundBy } from './search-attributes.js';

/** When a cluster's rollouts start. */
export interface RolloutTimes {
  cron: readonly string[];
  /** IANA name. */
  timeZone: string;
  /** Each start is put off by up to this, in milliseconds. */
  jitterMs: number;
}

/** Which command made a Schedule as it is. */
export type MadeBy =
  | { command: 'schedule' }
  /** `configuration`: the name of the file; null: it has none. */
  | { command: 'apply'; configuration: string | null };

/** What a Schedule of ours says. */
export interface Scheduled {
  input: RolloutInput;
  times: RolloutTimes;
  madeBy: MadeBy;
}

/** What is the same in every Schedule of ours, unless somebody changed it by hand. */
export interface Fixed {
  workflowType: string;
  taskQueue: string;
  summary: string;
  /** The cluster that is named by its search attribute; empty: it has none. */
  foundBy: string;
  overlap: string;
  catchupWindowMs: number;
  pauseOnFailure: boolean;
  /** Times that are given otherwise than by cron expressions. */
  otherTimes: number;
  /** The key by which what rollouts start with is encrypted; empty: it is not. */
  encryptedWith: string;
}

/** A start that was missed while Temporal was away is made up for within this time. */
const catchupWindowMs = 3_600_000;

/** What Temporal is told of a Schedule: the parts that are ours. */
export function scheduleParts({ input, times, madeBy }: Scheduled) {
  return {
    spec: {
      // Temporal keeps no expression, but the comment after one: by it we know the Schedule again.
      cronExpressions: times.cron.map((expression) => `${expression} # ${expression}`),
      timezone: times.timeZone,
      jitter: times.jitterMs,
    },
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: catchupWindowMs,
      pauseOnFailure: false,
    },
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'startRollout',
      args: [input],
      taskQueue,
      workflowId: scheduleId(input.cluster.name),
      staticSummary: summaryOf(input),
      ...foundBy(input),
      // Of the action, since the memo of a Schedule itself cannot be changed.
      memo: { clusterArn: input.cluster.arn, madeBy },
    },
  };
}

const summaryOf = ({ cluster }: RolloutInput): string => `Update ${cluster.name}`;

/** What stands in a Schedule; null: it is none of ours. */
export function readScheduled({ action, spec }: ScheduleDescription): Scheduled | null {
  if (action.type !== 'startWorkflow') return null;
  const input: unknown = action.args?.[0];
  if (!isRolloutInput(input)) return null;
  return {
    input,
    times: {
      // One without a comment was changed by hand.
      cron: (spec.calendars ?? []).map(({ comment }) => comment || 'set by hand'),
      timeZone: spec.timezone ?? '',
      jitterMs: spec.jitter ?? 0,
    },
    madeBy: readMadeBy(action.memo?.['madeBy']),
  };
}

/** What else stands in a Schedule of ours. */
export function readFixed({ action, spec, policies, raw }: ScheduleDescription): Fixed {
  const [input] = raw.schedule?.action?.startWorkflow?.input?.payloads ?? [];
  return {
    workflowType: action.workflowType,
    taskQueue: action.taskQueue,
    summary: action.staticSummary ?? '',
    foundBy: clusterIn(action.typedSearchAttributes),
    overlap: policies.overlap ?? '',
    catchupWindowMs: policies.catchupWindow,
    pauseOnFailure: policies.pauseOnFailure,
    otherTimes:
      (spec.intervals ?? []).length +
      (spec.skip ?? []).length +
      (spec.startAt ? 1 : 0) +
      (spec.endAt ? 1 : 0),
    encryptedWith: (input && keyIdOf(input)) ?? '',
  };
}

/** What should stand there, where this key encrypts; undefined: none does. */
export const fixedOf = ({ input }: Scheduled, writer: string | undefined): Fixed => ({
  workflowType: 'startRollout',
  taskQueue,
  summary: summaryOf(input),
  foundBy: input.searchAttributes ? input.cluster.name : '',
  overlap: 'SKIP',
  catchupWindowMs,
  pauseOnFailure: false,
  otherTimes: 0,
  encryptedWith: writer ?? '',
});

/** Whether a Schedule is already as it should be, where this key encrypts. */
export function isAsScheduled(
  existing: ScheduleDescription,
  wanted: Scheduled,
  writer: string | undefined,
): boolean {
  const found = readScheduled(existing);
  return (
    found !== null &&
    isDeepStrictEqual(plain(found), plain(wanted)) &&
    isDeepStrictEqual(readFixed(existing), fixedOf(wanted, writer))
  );
}

/** As it comes back from Temporal. */
const plain = (value: Scheduled): unknown => JSON.parse(JSON.stringify(value));

function readMadeBy(madeBy: unknown): MadeBy {
  if (typeof madeBy === 'object' && madeBy !== null && 'command' in madeBy && madeBy.command === 'apply') {
    const name = 'configuration' in madeBy ? madeBy.configuration : null;
    return { command: 'apply', configuration: typeof name === 'string' ? name : null };
  }
  return { command: 'schedule' };
}
