import { attributeText } from './attribute-text.js';
import { isCharged, type Outcome } from './outcome.js';
import type { Reason, ReasonCode } from './reason.js';

/** One failure, as the workflow fixes it before it is written down. */
export interface Failure {
  /** The version that the instance was to run. */
  version: string;
  code: ReasonCode;
  /** ISO 8601; the same over retries of the activity that writes it. */
  at: string;
}

/** The value of `ecs-updater.failed`, `<version>/<tries>/<reason code>/<ISO time>`: what failed on an instance, how often, and when last. */
export type FailureMark =
  | {
      kind: 'failed';
      version: string;
      tries: number;
      /** Code of the reason; text, as another release may know other codes. */
      code: string;
      /** ISO 8601. */
      at: string;
    }
  /** Not written by us, or edited since. */
  | { kind: 'unreadable'; text: string };

/** How failures are heeded. */
export interface FailureRules {
  /** Tries of one version after which an instance is left alone until cleared. */
  giveUpAfter: number;
  /** Hosts on which a version fell back before it is quarantined for the cluster. */
  quarantineAfter: number;
  /** The unit of the back-off, in milliseconds: 2^tries of it. */
  backOffMs: number;
  /** The longest back-off, in milliseconds. */
  longestBackOffMs: number;
}

const longestVersion = 48;
const mostTries = 9999;

/** How a version stands in attributes and tags. Two that differ only in what ECS does not allow there count as one. */
export const markedVersion = (version: string): string =>
  attributeText(version, longestVersion).replaceAll(/[@\\: ]/g, '_') || 'unknown';

/** Writes a mark as the attribute's value. */
export function formatFailure(mark: FailureMark): string {
  if (mark.kind === 'unreadable') return mark.text;
  return `${markedVersion(mark.version)}/${Math.min(mark.tries, mostTries)}/${mark.code}/${mark.at}`;
}

/** Reads an attribute's value. */
export function parseFailure(text: string): FailureMark {
  const match =
    /^([A-Za-z0-9_.-]{1,48})\/([1-9]\d{0,3})\/([a-z]+(?:-[a-z]+)*)\/(\d{4}-\d\d-\d\dT[\d:.]+Z)$/.exec(text);
  const [, version, tries, code, at] = match ?? [];
  return version && tries && code && at && !Number.isNaN(Date.parse(at))
    ? { kind: 'failed', version, tries: Number(tries), code, at }
    : { kind: 'unreadable', text };
}

const fellBack = 'booted-old-version' satisfies ReasonCode;

/**
 * What is to be remembered of an outcome, of an instance that ran `from` and was to run `to`; null: nothing, as an operator or somebody else
 * caused it, or no version was in play.
 */
export function failureOf(
  outcome: Outcome,
  { from, to }: { from: string | null; to: string | null },
  at: string,
): Failure | null {
  if (outcome.kind !== 'rolled-back' && outcome.kind !== 'failed') return null;
  if (to === null || !isCharged(outcome)) return null;
  return { version: to, code: isFallback(outcome, from) ? fellBack : outcome.reason.code, at };
}

/** Whether a host that ran `from` fell back to it: by itself, or when EC2 rebooted it out of a boot that hung. */
export function isFallback(outcome: Outcome, from: string | null): boolean {
  if (outcome.kind !== 'failed') return false;
  const { reason } = outcome;
  if (reason.code === fellBack) return true;
  const then = 'afterwards' in reason ? reason.afterwards : undefined;
  return then?.did === 'ec2-reboot' && then.seen !== 'nothing' && from !== null && then.version === from;
}

/** The mark that follows a failure; null: the one that is there tells of it already, or is not ours to change. */
export function markAfter(before: FailureMark | null, { version, code, at }: Failure): FailureMark | null {
  if (before?.kind === 'unreadable') return null;
  const again = before?.version === markedVersion(version);
  if (again && before.at === at) return null;
  return {
    kind: 'failed',
    version: markedVersion(version),
    tries: again ? before.tries + 1 : 1,
    // That a version fell back here counts for its quarantine, whatever came of later tries.
    code: again && before.code === fellBack ? fellBack : code,
    at,
  };
}

/** The version that this mark says fell back; null: none did. */
export const fallenBack = (mark: FailureMark | null): string | null =>
  mark?.kind === 'failed' && mark.code === fellBack ? mark.version : null;

/** How often a version failed on each instance that remembers a failure, by id. */
export function rememberedTries(
  instances: Iterable<{ ec2InstanceId: string; failure: FailureMark | null }>,
): Record<string, { version: string; tries: number }> {
  const remembered: Record<string, { version: string; tries: number }> = {};
  for (const { ec2InstanceId, failure } of instances) {
    if (failure?.kind !== 'failed') continue;
    remembered[ec2InstanceId] = { version: failure.version, tries: failure.tries };
  }
  return remembered;
}

/** How long a version is not tried again on an instance on which it failed so often, in milliseconds. */
export const backOffMs = (tries: number, rules: FailureRules): number =>
  Math.min(2 ** tries * rules.backOffMs, rules.longestBackOffMs);

/** Why an instance does not get `version` now; null: nothing that failed before forbids it. */
export function forbiddenBy(
  mark: FailureMark | null,
  version: string,
  rules: FailureRules,
  nowMs: number,
): Extract<Reason, { code: 'backing-off' | 'gave-up' }> | null {
  if (!mark) return null;
  if (mark.kind === 'unreadable') return { code: 'gave-up', version, tries: null, unreadable: mark.text };
  if (mark.version !== markedVersion(version)) return null;
  const { tries, code: cause } = mark;
  if (tries >= rules.giveUpAfter) return { code: 'gave-up', version, tries, cause };
  const until = Date.parse(mark.at) + backOffMs(tries, rules);
  return nowMs < until
    ? { code: 'backing-off', version, tries, cause, until: new Date(until).toISOString() }
    : null;
}
