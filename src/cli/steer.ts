import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { Command } from 'commander';
import { type SteeringName, steeringNames } from '../model/steering.js';
import { lastRollout, steer } from '../temporal/rollouts.js';
import { operator, withTemporal } from './shared/context.js';
import { CommandError } from './shared/errors.js';
import { examples } from './shared/help.js';

interface SteeringFlags {
  cluster: string;
  instance?: string;
  reason?: string;
}

const texts: Record<SteeringName, { summary: string; needsInstance: boolean; reason: string }> = {
  pause: {
    summary: 'start nothing new, in the cluster or on one instance, until resumed',
    needsInstance: false,
    reason: 'change freeze',
  },
  resume: { summary: 'end a pause', needsInstance: false, reason: 'freeze is over' },
  skip: {
    summary: 'leave an instance out of the running rollout; one that drains is given back',
    needsInstance: true,
    reason: 'batch job runs',
  },
  unskip: { summary: 'take back a skip', needsInstance: true, reason: 'batch job has ended' },
};

/** `ecs-updater pause`, `resume`, `skip`, `unskip`: steer a rollout that runs. */
export const steeringCommands: readonly (() => Command)[] = steeringNames.map(
  (name) => () => steeringCommand(name),
);

function steeringCommand(name: SteeringName): Command {
  const { summary, needsInstance, reason } = texts[name];
  const command = new Command(name)
    .summary(summary)
    .description(
      `${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}. Refused, with the reason, where it comes too late.`,
    )
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it');
  const instance = ['--instance <id>', 'EC2 instance id'] as const;
  if (needsInstance) command.requiredOption(...instance);
  else command.option(...instance);
  return command
    .option('--reason <text>', 'why; shown in status and report')
    .addHelpText(
      'after',
      examples(
        ...(needsInstance ? [] : [`ecs-updater ${name} --cluster prod --reason '${reason}'`]),
        `ecs-updater ${name} --cluster prod --instance i-0abc1234def567890 --reason '${reason}'`,
      ),
    )
    .action(async ({ cluster, ...said }: SteeringFlags) => {
      await withTemporal(async (client) => {
        const rollout = await lastRollout(client, cluster);
        if (!rollout?.running)
          throw new CommandError(`no rollout of ${cluster} is running, so there is nothing to ${name}.`);
        try {
          process.stdout.write(`${await steer(client, cluster, name, { ...said, by: operator() })}\n`);
        } catch (err) {
          if (err instanceof WorkflowUpdateFailedError)
            throw new CommandError(err.cause?.message ?? err.message);
          if (err instanceof WorkflowNotFoundError)
            throw new CommandError(`the rollout of ${cluster} has just ended.`);
          throw err;
        }
      });
    });
}
