import { type Command, Option } from 'commander';
import { parseSettings, SettingsError, type SettingsText } from '../../config/settings.js';
import type { RolloutSettings } from '../../model/settings.js';
import { CommandError, exitCodes } from './errors.js';

/** Flags of the settings; commander names their values after the fields of {@link SettingsText}. */
export type SettingsFlags = Partial<Record<keyof SettingsText, string>>;

const flags: readonly { flag: string; text: string }[] = [
  {
    flag: '--max-unavailable <n|n%|unlimited>',
    text: 'instances that may be out of service at once, whoever took them out (default: 1)',
  },
  {
    flag: '--failure-budget <n|n%|unlimited>',
    text: 'failures that a rollout bears before it starts nothing more; a percentage is of its planned updates (default: 1)',
  },
  {
    flag: '--stop-starting-after <duration>',
    text: 'start nothing new this long after the rollout began (default: no limit)',
  },
  { flag: '--include <expression>', text: 'update only these instances (ECS cluster query language)' },
  { flag: '--exclude <expression>', text: 'leave these instances out (ECS cluster query language)' },
  {
    flag: '--after-failed-reboot <activate|ec2-reboot|hold>',
    text: 'what to do with a host that did not prove its reboot (default: activate)',
  },
  {
    flag: '--give-up-after <n>',
    text: 'failures of one version on an instance after which it is left alone until cleared (default: 5)',
  },
  {
    flag: '--quarantine-after <n>',
    text: 'hosts that fell back from a version before no other is updated to it (default: 2)',
  },
  { flag: '--check-limit <duration>', text: 'how long hosts may take to answer a check (default: 2m)' },
  { flag: '--check-fresh <duration>', text: 'how old a check may be when the drain begins (default: 15m)' },
  { flag: '--drain-limit <duration>', text: 'how long an instance may take to drain (default: 25m)' },
  { flag: '--update-limit <duration>', text: 'how long the update may take to be written (default: 15m)' },
  { flag: '--reboot-limit <duration>', text: 'how long the host may take to come back (default: 15m)' },
  {
    flag: '--verify-limit <duration>',
    text: 'how long the instance may take to be healthy again (default: 10m)',
  },
  {
    flag: '--settle-limit <duration>',
    text: 'how long its services may take to be steady again (default: 10m)',
  },
  {
    flag: '--capacity-limit <duration>',
    text: 'how long to wait for instances that others took out of service (default: 30m)',
  },
  {
    flag: '--installation <name>',
    text: 'name under which we mark what we drain (default: the Temporal namespace)',
  },
];

/** Adds the flags of a rollout's settings to a command. */
export function addSettingsFlags(command: Command): Command {
  for (const { flag, text } of flags) command.addOption(new Option(flag, text));
  return command;
}

/** Settings from flags. Ends the command as wrong usage, with flag and value, if one cannot be used. */
export function settingsFrom(given: SettingsFlags, defaults: SettingsFlags): RolloutSettings {
  const names = flags.map(({ flag }) => fieldOf(flag));
  const text = Object.fromEntries(
    Object.entries({ ...defaults, ...given }).filter(
      ([name, value]) => names.includes(name) && value !== undefined,
    ),
  );
  try {
    return parseSettings(text);
  } catch (err) {
    if (!(err instanceof SettingsError)) throw err;
    throw new CommandError(`${flagOf(err.field)} ${err.value} ${err.fault}.`, exitCodes.usage);
  }
}

const fieldOf = (flag: string): string =>
  (flag.split(' ')[0] ?? '').slice(2).replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

const flagOf = (field: string): string =>
  `--${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
