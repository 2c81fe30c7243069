import { userInfo } from 'node:os';
import type { Client } from '@temporalio/client';
import { closest } from '../../config/closest.js';
import type { RolloutInput } from '../../model/steering.js';
import { connectClient } from '../../temporal/connection.js';
import { listScheduled } from '../../temporal/schedule-list.js';
import { describeSchedule, inputOf } from '../../temporal/schedules.js';
import { CommandError } from './errors.js';

/** Runs something with a client of the Temporal that the environment names, and closes it. */
export async function withTemporal<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const { client, close } = await connectClient();
  try {
    return await work(client);
  } finally {
    await close();
  }
}

/** The name under which instances are marked where none is given. */
export const defaultInstallation = ({ namespace }: { namespace: string }): string => namespace.slice(0, 32);

/** Who gives the order, as messages and reports name them. */
export function operator(env: NodeJS.ProcessEnv = process.env): string {
  try {
    return env['ECS_UPDATER_OPERATOR'] || userInfo().username;
  } catch {
    // A container may run under a user id without a name.
    return 'unknown';
  }
}

/** What a cluster's Schedule starts its rollouts with. Ends the command if there is no such Schedule. */
export async function scheduledInput(client: Client, cluster: string): Promise<RolloutInput> {
  const schedule = await describeSchedule(client, cluster);
  const input = schedule && inputOf(schedule);
  if (!input) throw new CommandError(await noSchedule(client, cluster));
  return input;
}

/** The sentence for a cluster without a Schedule. */
export async function noSchedule(client: Client, cluster: string): Promise<string> {
  const scheduled = await listScheduled(client);
  const meant = closest(
    cluster,
    scheduled.map((one) => one.cluster),
  );
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `there is no Schedule for ${cluster}.${hint} Create one with: ecs-updater apply, or ecs-updater schedule --cluster ${cluster} --cron '0 */12 * * *'`;
}
