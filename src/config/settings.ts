import { z } from 'zod';
import { hostTimes, type RolloutSettings } from '../model/settings.js';
import {
  afterFailedReboot,
  count,
  described,
  duration,
  expression,
  failureBudget,
  fieldNotes,
  installation,
  maxUnavailable,
} from './fields.js';

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

/** A reboot that was ordered is void after this: what the host may take to begin, and what an inhibitor may hold it for. */
const voidAfter = `${Math.ceil((hostTimes.orderValidSeconds + hostTimes.lateEffectSeconds) / 60) + 1}m`;

const limit = { form: 'duration' };

/** Which instances are meant, in words of the cluster query language. */
export const selectionFields = {
  include: described(
    expression.nullable().prefault(null),
    'update only these instances (ECS cluster query language)',
    {
      form: 'expression',
      default: 'every instance',
    },
  ),
  exclude: described(
    expression.nullable().prefault(null),
    'leave these instances out (ECS cluster query language)',
    {
      form: 'expression',
      default: 'no instance',
    },
  ),
};

/** Every setting of a rollout but those that say which instances are meant; the file and the flags have them under the same names. */
export const rolloutFields = {
  maxUnavailable: described(
    maxUnavailable.prefault('1'),
    'instances that may be out of service at once, whoever took them out',
    { form: 'n|n%|unlimited' },
  ),
  failureBudget: described(
    failureBudget.prefault('1'),
    'failures that a rollout bears before it starts nothing more; a percentage is of its planned updates',
    { form: 'n|n%|unlimited' },
  ),
  stopStartingAfter: described(
    duration('1m').nullable().prefault(null),
    'start nothing new this long after the rollout began',
    { ...limit, default: 'no limit' },
  ),
  afterFailedReboot: described(
    afterFailedReboot.prefault('activate'),
    'what to do with a host that did not prove its reboot',
    { form: 'activate|ec2-reboot|hold' },
  ),
  giveUpAfter: described(
    count.prefault('5'),
    'failures of one version on an instance after which it is left alone until cleared',
    { form: 'n' },
  ),
  quarantineAfter: described(
    count.prefault('2'),
    'hosts that fell back from a version before no other is updated to it',
    { form: 'n' },
  ),
  prerequisitesLimit: described(
    duration('45s').prefault('5m'),
    'how long a rollout tries to find out whether it may begin',
    limit,
  ),
  checkLimit: described(duration('10s').prefault('2m'), 'how long hosts may take to answer a check', limit),
  checkFresh: described(
    duration('1m').prefault('15m'),
    'how old a check may be when the drain begins',
    limit,
  ),
  drainLimit: described(duration('10s').prefault('25m'), 'how long an instance may take to drain', limit),
  updateLimit: described(duration('1m').prefault('15m'), 'how long the update may take to be written', limit),
  rebootLimit: described(
    duration(voidAfter).prefault('15m'),
    'how long the host may take to come back',
    limit,
  ),
  verifyLimit: described(
    duration('10s').prefault('10m'),
    'how long the instance may take to be healthy again',
    limit,
  ),
  settleLimit: described(
    duration('10s').prefault('10m'),
    'how long its services may take to be steady again',
    limit,
  ),
  capacityLimit: described(
    duration('0s').prefault('30m'),
    'how long to wait for instances that others took out of service',
    limit,
  ),
  notificationTimeout: described(
    duration('1s').prefault('10s'),
    'how long a receiver of notifications may take to answer',
    limit,
  ),
  notificationLimit: described(
    duration('10s').prefault('1h'),
    'how long it is tried to deliver a notification',
    limit,
  ),
  installation: described(installation.prefault('default'), 'name under which we mark what we drain', {
    form: 'name',
    default: 'the Temporal namespace',
  }),
};

/** The settings that flags have, by their names. */
const settingsSchema = z.strictObject({ ...rolloutFields, ...selectionFields });

/** So that a run of `updateCluster` stays far from Temporal's limit of events. */
const mostUpdatesPerRun = 250;

/** A setting as people are told of it. */
export interface SettingNote {
  name: string;
  about: string;
  /** How its value looks, as `n|n%|unlimited`. */
  form: string;
  default: string;
  /** The default as a file would have it. */
  value: string;
}

/** Every setting that a flag can give, in the order in which they are told. */
export const settingNotes = (): SettingNote[] =>
  Object.entries(settingsSchema.shape).map(([name, field]) => {
    const note = fieldNotes.get(field);
    const value = String(field.def.defaultValue);
    return {
      name,
      about: field.description ?? '',
      form: note?.form ?? '',
      default: note?.default ?? value,
      value,
    };
  });

/** And what only tests and benchmarks set. */
const schema = z.strictObject({
  ...settingsSchema.shape,
  updatesPerRun: z.int().min(1).max(mostUpdatesPerRun).default(mostUpdatesPerRun),
});

/** Settings as text, as flags give them: durations with units, counts as written. Each has a default. */
export type SettingsText = z.input<typeof schema>;

/** Settings that were read. */
type ReadSettings = z.output<typeof schema>;

/** Makes settings from text. Throws {@link SettingsError} for the first that cannot be used. */
export function parseSettings(text: SettingsText): RolloutSettings {
  const parsed = schema.safeParse(text);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') ?? '';
    const value = JSON.stringify(new Map<string, unknown>(Object.entries(text)).get(field));
    throw new SettingsError(field, value, issue?.message ?? 'cannot be used');
  }
  return rolloutSettings(parsed.data);
}

/** The settings as a rollout has them, with what is no setting. */
export function rolloutSettings(
  s: Omit<ReadSettings, 'updatesPerRun'> & Partial<Pick<ReadSettings, 'updatesPerRun'>>,
): RolloutSettings {
  return {
    maxUnavailable: s.maxUnavailable,
    failureBudget: s.failureBudget,
    stopStartingAfterMs: s.stopStartingAfter,
    include: s.include,
    exclude: s.exclude,
    afterFailedReboot: s.afterFailedReboot,
    installation: s.installation,
    updatesPerRun: s.updatesPerRun ?? mostUpdatesPerRun,
    failures: {
      giveUpAfter: s.giveUpAfter,
      quarantineAfter: s.quarantineAfter,
      backOffMs: 60_000,
      longestBackOffMs: 86_400_000,
    },
    notifications: { answerMs: s.notificationTimeout, tryMs: s.notificationLimit },
    limits: {
      prerequisitesMs: s.prerequisitesLimit,
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
