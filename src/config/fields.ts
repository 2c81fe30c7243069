import { z } from 'zod';
import {
  afterFailedReboots,
  type FailureBudget,
  installationName,
  type MaxUnavailable,
} from '../model/settings.js';
import { durationForm, parseDuration } from './durations.js';

/** What a person is told of a field besides its description: how its value looks, and its default where the schema has none. */
interface FieldNote {
  /** As in `--drain-limit <duration>`. */
  form: string;
  /** Instead of the schema's default, which may be no text. */
  default?: string;
}

/** Notes on fields, for `--help`, the reference and the file that `init` writes. */
export const fieldNotes = z.registry<FieldNote>();

/** Describes a field once for all who show it: help, reference, editors. */
export function described<T extends z.ZodType>(schema: T, description: string, note: FieldNote): T {
  const noted = schema.meta({ description });
  fieldNotes.add(noted, note);
  return noted;
}

/** Text; a number, as YAML reads one that has no quotes, is told so. */
export const text = (fault: string) =>
  z.string({
    error: ({ input }) =>
      typeof input === 'number' || typeof input === 'boolean'
        ? `is a ${typeof input}, not text. Put it in quotes`
        : fault,
  });

/** Longer limits are slips of the keyboard; beyond some years no timer of Temporal would take them. */
const most = '365d';

const noDuration = `is no duration with a unit, as '90s' or '25m'`;

/** A duration with its unit, from `least` to a year, in milliseconds. */
export const duration = (least: string) =>
  z
    .string(noDuration)
    .regex(durationForm, noDuration)
    .transform((text, context) => {
      const value = parseDuration(text) ?? 0;
      if (value < (parseDuration(least) ?? 0)) {
        context.addIssue(`is shorter than ${least}`);
        return z.NEVER;
      }
      if (value > (parseDuration(most) ?? Infinity)) {
        context.addIssue(`is longer than ${most}`);
        return z.NEVER;
      }
      return value;
    });

/** YAML has numbers where a command line has only text. */
const textOrNumber = (fault: string) => z.union([z.string(), z.number()], fault);

const noMaxUnavailable = `is neither a number of instances from 1, nor a percentage as '10%', nor 'unlimited'`;

/** Instances that may be out of service. */
export const maxUnavailable = textOrNumber(noMaxUnavailable).transform((given, context): MaxUnavailable => {
  if (given === 'unlimited') return { kind: 'unlimited' };
  const [, number, percent] = /^([1-9]\d{0,5})(%?)$/.exec(String(given)) ?? [];
  const value = Number(number);
  if (number === undefined || (percent === '%' && value > 100)) {
    context.addIssue(noMaxUnavailable);
    return z.NEVER;
  }
  return percent === '%' ? { kind: 'percent', percent: value } : { kind: 'count', count: value };
});

const noFailureBudget = `is neither a number of failures, nor a percentage as '10%', nor 'unlimited'`;

/** Failures that a rollout bears. */
export const failureBudget = textOrNumber(noFailureBudget).transform((given, context): FailureBudget => {
  if (given === 'unlimited') return { kind: 'unlimited' };
  const [, number, percent] = /^(\d{1,6})(%?)$/.exec(String(given)) ?? [];
  const value = Number(number);
  if (number === undefined || (percent === '%' && value > 100)) {
    context.addIssue(noFailureBudget);
    return z.NEVER;
  }
  return percent === '%' ? { kind: 'percent', percent: value } : { kind: 'count', count: value };
});

const noCount = 'is no number from 1 to 9999';

/** A whole number from 1. */
export const count = textOrNumber(noCount).transform((given, context): number => {
  if (/^[1-9]\d{0,3}$/.test(String(given))) return Number(given);
  context.addIssue(noCount);
  return z.NEVER;
});

/** Longer ones no list of ECS would take. */
const longestExpression = 1000;

/** An expression of the cluster query language; ECS alone knows whether it is one. */
export const expression = text(`is no expression of the ECS cluster query language`)
  .regex(/\S/, 'is empty')
  .max(longestExpression, `is longer than ${longestExpression} characters`);

/** What to do with a host that did not prove its reboot. */
export const afterFailedReboot = z.enum(
  afterFailedReboots,
  `is none of ${afterFailedReboots.map((name) => `'${name}'`).join(', ')}`,
);

const noInstallation = `is no name of letters, digits, '.', '_' and '-', at most 32 long`;

/** Name of an installation. */
export const installation = text(noInstallation).regex(installationName, noInstallation);
