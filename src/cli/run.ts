import type { Client } from '@temporalio/client';
import { Command } from 'commander';
import { scheduleId } from '../model/names.js';
import { exitCodeOf } from '../model/report.js';
import {
  ClusterPaused,
  type Rollout,
  RolloutRunning,
  rolloutResult,
  triggerRollout,
} from '../temporal/rollouts.js';
import { scheduledInput, withTemporal } from './shared/context.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { watchRollout } from './shared/watch.js';

const beginsWithinMs = 30_000;

interface RunFlags {
  cluster: string;
  watch?: true;
  ignorePause?: true;
}

/** `ecs-updater run`: starts a rollout now. */
export function runCommand(): Command {
  return new Command('run')
    .summary('start a rollout now')
    .description(
      'Triggers the Schedule of a cluster. Refused while the cluster is paused. Exit code 3 if a rollout is running already; with --watch 1 if an instance was ' +
        'rolled back or failed, or failures or an error stopped the rollout.',
    )
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .option('--watch', 'show the rollout until it has ended')
    .option('--ignore-pause', 'start this one rollout although the cluster is paused')
    .addHelpText(
      'after',
      examples('ecs-updater run --cluster prod', 'ecs-updater run --cluster prod --watch'),
    )
    .action(async ({ cluster, watch, ignorePause }: RunFlags) => {
      await withTemporal(async (client) => {
        await scheduledInput(client, cluster);
        const { workflowId, runId } = await trigger(client, cluster, ignorePause === true);
        process.stdout.write(`started ${workflowId} (run ${runId})\n`);
        if (!watch) return;
        await watchRollout(client, cluster, process.stdout);
        process.exitCode = exitCodeOf(await rolloutResult(client, cluster));
      });
    });
}

async function trigger(client: Client, cluster: string, ignorePause: boolean): Promise<Rollout> {
  try {
    return await triggerRollout(client, cluster, beginsWithinMs, { ignorePause });
  } catch (err) {
    if (err instanceof ClusterPaused) {
      const { others } = err.pause;
      const remedy =
        others === null
          ? `ecs-updater resume --cluster ${cluster}`
          : `temporal schedule toggle --schedule-id ${scheduleId(cluster)} --unpause --reason <why>`;
      throw new CommandError(
        `${err.message}. End that with: ${remedy}; or start this one rollout with --ignore-pause.`,
      );
    }
    if (!(err instanceof RolloutRunning)) throw err;
    throw new CommandError(
      `${err.message}. See it with: ecs-updater status --cluster ${cluster}`,
      exitCodes.alreadyRunning,
    );
  }
}
