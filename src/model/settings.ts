import type { FailureRules } from './failures.js';
import type { DeliveryLimits } from './notice.js';

/** How a rollout behaves. Durations in milliseconds; `src/config` makes this from text with units, and gives the defaults. */
export interface RolloutSettings {
  maxUnavailable: MaxUnavailable;
  /** Failures that a rollout bears; with one more, nothing new starts. */
  failureBudget: FailureBudget;
  /** After this long nothing new starts; null: no such limit. */
  stopStartingAfterMs: number | null;
  /** Cluster query language; null: every instance. */
  include: string | null;
  exclude: string | null;
  afterFailedReboot: AfterFailedReboot;
  failures: FailureRules;
  notifications: DeliveryLimits;
  limits: Limits;
  pace: Pace;
  /** Most updates in one run of `updateCluster` before it continues as new. */
  updatesPerRun: number;
  /** Name under which we mark what we drained; another installation's marks are left alone. */
  installation: string;
}

/** What can be done with a host that did not prove its reboot within the limits. It counts as failed in any case. */
export const afterFailedReboots = [
  /** Set ACTIVE, so that it serves as soon as its agent is back. */
  'activate',
  /** Rebooted once through EC2, which makes a hung boot fall back to the old version; set ACTIVE when it is back, or after the limit of a reboot. */
  'ec2-reboot',
  /** Left DRAINING until somebody clears it. */
  'hold',
] as const;

type AfterFailedReboot = (typeof afterFailedReboots)[number];

/** Instances that may be out of service at once, whoever took them out. */
export type MaxUnavailable =
  | { kind: 'count'; count: number }
  | { kind: 'percent'; percent: number }
  | { kind: 'unlimited' };

/** Failures that a rollout bears; a percentage is of the updates that it has planned. */
export type FailureBudget =
  | { kind: 'count'; count: number }
  | { kind: 'percent'; percent: number }
  | { kind: 'unlimited' };

/** How long each wait may take, in milliseconds. */
interface Limits {
  /** How long a rollout tries to find out whether it may begin at all. */
  prerequisitesMs: number;
  /** One check of a batch, from sending to the last answer. */
  checkMs: number;
  /** A check older than this is made again before an instance is drained. */
  checkFreshMs: number;
  drainMs: number;
  updateMs: number;
  rebootMs: number;
  verifyMs: number;
  settleMs: number;
  /** How long a rollout that may start nothing waits for instances that others took out of service. */
  capacityMs: number;
  /** An instance that cannot be given back for this long is shown as needing attention. */
  attentionMs: number;
}

/** How often the outside world is looked at, in milliseconds. */
export interface Pace {
  /** While something is about to happen. */
  quickMs: number;
  /** While nothing is expected soon. */
  slowMs: number;
  /** Least time between two reads that must agree. */
  readsApartMs: number;
  /** Between two looks at a cluster that has no slot free. */
  capacityMs: number;
  /** How long a second by the clocks of hosts lasts: 1000, but in a simulated world that runs faster. */
  hostSecondMs: number;
}

/** Times handed to hosts and measured on their clocks, in seconds. They are facts of the host, not settings. */
export const hostTimes = {
  /** Within how long an ordered apply or reboot must begin: the delivery timeout of 60 s, and the pause between reading the clock and ordering. */
  orderValidSeconds: 90,
  /** By how much a host's clock may have gone wrong, or been set, since it was read. */
  orderMarginSeconds: 30,
  /** How long an apply may take: SSM's agent ends its script then (`timeoutSeconds` of the document). */
  applySeconds: 900,
  /** How long an accepted reboot may be held: systemd's delay inhibitors, up to 300 s (Bottlerocket, `apiclient reboot`). */
  lateEffectSeconds: 300,
  /** Within how long a reboot through EC2 has begun: EC2 resets a host that did not shut down for a few minutes (EC2 user guide, reboot). */
  ec2RebootSeconds: 300,
} as const;

/** After so long, in milliseconds, a host refuses whatever was ordered before. */
export const orderVoidAfterMs = ({ hostSecondMs }: Pace): number =>
  (hostTimes.orderValidSeconds + hostTimes.orderMarginSeconds) * hostSecondMs;

/** What a host's clock shows `elapsedMs` milliseconds after it showed `hostNow`, both in seconds since the epoch. */
export const hostNowAfter = (hostNow: number, elapsedMs: number, { hostSecondMs }: Pace): number =>
  hostNow + Math.max(0, Math.floor(elapsedMs / hostSecondMs));

/** Instances that may be out of service in a cluster of `registered`; `unlimited` still leaves one in service. */
export function allowedUnavailable(max: MaxUnavailable, registered: number): number {
  switch (max.kind) {
    case 'count':
      return max.count;
    case 'percent':
      return Math.max(1, Math.floor((registered * max.percent) / 100));
    case 'unlimited':
      return Math.max(0, registered - 1);
  }
}

/** Failures that a rollout of `planned` updates bears. */
export function allowedFailures(budget: FailureBudget, planned: number): number {
  switch (budget.kind) {
    case 'count':
      return budget.count;
    case 'percent':
      return Math.floor((planned * budget.percent) / 100);
    case 'unlimited':
      return Number.POSITIVE_INFINITY;
  }
}

/** What an installation may be called: it stands in marks and in the comment of commands, which have 128 and 100 characters. */
export const installationName = /^[A-Za-z0-9._-]{1,32}$/;
