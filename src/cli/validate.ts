import { Command } from 'commander';
import { configFrom } from './shared/config-file.js';
import { examples } from './shared/help.js';
import { fileOption } from './shared/options.js';

/** `ecs-updater validate`: is the configuration file right? */
export function validateCommand(): Command {
  return new Command('validate')
    .summary('check the configuration file')
    .description(
      'Reads the configuration file and says everything that is wrong with it, with line and field. Asks neither Temporal nor AWS: ' +
        'whether they agree is said by apply --dry-run.',
    )
    .addOption(fileOption())
    .addHelpText('after', examples('ecs-updater validate', 'ecs-updater validate -f clusters/prod.yaml'))
    .action(async ({ file }: { file: string }) => {
      const { clusters } = await configFrom(file);
      const names = clusters.map(({ name }) => name);
      process.stdout.write(
        `${file}: nothing is wrong; ${names.length === 1 ? '1 cluster' : `${names.length} clusters`}: ${names.join(', ')}\n`,
      );
    });
}
