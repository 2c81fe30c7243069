import type { Client } from '@temporalio/client';
import { Command } from 'commander';
import { exitCodeOf } from '../model/report.js';
import { type Rollout, RolloutRunning, rolloutResult, triggerRollout } from '../temporal/rollouts.js';
import { scheduledInput, withTemporal } from './shared/context.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { watchRollout } from './shared/watch.js';

const beginsWithinMs = 30_000;

/** `ecs-updater run`: starts a rollout now. */
export function runCommand(): Command {
  return new Command('run')
    .summary('start a rollout now')
    .description(
      'Triggers the Schedule of a cluster. Exit code 3 if a rollout is running already; with --watch 1 if an instance was ' +
        'rolled back or failed, or the rollout was stopped.',
    )
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .option('--watch', 'show the rollout until it has ended')
    .addHelpText(
      'after',
      examples('ecs-updater run --cluster prod', 'ecs-updater run --cluster prod --watch'),
    )
    .action(async ({ cluster, watch }: { cluster: string; watch?: true }) => {
      await withTemporal(async (client) => {
        await scheduledInput(client, cluster);
        const { workflowId, runId } = await trigger(client, cluster);
        process.stdout.write(`started ${workflowId} (run ${runId})\n`);
        if (!watch) return;
        await watchRollout(client, cluster, process.stdout);
        process.exitCode = exitCodeOf(await rolloutResult(client, cluster));
      });
    });
}

async function trigger(client: Client, cluster: string): Promise<Rollout> {
  try {
    return await triggerRollout(client, cluster, beginsWithinMs);
  } catch (err) {
    if (!(err instanceof RolloutRunning)) throw err;
    throw new CommandError(
      `${err.message}. See it with: ecs-updater status --cluster ${cluster}`,
      exitCodes.alreadyRunning,
    );
  }
}
