import { z } from 'zod';
import {
  afterFailedReboots,
  type FailureBudget,
  hostTimes,
  installationName,
  type MaxUnavailable,
  type RolloutSettings,
} from '../model/settings.js';
import { parseDuration } from './durations.js';

/** A setting that cannot be used; the message names it and its value, in one line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(
    readonly field: string,
    readonly value: string,
    readonly fault: string,
  ) {
    super(`${field} ${value} ${fault}`);
  }
}

/** Longer limits are slips of the keyboard; beyond some years no timer of Temporal would take them. */
const most = '365d';

const duration = (least: string) =>
  z.string().transform((text, context) => {
    const value = parseDuration(text);
    if (value === undefined) {
      context.addIssue(`is no duration with a unit, as '90s' or '25m'`);
      return z.NEVER;
    }
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

const maxUnavailable = z.string().transform((text, context): MaxUnavailable => {
  if (text === 'unlimited') return { kind: 'unlimited' };
  const [, number, percent] = /^([1-9]\d{0,5})(%?)$/.exec(text) ?? [];
  const value = Number(number);
  if (number === undefined || (percent === '%' && value > 100)) {
    context.addIssue(`is neither a number of instances from 1, nor a percentage as '10%', nor 'unlimited'`);
    return z.NEVER;
  }
  return percent === '%' ? { kind: 'percent', percent: value } : { kind: 'count', count: value };
});

const failureBudget = z.string().transform((text, context): FailureBudget => {
  if (text === 'unlimited') return { kind: 'unlimited' };
  const [, number, percent] = /^(\d{1,6})(%?)$/.exec(text) ?? [];
  const value = Number(number);
  if (number === undefined || (percent === '%' && value > 100)) {
    context.addIssue(`is neither a number of failures, nor a percentage as '10%', nor 'unlimited'`);
    return z.NEVER;
  }
  return percent === '%' ? { kind: 'percent', percent: value } : { kind: 'count', count: value };
});

const count = z.string().transform((text, context): number => {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  context.addIssue('is no number from 1 to 9999');
  return z.NEVER;
});

const expression = z.string().min(1, 'is empty');

const installation = z
  .string()
  .regex(installationName, `is no name of letters, digits, '.', '_' and '-', at most 32 long`);

/** A reboot that was ordered is void after this: what the host may take to begin, and what an inhibitor may hold it for. */
const voidAfter = `${Math.ceil((hostTimes.orderValidSeconds + hostTimes.lateEffectSeconds) / 60) + 1}m`;

const schema = z.strictObject({
  maxUnavailable: maxUnavailable.default({ kind: 'count', count: 1 }),
  failureBudget: failureBudget.default({ kind: 'count', count: 1 }),
  stopStartingAfter: duration('1m').nullable().default(null),
  include: expression.nullable().default(null),
  exclude: expression.nullable().default(null),
  afterFailedReboot: z
    .enum(afterFailedReboots, `is none of ${afterFailedReboots.map((name) => `'${name}'`).join(', ')}`)
    .default('activate'),
  installation: installation.default('default'),
  checkLimit: duration('10s').default(120_000),
  checkFresh: duration('1m').default(900_000),
  drainLimit: duration('10s').default(1_500_000),
  updateLimit: duration('1m').default(900_000),
  rebootLimit: duration(voidAfter).default(900_000),
  verifyLimit: duration('10s').default(600_000),
  settleLimit: duration('10s').default(600_000),
  capacityLimit: duration('0s').default(1_800_000),
  giveUpAfter: count.default(5),
  quarantineAfter: count.default(2),
  updatesPerRun: z.int().min(1).max(250).default(250),
});

/** Settings as text, as flags give them: durations with units, counts as written. Each has a default. */
export type SettingsText = z.input<typeof schema>;

/** Makes settings from text. Throws {@link SettingsError} for the first that cannot be used. */
export function parseSettings(text: SettingsText): RolloutSettings {
  const parsed = schema.safeParse(text);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') ?? '';
    const value = JSON.stringify(new Map<string, unknown>(Object.entries(text)).get(field));
    throw new SettingsError(field, value, issue?.message ?? 'cannot be used');
  }
  const s = parsed.data;
  return {
    maxUnavailable: s.maxUnavailable,
    failureBudget: s.failureBudget,
    stopStartingAfterMs: s.stopStartingAfter,
    include: s.include,
    exclude: s.exclude,
    afterFailedReboot: s.afterFailedReboot,
    installation: s.installation,
    updatesPerRun: s.updatesPerRun,
    failures: {
      giveUpAfter: s.giveUpAfter,
      quarantineAfter: s.quarantineAfter,
      backOffMs: 60_000,
      longestBackOffMs: 86_400_000,
    },
    limits: {
      prerequisitesMs: 300_000,
      checkMs: s.checkLimit,
      checkFreshMs: s.checkFresh,
      drainMs: s.drainLimit,
      updateMs: s.updateLimit,
      rebootMs: s.rebootLimit,
      verifyMs: s.verifyLimit,
      settleMs: s.settleLimit,
      capacityMs: s.capacityLimit,
      attentionMs: 900_000,
    },
    pace: { quickMs: 1500, slowMs: 10_000, readsApartMs: 10_000, capacityMs: 60_000, hostSecondMs: 1000 },
  };
}

/** What a dead worker takes to be noticed (heartbeats run in real time), and its successor to look again, in ms. */
const leastPrerequisitesMs = 45_000;

/**
 * The same settings for a world that runs `speed` times as fast as ours: every time that the product itself measures is divided. How long the
 * prerequisites are looked at stays long enough for a worker to die meanwhile.
 */
export function atSpeed(settings: RolloutSettings, speed: number): RolloutSettings {
  const divide = <T extends object>(times: T): T => {
    const divided: Record<string, number> = {};
    for (const [name, value] of Object.entries(times))
      divided[name] = Math.max(1, Math.round(Number(value) / speed));
    return { ...times, ...divided };
  };
  return {
    ...settings,
    stopStartingAfterMs:
      settings.stopStartingAfterMs === null
        ? null
        : Math.max(1, Math.round(settings.stopStartingAfterMs / speed)),
    failures: {
      ...settings.failures,
      ...divide({
        backOffMs: settings.failures.backOffMs,
        longestBackOffMs: settings.failures.longestBackOffMs,
      }),
    },
    limits: {
      ...divide(settings.limits),
      prerequisitesMs: Math.max(
        Math.min(leastPrerequisitesMs, settings.limits.prerequisitesMs),
        Math.round(settings.limits.prerequisitesMs / speed),
      ),
    },
    pace: divide(settings.pace),
  };
}
