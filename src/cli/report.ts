import { writeFile } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import { Command } from 'commander';
import { packageVersion } from '../aws/package-files.js';
import { settingsText } from '../config/settings-text.js';
import type { RolloutRecord } from '../model/rollout-record.js';
import { readRollout } from '../temporal/rollout-record.js';
import type { Origin } from '../web/report/origin.js';
import { operator, withTemporal } from './shared/context.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { printed } from './shared/output.js';

interface ReportFlags {
  cluster: string;
  run?: string;
  html?: string;
  json?: string;
}

/** `ecs-updater report`: one rollout, to be kept. */
export function reportCommand(): Command {
  return new Command('report')
    .summary('write the report of a rollout, as a page to read or as data')
    .description(
      'The newest rollout, also while it runs, or the one that --run names, by its id or by that of any of its runs (see history). The page ' +
        'needs nothing else: it can be mailed, printed and kept. Goes back as far as Temporal keeps what is over.',
    )
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .option('--run <id>', 'id of the rollout, or of one of its runs')
    .option('--html <file>', 'write a page there; - is standard output')
    .option('--json <file>', 'write everything that is known there; - is standard output')
    .addHelpText(
      'after',
      examples(
        'ecs-updater report --cluster prod --html prod.html',
        'ecs-updater report --cluster prod --run 0197a3c2-5b1e-7c3d-9a54-0242ac120002 --html prod.html --json prod.json',
        'ecs-updater report --cluster prod --json - | jq .counts',
      ),
    )
    .action(async ({ cluster, run, html, json }: ReportFlags) => {
      if (html === undefined && json === undefined)
        throw new CommandError('give --html, --json, or both.', exitCodes.usage);
      if (html === '-' && json === '-')
        throw new CommandError('only one of --html and --json can be standard output.', exitCodes.usage);
      await withTemporal(async (client) => {
        const record = await found(client, cluster, run);
        const origin = originOf(client);
        if (html !== undefined) {
          // What makes pages is loaded by those who want one.
          const { reportPage } = await import('../web/report/page.js');
          await write(html, await reportPage({ record, settings: textOf(record), origin }));
        }
        if (json !== undefined) await write(json, printed('json', { ...record, origin }));
      });
    });
}

async function found(client: Client, cluster: string, run: string | undefined): Promise<RolloutRecord> {
  const record = await readRollout(client, cluster, run);
  if (record) return record;
  throw new CommandError(
    run === undefined
      ? `there has been no rollout of ${cluster}. Start one with: ecs-updater run --cluster ${cluster}`
      : `no rollout of ${cluster} with a run ${run} is known. List them with: ecs-updater history --cluster ${cluster}`,
  );
}

function originOf(client: Client): Origin {
  const { namespace } = client.options;
  return {
    at: new Date().toISOString(),
    by: operator(),
    version: packageVersion(),
    place: `the Temporal namespace ${namespace}`,
  };
}

const textOf = ({ settings }: RolloutRecord): Record<string, string> =>
  settings ? settingsText(settings) : {};

/** Writes a file and says so, or standard output. */
async function write(file: string, text: string): Promise<void> {
  if (file === '-') {
    process.stdout.write(text);
    return;
  }
  try {
    await writeFile(file, text);
  } catch (err) {
    if (!(err instanceof Error && 'code' in err)) throw err;
    throw new CommandError(`${file} cannot be written: ${err.message}`, exitCodes.failed, { cause: err });
  }
  process.stderr.write(`wrote ${file}\n`);
}
