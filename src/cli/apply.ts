import type { Client } from '@temporalio/client';
import { Command } from 'commander';
import type { Config } from '../config/load.js';
import { writerOf } from '../temporal/payloads.js';
import { lookAtSearchAttributes } from '../temporal/search-attributes.js';
import { temporalTarget } from '../temporal/target.js';
import { carryOut, howToRegister } from './apply/carry-out.js';
import { findPlaces } from './apply/places.js';
import type { ApplyPlan, Obstacle } from './apply/plan.js';
import { planSchedules } from './apply/schedules.js';
import { changesAnything, planText } from './apply/show.js';
import { askYes, canAsk } from './shared/ask.js';
import { configFrom } from './shared/config-file.js';
import { defaultInstallation, withTemporal } from './shared/context.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { fileOption } from './shared/options.js';

interface ApplyFlags {
  file: string;
  yes?: true;
  dryRun?: true;
  prune?: true;
  updateDocuments?: true;
}

/** `ecs-updater apply`: makes the Schedules as the configuration file says. */
export function applyCommand(): Command {
  return new Command('apply')
    .summary('make the Schedules as the configuration file says')
    .description(
      'Shows what would change, asks, and then creates and updates the Schedules of the clusters in the file, with the SSM documents and the search ' +
        'attributes that rollouts use. Everything is looked at before the first change: if anything is wrong, nothing is changed. A paused Schedule ' +
        'stays paused.',
    )
    .addOption(fileOption())
    .option('--yes', 'do not ask')
    .option('--dry-run', 'show what would change, and change nothing')
    .option(
      '--prune',
      'remove the Schedules that were applied from a file of this name and whose clusters it has no more',
    )
    .option('--update-documents', 'allow new versions of SSM documents that differ from ours')
    .addHelpText(
      'after',
      examples(
        'ecs-updater apply --dry-run',
        'ecs-updater apply',
        'ecs-updater apply -f clusters/prod.yaml --prune --yes',
      ),
    )
    .action(async (flags: ApplyFlags) => {
      const config = await configFrom(flags.file, { installation: defaultInstallation(temporalTarget()) });
      if (flags.prune && config.name === null) {
        throw new CommandError(
          `--prune needs a name in ${config.file}, as 'name: platform': only what was applied from a file of that name is removed.`,
          exitCodes.usage,
        );
      }
      await withTemporal((client) => apply(client, config, flags));
    });
}

async function apply(client: Client, config: Config, flags: ApplyFlags): Promise<void> {
  const updateDocuments = flags.updateDocuments === true;
  const plan = await planOf(client, config, { updateDocuments, prune: flags.prune === true });
  process.stdout.write(planText(plan));
  const note = attributesNote(plan, client.options.namespace);
  if (note !== undefined) say(note);
  if (!changesAnything(plan)) {
    say(`Nothing to change: everything is as ${config.file} says.`);
    return;
  }
  if (flags.dryRun) {
    say('Nothing was changed (--dry-run).');
    return;
  }
  if (!flags.yes && !(await agreed())) {
    say('Nothing was changed.');
    return;
  }
  await carryOut(client, plan, updateDocuments, say);
}

/** Looks at everything. Ends the command, with a line for each, if anything is in the way. */
async function planOf(
  client: Client,
  config: Config,
  { updateDocuments, prune }: { updateDocuments: boolean; prune: boolean },
): Promise<ApplyPlan> {
  const searchAttributes = await lookAtSearchAttributes(client);
  const places = await findPlaces(config, { updateDocuments });
  const { schedules, obstacles } = await planSchedules(client, config, places.found, {
    prune,
    searchAttributes: searchAttributes.kind === 'there',
  });
  const all: Obstacle[] = [...places.obstacles, ...obstacles];
  const [first] = all;
  if (first) {
    const codes = new Set(all.map(({ exitCode }) => exitCode));
    throw new CommandError(
      [...all.map(({ line }) => line), 'nothing was changed.'],
      codes.size === 1 ? first.exitCode : exitCodes.failed,
    );
  }
  return { documents: places.plans, schedules, searchAttributes, encryptedWith: writerOf(client) };
}

async function agreed(): Promise<boolean> {
  if (canAsk()) return askYes('Apply this?');
  throw new CommandError(
    'give --yes, or run apply on a terminal, where it asks. Nothing was changed.',
    exitCodes.usage,
  );
}

/** Why rollouts will not be found by search attributes, and what to do. */
function attributesNote({ searchAttributes }: ApplyPlan, namespace: string): string | undefined {
  switch (searchAttributes.kind) {
    case 'there':
      return undefined;
    case 'missing':
      return searchAttributes.elsewhere && `! ${howToRegister(searchAttributes.names, namespace)}`;
    case 'taken':
      return `! search attribute ${searchAttributes.name} is there as ${searchAttributes.type}, not as Keyword: rollouts do without all of them.`;
    case 'unknown':
      return `! ${howToRegister(searchAttributes.names, namespace)}`;
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
