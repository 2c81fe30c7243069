import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Command } from 'commander';
import type { z } from 'zod';
import { readPackageFile } from '../aws/package-files.js';
import { defaultFile } from '../config/load.js';
import { cluster, cron, fileName, readClusterArn, region, timeZone } from '../config/places.js';
import { newFile } from '../config/template.js';
import { askText, canAsk } from './shared/ask.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';

interface InitFlags {
  file: string;
  cluster?: string[];
  region?: string;
  cron?: string;
  timeZone?: string;
  name?: string;
  force?: true;
}

/** Editors find the schema under this name, beside the file. */
const schemaName = 'ecs-updater.schema.json';

/** `ecs-updater init`: writes a configuration file. */
export function initCommand(): Command {
  return new Command('init')
    .summary('write a configuration file')
    .description(
      `Writes a configuration file with every setting explained, and beside it ${schemaName} for editors. On a terminal it asks for what ` +
        'is not given. A file that is there is left alone without --force.',
    )
    .option('-f, --file <file>', 'where to write it', defaultFile)
    .option('--cluster <name|arn...>', 'ECS clusters, by name or ARN')
    .option('--region <region>', 'AWS Region of the clusters (default: AWS_REGION)')
    .option('--cron <expression>', "when rollouts start (default: '0 3 * * 1-5')")
    .option('--time-zone <name>', 'IANA time zone of --cron (default: Etc/UTC)')
    .option('--name <name>', "name of the file, for apply --prune (default: the folder's)")
    .option('--force', 'overwrite a file that is there')
    .addHelpText(
      'after',
      examples(
        'ecs-updater init',
        "ecs-updater init --cluster prod staging --region eu-central-1 --cron '0 3 * * 1-5' --time-zone Europe/Berlin",
      ),
    )
    .action(async (flags: InitFlags) => {
      if (!/\.ya?ml$/.test(flags.file)) {
        throw new CommandError(
          `--file "${flags.file}" does not end in .yaml, which init writes.`,
          exitCodes.usage,
        );
      }
      // Before anybody is asked for anything.
      if (!flags.force && existsSync(flags.file)) throw isThere(flags.file);
      const answers = await answersTo(flags);
      const folder = dirname(flags.file);
      await write(flags.file, newFile({ ...answers, schema: `./${schemaName}` }), flags.force === true);
      await write(join(folder, schemaName), await readPackageFile('deploy', schemaName), true);
      const which = flags.file === defaultFile ? '' : ` -f ${flags.file}`;
      process.stdout.write(
        `${flags.file} written, and beside it ${schemaName}, by which editors know its fields. Change what you like and check it with: ` +
          `ecs-updater validate${which}. Then see what it would do with: ecs-updater apply --dry-run${which}\n`,
      );
    });
}

/** Each answer from its flag, from a question, or from what is usual. */
async function answersTo(flags: InitFlags): Promise<Omit<Parameters<typeof newFile>[0], 'schema'>> {
  const asks = canAsk();
  const answer = async (
    { flag, question, usual }: { flag: string; question: string; usual?: string | undefined },
    given: string | undefined,
    schema: z.ZodType,
  ): Promise<string> => {
    const fault = (text: string): string | undefined => schema.safeParse(text).error?.issues[0]?.message;
    if (given === undefined && asks) return askText(question, { ...(usual && { initial: usual }), fault });
    const text = given ?? usual;
    if (text === undefined) {
      throw new CommandError(`give ${flag}, or run init on a terminal, where it asks.`, exitCodes.usage);
    }
    const wrong = fault(text);
    if (wrong !== undefined)
      throw new CommandError(`${flag} ${JSON.stringify(text)} ${wrong}.`, exitCodes.usage);
    return text;
  };
  const clusters: string[] = [];
  for (const given of flags.cluster ?? [undefined]) {
    clusters.push(
      await answer({ flag: '--cluster', question: 'ECS cluster, by name or ARN' }, given, cluster),
    );
  }
  const usualRegion = readClusterArn(clusters[0] ?? '')?.region ?? process.env['AWS_REGION'];
  return {
    clusters,
    region: await answer(
      { flag: '--region', question: 'AWS Region', usual: usualRegion || undefined },
      flags.region,
      region,
    ),
    cron: await answer(
      { flag: '--cron', question: 'When rollouts start, as a cron expression', usual: '0 3 * * 1-5' },
      flags.cron,
      cron,
    ),
    timeZone: await answer(
      { flag: '--time-zone', question: 'Time zone of that', usual: asks ? localZone() : 'Etc/UTC' },
      flags.timeZone,
      timeZone,
    ),
    name: await answer(
      {
        flag: '--name',
        question: 'Name of the file, by which apply knows what is its own',
        usual: folderName(),
      },
      flags.name,
      fileName,
    ),
  };
}

const localZone = (): string => {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === 'UTC' ? 'Etc/UTC' : zone;
};

/** The folder's name, as far as it can be one. */
const folderName = (): string =>
  basename(process.cwd())
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 128) || 'default';

const isThere = (file: string): CommandError =>
  new CommandError(`${file} is there already. Overwrite it with --force.`, exitCodes.usage);

async function write(file: string, text: string, overwrite: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: overwrite ? 'w' : 'wx' });
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? err.code : undefined;
    if (code === 'EEXIST') throw isThere(file);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new CommandError(`there is no folder ${dirname(file)} for ${file}.`, exitCodes.usage);
    }
    throw err;
  }
}
