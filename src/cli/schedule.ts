import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Client } from '@temporalio/client';
import { Command, Option } from 'commander';
import { type AwsPlace, createClients } from '../aws/clients.js';
import {
  ClusterNotFound,
  drainedBy,
  findCluster,
  NoRegion,
  removeEvery,
  removeMarks,
  removeQuarantines,
} from '../aws/cluster.js';
import { deleteDocuments, ForeignDocument, putDocuments } from '../aws/documents.js';
import { isDenied } from '../aws/looks.js';
import {
  behindAttribute,
  drainedAttribute,
  failedAttribute,
  holdAttribute,
  pauseAttribute,
  scheduleId,
  skipAttribute,
} from '../model/names.js';
import type { RolloutSettings } from '../model/settings.js';
import type { RolloutInput } from '../model/steering.js';
import { cron, timeZone } from '../config/places.js';
import { lastRollout } from '../temporal/rollouts.js';
import {
  deleteSchedule,
  describeSchedule,
  describeSchedules,
  inputOf,
  putSchedule,
  scheduledClusters,
  ScheduleOfAnotherCluster,
  ScheduleRefused,
} from '../temporal/schedules.js';
import { readScheduled, type RolloutTimes } from '../temporal/scheduled.js';
import { lookAtSearchAttributes } from '../temporal/search-attributes.js';
import { temporalTarget } from '../temporal/target.js';
import { defaultInstallation, noSchedule, withTemporal } from './shared/context.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { durationOption, fieldOption } from './shared/options.js';
import { addSettingsFlags, settingsFrom, type SettingsFlags } from './shared/settings-flags.js';

interface ScheduleFlags extends SettingsFlags {
  cluster: string;
  name?: string;
  cron?: string;
  timeZone: string;
  jitter: number;
  updateDocuments?: true;
  delete?: true;
  purge?: true;
}

/** `ecs-updater schedule`: creates, updates or removes a cluster's Schedule. */
export function scheduleCommand(): Command {
  const command = new Command('schedule')
    .summary("create or update a cluster's Schedule, or remove it")
    .description(
      "Creates or updates the Temporal Schedule that starts a cluster's rollouts, with all their settings, and the three SSM " +
        'documents if they are missing. A setting that is not given has its default, also when the Schedule exists already.',
    )
    .requiredOption('--cluster <name|arn>', 'the ECS cluster')
    .option('--name <name>', "its name in this installation (default: the cluster's own)")
    .addOption(
      new Option('--cron <expression>', "when rollouts start, as '0 */12 * * *'").argParser(
        fieldOption(cron),
      ),
    )
    .addOption(
      new Option('--time-zone <name>', 'IANA time zone of --cron')
        .default('Etc/UTC')
        .argParser(fieldOption(timeZone)),
    )
    .addOption(
      new Option('--jitter <duration>', 'put off each start by up to this')
        .default(0, '0s')
        .argParser(durationOption),
    )
    .option('--update-documents', 'allow new versions of SSM documents that differ from ours')
    .option('--delete', 'remove the Schedule')
    .option('--purge', 'with --delete: remove our instance attributes and SSM documents, too');
  return addSettingsFlags(command)
    .addHelpText(
      'after',
      examples(
        "ecs-updater schedule --cluster prod --cron '0 */12 * * *'",
        "ecs-updater schedule --cluster prod --cron '0 3 * * 1-5' --time-zone Europe/Berlin --jitter 30m --max-unavailable 10%",
        'ecs-updater schedule --cluster prod --delete --purge',
      ),
    )
    .action(async (flags: ScheduleFlags) => {
      if (flags.purge && !flags.delete)
        throw new CommandError('--purge goes with --delete.', exitCodes.usage);
      if (flags.delete) {
        await withTemporal((client) => remove(client, flags));
        return;
      }
      // Before anybody is asked: what is wrong with a flag can be said without Temporal and AWS.
      const times = timesFrom(flags);
      const settings = settingsFrom(flags, { installation: defaultInstallation(temporalTarget()) });
      await withTemporal((client) => put(client, flags, times, settings));
    });
}

function timesFrom({ cron, timeZone, jitter }: ScheduleFlags): RolloutTimes {
  if (!cron) throw new CommandError("give --cron, as '0 */12 * * *', or --delete.", exitCodes.usage);
  return { cron: [cron], timeZone, jitterMs: jitter };
}

async function put(
  client: Client,
  flags: ScheduleFlags,
  times: RolloutTimes,
  settings: RolloutSettings,
): Promise<void> {
  const { ecs, ssm } = createClients();
  const { clusterName, arn, region } = await findCluster(ecs, flags.cluster).catch(asUsage);
  const name = flags.name ?? clusterName;
  const existing = await describeSchedule(client, name);
  const other = existing && inputOf(existing)?.cluster.arn;
  if (other && other !== arn) {
    throw new CommandError(
      `Schedule ${scheduleId(name)} is for ${other}. Give this cluster another name by --name.`,
      exitCodes.usage,
    );
  }
  await refuseTwin(client, name, arn);
  const { documents, changes } = await putDocuments(ssm, flags.updateDocuments === true).catch(asUsage);
  for (const { name: document, version, change } of changes)
    say(`SSM document ${document} version ${version}: ${change}`);
  const owner = existing && readScheduled(existing)?.madeBy;
  if (owner?.command === 'apply') {
    process.stderr.write(
      `Schedule ${scheduleId(name)} was applied from ${owner.configuration ? `the configuration ${owner.configuration}` : 'a configuration file'}: the next apply of that changes it back.\n`,
    );
  }
  const registered = (await lookAtSearchAttributes(client)).kind === 'there';
  const input: RolloutInput = {
    cluster: { name, arn, region },
    documents,
    settings,
    ...(registered && { searchAttributes: true }),
  };
  const change = await putSchedule(client, input, times).catch(asUsage);
  const next = (await describeSchedule(client, name))?.info.nextActionTimes[0];
  say(`Schedule ${scheduleId(name)}: ${change}${next ? `; next rollout ${next.toISOString()}` : ''}`);
}

/** Refuses a second Schedule for one ECS cluster: the rollouts of one would give back what those of the other have in hand. */
async function refuseTwin(client: Client, name: string, arn: string): Promise<void> {
  const others = (await scheduledClusters(client)).filter((other) => other !== name);
  for (const [other, schedule] of await describeSchedules(client, others)) {
    if (inputOf(schedule)?.cluster.arn !== arn) continue;
    throw new CommandError(
      `Schedule ${scheduleId(other)} is for this ECS cluster already. Change that one by --name ${other}, ` +
        `or remove it first: ecs-updater schedule --cluster ${arn} --name ${other} --delete`,
      exitCodes.usage,
    );
  }
}

async function remove(client: Client, flags: ScheduleFlags): Promise<void> {
  const name =
    flags.name ?? (flags.cluster.includes('/') ? (flags.cluster.split('/').at(-1) ?? '') : flags.cluster);
  const rollout = await lastRollout(client, name);
  if (rollout?.running) {
    throw new CommandError(
      `a rollout of ${name} is running. Wait for it, or cancel it (ecs-updater cancel --cluster ${name}), which gives its instances back.`,
      exitCodes.alreadyRunning,
    );
  }
  const schedule = await describeSchedule(client, name);
  const input = schedule && inputOf(schedule);
  if (!input && !flags.purge) throw new CommandError(await noSchedule(client, name));
  if (flags.purge) {
    const installation =
      input?.settings.installation ?? flags.installation ?? defaultInstallation(client.options);
    await purge(client, input?.cluster ?? { arn: flags.cluster }, name, installation);
  }
  // Last: where the cluster is, a second try reads there.
  if (await deleteSchedule(client, name)) say(`Schedule ${scheduleId(name)}: removed`);
}

/** Removes what is ours in AWS: where the Schedule says that the cluster is, and under its role; else where the environment says. */
async function purge(
  client: Client,
  { arn: cluster, region, assume }: Partial<AwsPlace> & { arn: string },
  name: string,
  installation: string,
): Promise<void> {
  const { ecs, ssm } = createClients({ ...(region && { region }), assume });
  const { arn } = await findCluster(ecs, cluster).catch(asUsage);
  const left = await drainedBy(ecs, arn, installation);
  if (left.length > 0) {
    throw new CommandError(
      `${left.length === 1 ? '1 instance is' : `${left.length} instances are`} DRAINING through us: ${left.join(', ')}. Let a rollout give them back first (ecs-updater run), or set them ACTIVE.`,
    );
  }
  say(`instance attributes ${drainedAttribute}: ${await removeMarks(ecs, arn, installation)} removed`);
  for (const attribute of [failedAttribute, behindAttribute, pauseAttribute, skipAttribute, holdAttribute])
    say(`instance attributes ${attribute}: ${await removeEvery(ecs, arn, attribute)} removed`);
  say(`quarantines of the cluster: ${await removeQuarantines(ecs, arn)} removed`);
  await purgeDocuments(client, ssm, arn, name);
}

/** Removes the documents, unless others here send them; where they are the stack's, whoever removes the rest may not be allowed to. */
async function purgeDocuments(client: Client, ssm: SSMClient, arn: string, name: string): Promise<void> {
  const users = await usersOfDocuments(client, arn, name);
  if (users.length > 0) {
    say(`SSM documents: kept, as rollouts of ${users.join(', ')} send them`);
    return;
  }
  try {
    for (const document of await deleteDocuments(ssm)) say(`SSM document ${document}: removed`);
  } catch (err) {
    if (!isDenied(err)) throw err;
    say(
      'SSM documents: kept, as you may not delete them (ssm:DeleteDocument). A stack that has made them removes them with itself.',
    );
  }
}

/** Partition, Region and account of an ARN. */
const placeOf = (arn: string): string => arn.split(':').slice(0, 5).join(':');

/** Other clusters of the same account and Region that have a Schedule here: documents are there once for all of them. */
async function usersOfDocuments(client: Client, arn: string, name: string): Promise<string[]> {
  const users: string[] = [];
  for (const other of await scheduledClusters(client)) {
    if (other === name) continue;
    const schedule = await describeSchedule(client, other);
    const input = schedule && inputOf(schedule);
    if (input && placeOf(input.cluster.arn) === placeOf(arn)) users.push(other);
  }
  return users;
}

function asUsage(err: unknown): never {
  if (
    err instanceof ClusterNotFound ||
    err instanceof NoRegion ||
    err instanceof ForeignDocument ||
    err instanceof ScheduleRefused ||
    err instanceof ScheduleOfAnotherCluster
  ) {
    throw new CommandError(err.message, exitCodes.usage, { cause: err });
  }
  throw err;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
