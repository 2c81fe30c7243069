import type { Client } from '@temporalio/client';
import { Command } from 'commander';
import { recordRows } from '../model/rows.js';
import { readRollout } from '../temporal/rollout-record.js';
import { pastDurations } from '../temporal/past-rollouts.js';
import { explainSchedulePause, readSchedulePause, type SchedulePause } from '../model/schedule-pause.js';
import type { SteeringRecord } from '../model/steering-record.js';
import { lastRollout, NoWorker, type Rollout, RolloutFailed, rolloutResult } from '../temporal/rollouts.js';
import { ordersSince } from '../temporal/orders.js';
import { listScheduled, type ScheduledCluster } from '../temporal/schedule-list.js';
import { describeSchedule, pauseOf } from '../temporal/schedules.js';
import { noSchedule, withTemporal } from './shared/context.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { instanceTable, mostRows, type TableChoice } from './shared/instance-table.js';
import { type OutputForm, outputOption, printed } from './shared/output.js';
import { orderLine } from './shared/footer.js';
import { plainText } from '../worker/plain-text.js';
import { viewRollout } from '../temporal/rollout-view.js';
import { type Screen, screenOf } from './shared/screen.js';
import { watchRollout, wholeView } from './shared/watch.js';

interface StatusFlags {
  cluster?: string;
  watch?: true;
  all?: true;
  output: OutputForm | 'wide';
}

/** `ecs-updater status`: the rollout that runs, or the last one. */
export function statusCommand(): Command {
  return new Command('status')
    .summary('show the rollout that runs, or the last one')
    .description(
      `One row per instance of a cluster; without --cluster one line per cluster. A rollout that runs is asked, which needs a worker. STATE is the phase of an instance, or what
became of it, TARGET STATE the phase that comes next. ATTEMPTS says how often the target version was tried on it, this time included, as
far as the instance remembers. Where there are more than ${mostRows} instances, a terminal shows first those in flight and those that are not well.`.replaceAll(
        '\n',
        ' ',
      ),
    )
    .option('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .option('--watch', 'show it until the rollout has ended')
    .option('--all', 'show every instance, however many there are')
    .addOption(outputOption('wide'))
    .addHelpText(
      'after',
      examples(
        'ecs-updater status',
        'ecs-updater status --cluster prod',
        'ecs-updater status --cluster prod --watch',
        'ecs-updater status --cluster prod -o wide --all',
        'ecs-updater status --cluster prod -o json',
      ),
    )
    .action(async (flags: StatusFlags) => {
      if (flags.watch && (isForPrograms(flags.output) || !flags.cluster)) {
        throw new CommandError('--watch goes with --cluster and a table.', exitCodes.usage);
      }
      await withTemporal(async (client) => {
        if (flags.cluster) await showCluster(client, flags.cluster, flags);
        else await showAll(client, flags.output);
      });
    });
}

const isForPrograms = (output: StatusFlags['output']): output is 'json' | 'yaml' =>
  output === 'json' || output === 'yaml';

async function showCluster(
  client: Client,
  cluster: string,
  { watch, all, output }: StatusFlags,
): Promise<void> {
  const rollout = await lastRollout(client, cluster);
  if (!rollout) throw new CommandError(await noRollout(client, cluster));
  const wide = output === 'wide';
  if (watch) {
    await watchRollout(client, cluster, process.stdout, { wide, ...(all && { rows: Infinity }) });
    await sayHowItBroke(client, cluster);
    return;
  }
  const past = rollout.running ? await pastDurations(client, cluster) : [];
  const between = rollout.closedAt ? await sinceRollout(client, cluster, rollout.closedAt) : null;
  const screen = screenOf();
  // Whoever reads from a pipe searches it.
  const choice = { wide, rows: all || screen.columns === null ? Infinity : mostRows };
  const view = await viewRollout(client, cluster, rollout, past).catch((err: unknown) => {
    if (err instanceof NoWorker) return err;
    throw err;
  });
  if (view instanceof NoWorker) {
    if (rollout.running || isForPrograms(output)) throw new CommandError(unanswered(cluster, rollout, view));
    await showRecord(client, cluster, rollout, between?.orders ?? [], { screen, choice });
    return;
  }
  if (isForPrograms(output)) {
    const { status, rows, progress, leftMs } = view;
    process.stdout.write(printed(output, { ...rollout, ...status, ...between, progress, leftMs, rows }));
    return;
  }
  write(wholeView(view, screen, choice));
  for (const order of between?.orders ?? []) write(orderLine(order));
  if (between?.schedulePause) write(plainText(`${explainSchedulePause(cluster, between.schedulePause)}.`));
  if (!rollout.running) await sayHowItBroke(client, cluster);
}

/** Why there is nothing to show. */
async function noRollout(client: Client, cluster: string): Promise<string> {
  const isScheduled = (await describeSchedule(client, cluster)) !== null;
  return isScheduled
    ? `there has been no rollout of ${cluster}. Start one with: ecs-updater run --cluster ${cluster}`
    : noSchedule(client, cluster);
}

/** Why a rollout cannot be shown, and what can be had all the same. */
const unanswered = (cluster: string, rollout: Rollout, { message }: NoWorker): string =>
  `${cluster}: ${serverLine(rollout)}, but ${message}${rollout.running ? '' : `, or read it without one: ecs-updater report --cluster ${cluster} --json -`}`;

/** A rollout that is over, by its history alone: nobody is there who could be asked. */
async function showRecord(
  client: Client,
  cluster: string,
  rollout: Rollout,
  ordersSinceThen: readonly SteeringRecord[],
  { screen, choice }: { screen: Screen; choice: TableChoice },
): Promise<void> {
  const record = await readRollout(client, cluster, rollout.runId);
  if (!record) throw new CommandError(await noRollout(client, cluster));
  write(`${instanceTable(recordRows(record.instances), screen, choice)}\n`);
  for (const order of [...record.steering, ...ordersSinceThen]) write(orderLine(order));
  write(plainText(`${cluster}: ${serverLine(rollout)}.`));
  for (const gap of record.gaps) process.stderr.write(`${plainText(gap)}\n`);
  await sayHowItBroke(client, cluster);
}

/** What an operator has done since the last rollout, that the next one heeds. */
async function sinceRollout(
  client: Client,
  cluster: string,
  closedAt: Date,
): Promise<{ schedulePause: SchedulePause | null; orders: SteeringRecord[] }> {
  const schedule = await describeSchedule(client, cluster);
  return {
    schedulePause: schedule && pauseOf(schedule),
    orders: await ordersSince(client, cluster, closedAt),
  };
}

/** A rollout that failed or was terminated could not say so itself. */
async function sayHowItBroke(client: Client, cluster: string): Promise<void> {
  try {
    await rolloutResult(client, cluster);
  } catch (err) {
    if (!(err instanceof RolloutFailed)) throw err;
    write(plainText(err.message));
  }
}

const serverLine = ({ running, status, startedAt, closedAt }: Rollout): string =>
  running
    ? `a rollout runs since ${startedAt.toISOString()}`
    : `the last rollout (${startedAt.toISOString()} to ${closedAt?.toISOString() ?? '?'}) is ${status}`;

async function showAll(client: Client, output: StatusFlags['output']): Promise<void> {
  const found: (ScheduledCluster & { rollout: Rollout | null })[] = [];
  for (const scheduled of await listScheduled(client))
    found.push({ ...scheduled, rollout: await lastRollout(client, scheduled.cluster) });
  if (isForPrograms(output)) {
    process.stdout.write(printed(output, found));
    return;
  }
  for (const { cluster, rollout, next, paused } of found) {
    const last = rollout ? serverLine(rollout) : 'there has been no rollout';
    const pause = paused === null ? null : readSchedulePause({ paused: true, note: paused });
    const coming = pause ? explainSchedulePause(cluster, pause) : next && `next ${next}`;
    write(plainText(`${cluster}: ${last}${coming ? `; ${coming}` : ''}`));
  }
  if (found.length === 0) write('no cluster is scheduled. See: ecs-updater init --help');
}

const write = (text: string): void => void process.stdout.write(`${text}\n`);
