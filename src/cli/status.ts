import type { Client } from '@temporalio/client';
import { Command, Option } from 'commander';
import { scheduleId } from '../model/names.js';
import { lastRollout, NoWorker, type Rollout, RolloutFailed, rolloutResult } from '../temporal/rollouts.js';
import { withTemporal } from './shared/context.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { viewRollout } from './shared/rollout-view.js';
import { instanceTable } from './shared/table.js';
import { watchRollout } from './shared/watch.js';

interface StatusFlags {
  cluster?: string;
  watch?: true;
  output: 'table' | 'json';
}

/** `ecs-updater status`: the rollout that runs, or the last one. */
export function statusCommand(): Command {
  return new Command('status')
    .summary('show the rollout that runs, or the last one')
    .description('One row per instance of a cluster; without --cluster one line per cluster. Needs a worker.')
    .option('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .option('--watch', 'show it until the rollout has ended')
    .addOption(
      new Option('-o, --output <form>', 'how to print it').choices(['table', 'json']).default('table'),
    )
    .addHelpText(
      'after',
      examples(
        'ecs-updater status',
        'ecs-updater status --cluster prod',
        'ecs-updater status --cluster prod --watch',
        'ecs-updater status --cluster prod -o json',
      ),
    )
    .action(async (flags: StatusFlags) => {
      if (flags.watch && (flags.output === 'json' || !flags.cluster)) {
        throw new CommandError('--watch goes with --cluster and a table.', exitCodes.usage);
      }
      await withTemporal(async (client) => {
        if (flags.cluster) await showCluster(client, flags.cluster, flags);
        else await showAll(client, flags.output);
      });
    });
}

async function showCluster(client: Client, cluster: string, { watch, output }: StatusFlags): Promise<void> {
  const rollout = await lastRollout(client, cluster);
  if (!rollout)
    throw new CommandError(
      `there has been no rollout of ${cluster}. Start one with: ecs-updater run --cluster ${cluster}`,
    );
  if (watch) {
    await watchRollout(client, cluster, process.stdout);
    await sayHowItBroke(client, cluster);
    return;
  }
  const view = await viewRollout(client, cluster, rollout).catch((err: unknown) => {
    if (err instanceof NoWorker)
      throw new CommandError(`${serverLine(cluster, rollout)}, but ${err.message}`);
    throw err;
  });
  if (output === 'json') {
    write(JSON.stringify({ ...rollout, ...view.status, rows: view.rows }, null, 2));
    return;
  }
  write(`${instanceTable(view.rows, process.stdout.columns)}\n\n${view.headline}`);
  if (!rollout.running) await sayHowItBroke(client, cluster);
}

/** A rollout that failed or was terminated could not say so itself. */
async function sayHowItBroke(client: Client, cluster: string): Promise<void> {
  try {
    await rolloutResult(client, cluster);
  } catch (err) {
    if (!(err instanceof RolloutFailed)) throw err;
    write(err.message);
  }
}

const serverLine = (cluster: string, { running, status, startedAt, closedAt }: Rollout): string =>
  running
    ? `a rollout of ${cluster} runs since ${startedAt.toISOString()}`
    : `the last rollout of ${cluster} (${startedAt.toISOString()} to ${closedAt?.toISOString() ?? '?'}) is ${status}`;

async function showAll(client: Client, output: StatusFlags['output']): Promise<void> {
  const prefix = scheduleId('');
  const found: { cluster: string; rollout: Rollout | null; next: string | null }[] = [];
  for await (const schedule of client.schedule.list()) {
    if (!schedule.scheduleId.startsWith(prefix)) continue;
    const cluster = schedule.scheduleId.slice(prefix.length);
    const next = schedule.info.nextActionTimes[0]?.toISOString() ?? null;
    found.push({ cluster, rollout: await lastRollout(client, cluster), next });
  }
  if (output === 'json') {
    write(JSON.stringify(found, null, 2));
    return;
  }
  for (const { cluster, rollout, next } of found) {
    const last = rollout ? serverLine(cluster, rollout) : `there has been no rollout of ${cluster}`;
    write(`${cluster}: ${last}${next ? `; next ${next}` : ''}`);
  }
  if (found.length === 0) write('no cluster is scheduled. See: ecs-updater schedule --help');
}

const write = (text: string): void => void process.stdout.write(`${text}\n`);
