import { type Command, Option } from 'commander';
import { parseSettings, settingNotes, SettingsError, type SettingsText } from '../../config/settings.js';
import type { RolloutSettings } from '../../model/settings.js';
import { CommandError, exitCodes } from './errors.js';

/** Flags of the settings; commander names their values after the fields of {@link SettingsText}. */
export type SettingsFlags = Partial<Record<keyof SettingsText, string>>;

/** Adds the flags of a rollout's settings to a command. */
export function addSettingsFlags(command: Command): Command {
  for (const { name, form, about, default: text } of settingNotes()) {
    command.addOption(new Option(`${flagOf(name)} <${form}>`, `${about} (default: ${text})`));
  }
  return command;
}

/** Settings from flags. Ends the command as wrong usage, with flag and value, if one cannot be used. */
export function settingsFrom(given: SettingsFlags, defaults: SettingsFlags): RolloutSettings {
  const names = settingNotes().map(({ name }) => name);
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

const flagOf = (field: string): string =>
  `--${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
