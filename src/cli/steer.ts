import { Command, Option } from 'commander';
import { misuse, type SteeringName } from '../model/steering-messages.js';
import { Refused, steer } from '../temporal/steering.js';
import { operator, withTemporal } from './shared/context.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { durationOption } from './shared/options.js';

interface SteeringFlags {
  cluster: string;
  instance?: string;
  quarantine?: string;
  all?: true;
  reason?: string;
  limit: number;
}

const texts: Record<SteeringName, { summary: string; description: string; examples: string[] }> = {
  pause: {
    summary: 'start nothing new, in the cluster or on one instance, until resumed',
    description:
      'Lets a cluster, or one instance, wait until it is resumed. A rollout that runs finishes what is in flight and starts nothing new; the ' +
      "cluster's Schedule is paused, too. An instance waits in every rollout.",
    examples: ["--reason 'change freeze'", "--instance i-0abc1234def567890 --reason 'is being debugged'"],
  },
  resume: {
    summary: 'end a pause',
    description:
      'Ends a pause, of the cluster and its Schedule, or of one instance. A Schedule that somebody else has paused stays so.',
    examples: ["--reason 'freeze is over'", '--instance i-0abc1234def567890'],
  },
  skip: {
    summary: 'leave an instance out of the rollout that runs, or of the next one',
    description:
      'Leaves one instance out of the rollout that runs, where it is given back if it is being drained; without a rollout, out of the next one.',
    examples: ["--instance i-0abc1234def567890 --reason 'batch job runs'"],
  },
  unskip: {
    summary: 'take back a skip',
    description: 'Takes back a skip of one instance, as long as the rollout that heeds it runs.',
    examples: ["--instance i-0abc1234def567890 --reason 'batch job has ended'"],
  },
  hold: {
    summary: 'keep rollouts off an instance until unhold',
    description:
      'Keeps every rollout, of this installation and of others, off an instance until unhold. What a rollout has begun there it finishes; skip gives it back.',
    examples: ["--instance i-0abc1234def567890 --reason 'disk is looked at'"],
  },
  unhold: {
    summary: 'let rollouts at an instance again',
    description: 'Releases an instance that is held, by whomever and however.',
    examples: ['--instance i-0abc1234def567890'],
  },
  cancel: {
    summary: 'end the rollout that runs, or the work on one instance',
    description:
      'Ends the rollout that runs, or the work on one instance of it: what is out of service is given back, after its reboot if that was ordered.',
    examples: ["--reason 'wrong window'", "--instance i-0abc1234def567890 --reason 'takes too long'"],
  },
  clear: {
    summary: 'forget what failed, so that it is tried again',
    description:
      'Forgets what failed on an instance, so that the next rollout tries it again, or gives it back if it is held out of service after a failed reboot; ' +
      'lifts the quarantine of a version; or does both on the whole cluster.',
    examples: ['--instance i-0abc1234def567890', '--quarantine 1.26.1', '--all'],
  },
};

/** What its payload is called here. */
const flagsOf = (name: SteeringName): string =>
  name === 'clear' ? 'Give --instance <id>, --quarantine <version> or --all.' : 'Give --instance <id>.';

/** `ecs-updater pause`, `resume`, `skip`, …: an order of an operator, while a rollout runs and between rollouts. */
export function steeringCommand(name: SteeringName): Command {
  const { summary, description, examples: lines } = texts[name];
  const command = new Command(name)
    .summary(summary)
    .description(`${description} Refused, with the reason, where it cannot be done. Needs a worker.`)
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .option('--instance <id>', 'this instance (EC2 instance id)');
  if (name === 'clear')
    command
      .option(
        '--quarantine <version>',
        'lift the quarantine of this version, and forget who fell back from it',
      )
      .option('--all', 'forget every failure in the cluster and lift every quarantine');
  return command
    .option('--reason <text>', 'why; stands on record with your name')
    .addOption(
      new Option('--limit <duration>', 'how long it may take')
        .default(600_000, '10m')
        .argParser(durationOption),
    )
    .addHelpText('after', examples(...lines.map((line) => `ecs-updater ${name} --cluster prod ${line}`)))
    .action(async ({ cluster, limit, instance, quarantine, all, reason }: SteeringFlags) => {
      const payload = {
        ...(instance !== undefined && { instance }),
        ...(quarantine !== undefined && { quarantine }),
        ...(all && { all }),
        ...(reason !== undefined && { reason }),
        by: operator(),
      };
      const why = misuse(name, payload);
      if (why !== null) throw new CommandError(`${why} ${flagsOf(name)}`, exitCodes.usage);
      await withTemporal(async (client) => {
        try {
          const sentence = await steer(client, { cluster, order: name, ...payload }, limit);
          process.stdout.write(`${sentence}\n`);
        } catch (err) {
          if (err instanceof Refused) throw new CommandError(err.message);
          throw err;
        }
      });
    });
}
