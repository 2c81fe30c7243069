import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../model/examination.js';
import { awsFact, isAwsError, policyHint } from './errors.js';

/** No look takes longer, whatever AWS does; the others go on. */
const longestLookMs = 30_000;

/** Makes a look, and a finding of whatever comes of it. */
export async function look(
  what: string,
  ask: () => Promise<Omit<Finding, 'what'>>,
  /** What to do if it fails in a way of its own. */
  remedyOf: (err: unknown) => string | undefined = remedyOfError,
): Promise<Finding> {
  try {
    return { what, ...(await inTime(ask)) };
  } catch (err) {
    const remedy = remedyOf(err);
    return { what, status: 'failed', fact: awsFact(err, ''), ...(remedy !== undefined && { remedy }) };
  }
}

/** Waits for an answer, but not for ever: what is late is an error. */
export async function inTime<T>(ask: () => Promise<T>, limitMs = longestLookMs): Promise<T> {
  const timer = new AbortController();
  const late = sleep(limitMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${limitMs / 1000} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([ask(), late]);
  } finally {
    timer.abort();
  }
}

/** Names under which AWS denies an action. */
export const isDenied = (err: unknown): boolean =>
  isAwsError(err, 'AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation');

/** What to do about errors that may meet any call. */
export function remedyOfError(err: unknown): string | undefined {
  const text = awsFact(err, '');
  if (text.includes('sts:AssumeRole')) {
    return 'Let the role trust who assumes it (its trust policy, its external id), and allow sts:AssumeRole there.';
  }
  if (isDenied(err)) return `Allow this action.${policyHint(text)}`;
  if (/Credentials|UnrecognizedClient|InvalidClientTokenId|AuthFailure|Expired|Signature/.test(text)) {
    return 'Give it credentials of AWS: a role of its task or machine, AWS_PROFILE, or AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY.';
  }
  return undefined;
}
