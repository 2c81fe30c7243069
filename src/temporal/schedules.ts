import {
  type Client,
  ScheduleNotFoundError,
  type ScheduleDescription,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { scheduleId, taskQueue } from '../model/names.js';
import type { RolloutInput } from '../model/steering.js';

/** When a cluster's rollouts start. */
export interface RolloutTimes {
  cron: string;
  /** IANA name. */
  timeZone: string;
  /** Each start is put off by up to this, in milliseconds. */
  jitterMs: number;
}

/** A schedule of this name belongs to another cluster. */
export class ScheduleOfAnotherCluster extends Error {
  override readonly name = 'ScheduleOfAnotherCluster';
}

/** Temporal cannot work with these times. */
export class ScheduleRefused extends Error {
  override readonly name = 'ScheduleRefused';
}

/** A start that was missed while Temporal was away is made up for within this time. */
const catchupWindow = '1h';

/** Creates the Schedule of a cluster, or brings the one there is up to date; a paused one stays paused. */
export async function putSchedule(
  client: Client,
  input: RolloutInput,
  times: RolloutTimes,
): Promise<'created' | 'updated'> {
  const id = scheduleId(input.cluster.name);
  const spec = { cronExpressions: [times.cron], timezone: times.timeZone, jitter: times.jitterMs };
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow, pauseOnFailure: false } as const;
  const action = {
    type: 'startWorkflow',
    workflowType: 'startRollout',
    args: [input],
    taskQueue,
    workflowId: id,
    staticSummary: `Update ${input.cluster.name}`,
  } as const;
  const memo = { clusterArn: input.cluster.arn, ...times };
  const existing = await describeSchedule(client, input.cluster.name);
  if (!existing) {
    await naming(times, () => client.schedule.create({ scheduleId: id, spec, policies, action, memo }));
    return 'created';
  }
  const arn = inputOf(existing)?.cluster.arn;
  if (arn !== input.cluster.arn) {
    throw new ScheduleOfAnotherCluster(
      `Schedule ${id} is for ${arn ?? 'another kind of workflow'}, not for ${input.cluster.arn}. ` +
        'Give this cluster another name by --name.',
    );
  }
  await naming(times, () =>
    client.schedule.getHandle(id).update(({ state }) => ({ spec, policies, action, state })),
  );
  return 'updated';
}

/** Temporal says what is wrong with a cron expression, the SDK as a TypeError, but not that it speaks of one. */
async function naming<T>({ cron }: RolloutTimes, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (err) {
    if (!(err instanceof TypeError)) throw err;
    throw new ScheduleRefused(`--cron '${cron}' cannot be used: ${err.message}.`, { cause: err });
  }
}

/** The Schedule of a cluster; null if it has none. */
export async function describeSchedule(client: Client, cluster: string): Promise<ScheduleDescription | null> {
  try {
    return await client.schedule.getHandle(scheduleId(cluster)).describe();
  } catch (err) {
    if (err instanceof ScheduleNotFoundError) return null;
    throw err;
  }
}

/** Removes the Schedule of a cluster; false if it had none. */
export async function deleteSchedule(client: Client, cluster: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(scheduleId(cluster)).delete();
    return true;
  } catch (err) {
    if (err instanceof ScheduleNotFoundError) return false;
    throw err;
  }
}

/** What a Schedule of ours starts its rollouts with; null if it is none of ours. */
export function inputOf(schedule: ScheduleDescription): RolloutInput | null {
  const { action } = schedule;
  const input: unknown = action.type === 'startWorkflow' ? action.args?.[0] : undefined;
  return isRolloutInput(input) ? input : null;
}

const isRolloutInput = (input: unknown): input is RolloutInput =>
  typeof input === 'object' &&
  input !== null &&
  'cluster' in input &&
  'documents' in input &&
  'settings' in input;
