import { InvalidArgumentError, Option } from 'commander';
import type { ZodType } from 'zod';
import { parseDuration } from '../../config/durations.js';
import { defaultFile } from '../../config/load.js';

/** Parses a port; 0 is meant by whoever allows it. */
export function portOption(text: string): number {
  const port = wholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError('A port is at most 65535.');
  return port;
}

/** Parses a whole number that is not negative. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

/**
 * Parses a name or build id of a Worker Deployment. Server 1.29 refuses ':' and '.' in some of them and separates the two by these; what is
 * left works with every server.
 */
export function deploymentIdOption(text: string): string {
  if (/^[A-Za-z0-9_-]{1,200}$/.test(text)) return text;
  throw new InvalidArgumentError("Give letters, digits, '-' and '_'.");
}

/** Parses a duration with its unit, as `90s` or `25m`, into milliseconds. */
export function durationOption(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) {
    throw new InvalidArgumentError("Give a duration with its unit, as '90s' or '25m'.");
  }
  return durationMs;
}

/** Holds a text to a field of the configuration. */
export const fieldOption =
  (field: ZodType) =>
  (text: string): string => {
    const fault = field.safeParse(text).error?.issues[0]?.message;
    if (fault !== undefined) throw new InvalidArgumentError(`It ${fault}${/[.?]$/.test(fault) ? '' : '.'}`);
    return text;
  };

/** Which configuration file is meant. */
export const fileOption = (): Option =>
  new Option(
    '-f, --file <file>',
    'configuration file, YAML, JSON or a module that exports one; - is the standard input',
  ).default(defaultFile);

/** Parses the pause between two looks, as `30s`, into milliseconds; at least a second. */
export function intervalOption(text: string): number {
  const intervalMs = durationOption(text);
  if (intervalMs < 1000) throw new InvalidArgumentError('Give at least 1s.');
  return intervalMs;
}
