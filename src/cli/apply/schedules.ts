import type { Client, ScheduleDescription } from '@temporalio/client';
import { settingsOf } from '../../config/cluster-settings.js';
import type { Config } from '../../config/load.js';
import { scheduleId } from '../../model/names.js';
import { writerOf } from '../../temporal/payloads.js';
import { lastRollout } from '../../temporal/rollouts.js';
import { isAsScheduled, type MadeBy, readScheduled, type Scheduled } from '../../temporal/scheduled.js';
import { describeSchedules, refusalOfTimes, scheduledClusters } from '../../temporal/schedules.js';
import { exitCodes } from '../shared/errors.js';
import type { FoundCluster } from './places.js';
import type { Obstacle, SchedulePlan } from './plan.js';

/** What would become of each Schedule, of the file and of others. Changes nothing. */
export async function planSchedules(
  client: Client,
  config: Config,
  found: readonly FoundCluster[],
  { prune, searchAttributes }: { prune: boolean; searchAttributes: boolean },
): Promise<{ schedules: SchedulePlan[]; obstacles: Obstacle[] }> {
  const existing = await describeSchedules(client, [
    ...config.clusters.map(({ name }) => name),
    ...(await scheduledClusters(client)),
  ]);
  const obstacles: Obstacle[] = [];
  const refuse = (line: string, exitCode: number = exitCodes.usage): void =>
    void obstacles.push({ line, exitCode });

  const schedules: SchedulePlan[] = [];
  for (const one of found) {
    const { name } = one.ref;
    const wanted = wantedOf(one, config.name, searchAttributes);
    const there = existing.get(name);
    const fault = there && takenBy(there, wanted, config.name);
    if (fault) refuse(`${config.where(one.number, 'name')}: ${fault}`);
    schedules.push(
      there
        ? {
            name,
            kind: isAsScheduled(there, wanted, writerOf(client)) ? 'keep' : 'update',
            wanted,
            documents: one.documentsPlan,
            existing: there,
          }
        : { name, kind: 'create', wanted, documents: one.documentsPlan },
    );
    for (const cron of new Set(wanted.times.cron)) {
      const why = await refusalOfTimes(client, cron, wanted.times.timeZone);
      if (why !== null) {
        refuse(`${config.where(one.number, 'schedule', 'cron')} '${cron}' is refused by Temporal: ${why}.`);
      }
    }
  }

  const inFile = new Set(config.clusters.map(({ name }) => name));
  for (const [name, schedule] of existing) {
    const scheduled = readScheduled(schedule);
    if (inFile.has(name) || !scheduled) continue;
    const { input, madeBy } = scheduled;
    const foreign = whyForeign(madeBy, config.name);
    const why = foreign ?? (prune ? null : 'the file has it no more; --prune would remove it');
    if (why === null) schedules.push({ name, kind: 'remove', arn: input.cluster.arn });
    // Those of others matter to nobody who prunes nothing.
    else if (prune || foreign === null) schedules.push({ name, kind: 'leave', why });
    const twin = found.find(({ ref }) => ref.arn === input.cluster.arn);
    if (twin && why !== null) {
      refuse(
        `${config.where(twin.number, 'cluster')}: Schedule ${scheduleId(name)} is for the same ECS cluster (${why}). ` +
          `Remove it first: ecs-updater schedule --cluster ${input.cluster.arn} --name ${name} --delete`,
      );
    }
    if (why === null && (await lastRollout(client, name))?.running) {
      refuse(
        `Schedule ${scheduleId(name)} is to be removed, but a rollout of ${name} is running. Wait for it, or cancel it ` +
          `(temporal workflow cancel --workflow-id ${scheduleId(name)}), which gives its instances back.`,
        exitCodes.alreadyRunning,
      );
    }
  }
  return { schedules, obstacles };
}

function wantedOf(
  { ref, cluster, documents }: FoundCluster,
  configuration: string | null,
  searchAttributes: boolean,
): Scheduled {
  return {
    input: {
      cluster: ref,
      documents,
      settings: settingsOf(cluster),
      ...(searchAttributes && { searchAttributes: true }),
      ...(cluster.notifications.length > 0 && { notify: cluster.notifications }),
    },
    times: {
      cron: cluster.schedule.cron,
      timeZone: cluster.schedule.timeZone,
      jitterMs: cluster.schedule.jitter,
    },
    madeBy: { command: 'apply', configuration },
  };
}

/** Why a Schedule of this name must not be changed; undefined: it may. */
function takenBy(
  existing: ScheduleDescription,
  { input: { cluster } }: Scheduled,
  configuration: string | null,
): string | undefined {
  const id = scheduleId(cluster.name);
  const scheduled = readScheduled(existing);
  if (!scheduled) return `Schedule ${id} is for another kind of workflow. Give the cluster another name.`;
  const { arn } = scheduled.input.cluster;
  if (arn !== cluster.arn) return `Schedule ${id} is for ${arn}. Give the cluster another name.`;
  const { madeBy } = scheduled;
  const isOthers =
    madeBy.command === 'apply' && madeBy.configuration !== null && madeBy.configuration !== configuration;
  return isOthers
    ? `Schedule ${id} was applied from the configuration ${madeBy.configuration}. Take the cluster out there first.`
    : undefined;
}

/** Why a Schedule whose cluster is not in the file is none of the file's; null: it is. */
function whyForeign(madeBy: MadeBy, configuration: string | null): string | null {
  if (madeBy.command === 'schedule') return 'made by ecs-updater schedule';
  if (madeBy.configuration === null) return 'applied from a configuration without a name';
  return madeBy.configuration === configuration
    ? null
    : `applied from the configuration ${madeBy.configuration}`;
}
