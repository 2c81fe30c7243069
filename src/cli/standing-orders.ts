import { Command, Option } from 'commander';
import type { StandingOrder } from '../model/standing-orders.js';
import { carryOut } from '../temporal/standing-orders.js';
import { operator, scheduledInput, withTemporal } from './shared/context.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { durationOption } from './shared/options.js';

interface OrderFlags {
  cluster: string;
  limit: number;
}

interface ClearFlags extends OrderFlags {
  instance?: string;
  quarantine?: string;
  all?: true;
}

/** `ecs-updater hold`, `unhold`, `clear`: orders that outlive rollouts. */
export const standingOrderCommands: readonly (() => Command)[] = [holdCommand, unholdCommand, clearCommand];

function holdCommand(): Command {
  return standing('hold', 'keep rollouts off an instance until unhold')
    .description(
      'Keeps every rollout, of this installation and of others, off an instance until unhold. What a rollout has begun there it finishes; skip gives it back.',
    )
    .requiredOption('--instance <id>', 'EC2 instance id')
    .option('--reason <text>', 'why; shown in plan, status and report')
    .addHelpText(
      'after',
      examples("ecs-updater hold --cluster prod --instance i-0abc1234def567890 --reason 'disk is looked at'"),
    )
    .action((flags: OrderFlags & { instance: string; reason?: string }) => {
      const { instance, reason } = flags;
      return give(flags, { kind: 'hold', instance, ...(reason && { reason }) });
    });
}

function unholdCommand(): Command {
  return standing('unhold', 'let rollouts at an instance again')
    .description('Releases an instance that is held, by whomever and however.')
    .requiredOption('--instance <id>', 'EC2 instance id')
    .addHelpText('after', examples('ecs-updater unhold --cluster prod --instance i-0abc1234def567890'))
    .action((flags: OrderFlags & { instance: string }) =>
      give(flags, { kind: 'unhold', instance: flags.instance }),
    );
}

function clearCommand(): Command {
  return standing('clear', 'forget what failed, so that it is tried again')
    .description(
      'Forgets what failed on an instance, so that the next rollout tries it again, or gives it back if it is held out of service after a failed reboot; ' +
        'lifts the quarantine of a version; or does both on the whole cluster.',
    )
    .option('--instance <id>', 'on this instance (EC2 instance id)')
    .option('--quarantine <version>', 'lift the quarantine of this version, and forget who fell back from it')
    .option('--all', 'forget every failure in the cluster and lift every quarantine')
    .addHelpText(
      'after',
      examples(
        'ecs-updater clear --cluster prod --instance i-0abc1234def567890',
        'ecs-updater clear --cluster prod --quarantine 1.26.1',
        'ecs-updater clear --cluster prod --all',
      ),
    )
    .action((flags: ClearFlags) => give(flags, clearing(flags)));
}

function clearing({ instance, quarantine, all }: ClearFlags): StandingOrder {
  const orders: StandingOrder[] = [
    ...(instance === undefined ? [] : [{ kind: 'clear-instance', instance } as const]),
    ...(quarantine === undefined ? [] : [{ kind: 'clear-quarantine', version: quarantine } as const]),
    ...(all ? [{ kind: 'clear-all' } as const] : []),
  ];
  const [order, ...more] = orders;
  if (!order || more.length > 0)
    throw new CommandError('give one of --instance, --quarantine and --all.', exitCodes.usage);
  return order;
}

const standing = (name: string, summary: string): Command =>
  new Command(name)
    .summary(summary)
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .addOption(
      new Option('--limit <duration>', 'how long it may take')
        .default(600_000, '10m')
        .argParser(durationOption),
    );

async function give({ cluster, limit }: OrderFlags, order: StandingOrder): Promise<void> {
  await withTemporal(async (client) => {
    const input = await scheduledInput(client, cluster);
    const { done, sentence } = await carryOut(
      client,
      {
        cluster: input.cluster,
        installation: input.settings.installation,
        order,
        by: operator(),
        at: new Date().toISOString(),
      },
      limit,
    );
    if (!done) throw new CommandError(sentence);
    process.stdout.write(`${sentence}\n`);
  });
}
