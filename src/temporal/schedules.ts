import { randomUUID } from 'node:crypto';
import { type Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { batches } from '../model/batches.js';
import { scheduleId, taskQueue } from '../model/names.js';
import { readSchedulePause, type SchedulePause } from '../model/schedule-pause.js';
import type { RolloutInput } from '../model/steering.js';
import { invalidArgument } from './errors.js';
import { writerOf } from './payloads.js';
import { listScheduled } from './schedule-list.js';
import { isAsScheduled, type MadeBy, readScheduled, type RolloutTimes, scheduleParts } from './scheduled.js';

/** A schedule of this name belongs to another cluster. */
export class ScheduleOfAnotherCluster extends Error {
  override readonly name = 'ScheduleOfAnotherCluster';
}

/** Temporal cannot work with these times. */
export class ScheduleRefused extends Error {
  override readonly name = 'ScheduleRefused';
}

/** Creates the Schedule of a cluster, or brings the one there is up to date; a paused one stays paused. */
export async function putSchedule(
  client: Client,
  input: RolloutInput,
  times: RolloutTimes,
  madeBy: MadeBy = { command: 'schedule' },
): Promise<'created' | 'updated' | 'unchanged'> {
  const id = scheduleId(input.cluster.name);
  const wanted = { input, times, madeBy };
  const parts = scheduleParts(wanted);
  const existing = await describeSchedule(client, input.cluster.name);
  if (!existing) {
    const memo = { clusterArn: input.cluster.arn };
    await naming(times, () => client.schedule.create({ scheduleId: id, ...parts, memo }));
    return 'created';
  }
  const arn = inputOf(existing)?.cluster.arn;
  if (arn !== input.cluster.arn) {
    throw new ScheduleOfAnotherCluster(
      `Schedule ${id} is for ${arn ?? 'another kind of workflow'}, not for ${input.cluster.arn}. ` +
        'Give this cluster another name by --name.',
    );
  }
  if (isAsScheduled(existing, wanted, writerOf(client))) return 'unchanged';
  await naming(times, () => client.schedule.getHandle(id).update(({ state }) => ({ ...parts, state })));
  return 'updated';
}

/** Temporal says what is wrong with a cron expression, the SDK as a TypeError, but not that it speaks of one. */
async function naming<T>({ cron }: RolloutTimes, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (err) {
    if (!(err instanceof TypeError)) throw err;
    throw new ScheduleRefused(`--cron '${cron.join("', '")}' cannot be used: ${err.message}.`, {
      cause: err,
    });
  }
}

/**
 * Why Temporal would refuse a cron expression in a time zone; null: it would not. Asked by an update of a Schedule that cannot be there:
 * the server looks at the times first.
 */
export async function refusalOfTimes(client: Client, cron: string, timeZone: string): Promise<string | null> {
  try {
    await client.workflowService.updateSchedule({
      namespace: client.options.namespace,
      scheduleId: `${scheduleId('')}:times`,
      requestId: randomUUID(),
      schedule: {
        spec: { cronString: [cron], timezoneName: timeZone },
        action: {
          startWorkflow: {
            workflowId: 'none',
            workflowType: { name: 'none' },
            taskQueue: { name: taskQueue },
          },
        },
      },
    });
    return null;
  } catch (err) {
    const reason = invalidArgument(err);
    return reason?.replace(/^Invalid schedule spec: /, '') ?? null;
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

/** The Schedules of these clusters that there are, by name. */
export async function describeSchedules(
  client: Client,
  clusters: readonly string[],
): Promise<Map<string, ScheduleDescription>> {
  const found = new Map<string, ScheduleDescription>();
  for (const batch of batches([...new Set(clusters)], 20)) {
    await Promise.all(
      batch.map(async (name) => {
        const schedule = await describeSchedule(client, name);
        if (schedule) found.set(name, schedule);
      }),
    );
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Names of the clusters that have a Schedule here, as Temporal lists them: one made a moment ago may be missing. */
export async function scheduledClusters(client: Client): Promise<string[]> {
  return (await listScheduled(client)).map(({ cluster }) => cluster);
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

/** Who has paused a Schedule; null: nobody. */
export const pauseOf = ({ state }: ScheduleDescription): SchedulePause | null =>
  readSchedulePause({ paused: state.paused, note: state.note ?? '' });

/** What a Schedule of ours starts its rollouts with; null if it is none of ours. */
export const inputOf = (schedule: ScheduleDescription): RolloutInput | null =>
  readScheduled(schedule)?.input ?? null;
