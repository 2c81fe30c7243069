import { Command, Option } from 'commander';
import type { Delivery } from '../model/notice.js';
import { sendTestMessage } from '../temporal/notifying.js';
import { operator, scheduledInput, withTemporal } from './shared/context.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { durationOption } from './shared/options.js';
import { type OutputForm, outputOption, printed } from './shared/output.js';
import { screenOf } from './shared/screen.js';
import { textTable } from './shared/table.js';

interface NotifyFlags {
  cluster: string;
  output: OutputForm;
  limit: number;
}

/** `ecs-updater notify`: do the messages of a cluster arrive? */
export function notifyCommand(): Command {
  return new Command('notify')
    .summary('send a test message to everybody whom a cluster’s rollouts tell')
    .description(
      'Has a worker send a test message to every target of the notifications of a cluster, whatever events it wants, and shows who got it. ' +
        'A worker does it since the URLs and secrets stand in its environment. Exit code 1 if one did not get it.',
    )
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .addOption(outputOption())
    .addOption(
      new Option('--limit <duration>', 'how long it is tried')
        .default(30_000, '30s')
        .argParser(durationOption),
    )
    .addHelpText(
      'after',
      examples('ecs-updater notify --cluster prod', 'ecs-updater notify --cluster prod --limit 5m -o json'),
    )
    .action(async ({ cluster, output, limit }: NotifyFlags) => {
      const deliveries = await withTemporal(async (client) => {
        const input = await scheduledInput(client, cluster);
        if (!input.notify?.length) throw new CommandError(nobody(cluster), exitCodes.usage);
        return sendTestMessage(client, input, operator(), limit);
      });
      process.stdout.write(output === 'table' ? text(deliveries) : printed(output, deliveries));
      if (deliveries.some(({ delivered }) => !delivered)) process.exitCode = exitCodes.failed;
    });
}

const nobody = (cluster: string): string =>
  `${cluster} tells nobody. Give it notifications in the configuration file, then: ecs-updater apply`;

const text = (deliveries: readonly Delivery[]): string =>
  `${textTable(
    deliveries,
    [
      { title: 'TARGET', text: ({ target }) => target },
      {
        title: 'DELIVERED',
        text: ({ delivered }) => (delivered ? 'yes' : 'no'),
        paint: (shown, { delivered }, colors) => (delivered ? colors.green(shown) : colors.red(shown)),
      },
      { title: 'WHY', text: (delivery) => (delivery.delivered ? '' : delivery.why) },
    ],
    screenOf(),
  )}\n`;
