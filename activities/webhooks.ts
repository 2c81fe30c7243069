import { ApplicationFailure } from '@temporalio/common';
import { Webhook } from 'standardwebhooks';
import { packageVersion } from '../src/aws/package-files.js';
import { failureTypes } from '../src/model/failure-types.js';
import type { NotificationTarget } from '../src/model/notifications.js';

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Failed for good: an operator has to change something. */
const final = (message: string): ApplicationFailure =>
  ApplicationFailure.create({ message, type: failureTypes.undelivered, nonRetryable: true });

/** Tried again, at the earliest after this many milliseconds. */
const again = (message: string, afterMs?: number): ApplicationFailure =>
  ApplicationFailure.create({
    message,
    type: failureTypes.undelivered,
    nonRetryable: false,
    ...(afterMs !== undefined && { nextRetryDelay: afterMs }),
  });

/** The value of a variable that an operator has to set; a line break at its end, as files leave one, does not count. */
function valueOf(env: Environment, variable: string, what: string): string {
  const value = env[variable]?.trim();
  if (!value) throw final(`the variable ${variable} is not set where this worker runs. Set it to ${what}.`);
  return value;
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

/** The URL in a variable. Its text is a secret: no error quotes it. */
export function urlFrom(env: Environment, variable: string): URL {
  const text = valueOf(env, variable, 'the URL of the webhook');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw final(`the variable ${variable} has no URL that begins with https://.`);
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    throw final(`the variable ${variable} has a URL without TLS. Use https:// there.`);
  if (url.username || url.password)
    throw final(
      `the variable ${variable} has a URL with a user name or a password, which is not sent. Remove it.`,
    );
  return url;
}

/**
 * The value of the header `webhook-signature` (Standard Webhooks 1.0): a signature by each secret in the variable. It may have two, separated by a space,
 * while one takes over from the other.
 */
export function signaturesFor(
  env: Environment,
  variable: string,
  { id, at, body }: { id: string; at: Date; body: string },
): string {
  const secrets = valueOf(env, variable, 'the secret of the webhook').split(/\s+/);
  return secrets
    .map((secret) => {
      if (!isSecret(secret))
        throw final(
          `the variable ${variable} has no secret of the form whsec_<base64 of 24 to 64 bytes>. Make one: echo "whsec_$(openssl rand -base64 32)"`,
        );
      return new Webhook(secret).sign(id, at, body);
    })
    .join(' ');
}

function isSecret(text: string): boolean {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  if (base64 === undefined || base64.length % 4 !== 0) return false;
  const { length } = Buffer.from(base64, 'base64');
  return length >= 24 && length <= 64;
}

/** What a target's variables lack, as a sentence without secrets; null: nothing. */
export function objectionTo(
  target: Extract<NotificationTarget, { urlFromEnv: string }>,
  env: Environment,
): string | null {
  try {
    urlFrom(env, target.urlFromEnv);
    if (target.type === 'webhook' && target.secretFromEnv !== undefined)
      signaturesFor(env, target.secretFromEnv, { id: 'msg_doctor', at: new Date(), body: '' });
    return null;
  } catch (err) {
    if (err instanceof ApplicationFailure) return err.message;
    throw err;
  }
}

interface Post {
  url: URL;
  body: string;
  headers: Record<string, string>;
  /** The variable that the URL is from: the only name of the receiver that may be told. */
  urlFromEnv: string;
  signal: AbortSignal;
  answerMs: number;
  /** Whether the receiver says by a code as `no_service` what is wrong, as Slack does. */
  tellsCode: boolean;
}

/** Sends a message. Redirects are not followed: what a URL says is where it goes. */
export async function postJson({
  url,
  body,
  headers,
  urlFromEnv,
  signal,
  answerMs,
  tellsCode,
}: Post): Promise<void> {
  const receiver = `the receiver in ${urlFromEnv}`;
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': `ecs-updater/${packageVersion()}`,
        ...headers,
      },
      body,
      signal,
    });
  } catch (err) {
    throw again(
      `${receiver} ${signal.aborted ? `did not answer within ${answerMs / 1000} s` : `cannot be reached${codeOf(err)}`}`,
    );
  }
  const { ok, status } = response;
  const code = ok || !tellsCode ? '' : await slackCode(response, url);
  await response.body?.cancel().catch(() => {});
  if (ok) return;
  if (status === 429 || status >= 500)
    throw again(`${receiver} answered with status ${status}${code}`, retryAfterMs(response.headers));
  if (status >= 300 && status < 400)
    throw final(
      `${receiver} answered with a redirect (status ${status}), which is not followed. Set the variable to where it leads.`,
    );
  throw final(
    `${receiver} refused the message with status ${status}${code}. Check the URL${tellsCode ? '' : ' and the secret'}.`,
  );
}

/** Why there was no answer, by the code of the socket, of DNS or of TLS. Their messages name the host. */
function codeOf(err: unknown): string {
  const cause: unknown = err instanceof Error ? err.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  return /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? ` (${code})` : '';
}

/** What Slack answers, as ` (no_service)`; empty where it is anything but such a code. Others echo the URL. */
async function slackCode({ body }: Response, url: URL): Promise<string> {
  if (!body) return '';
  const reader = body.getReader();
  try {
    const { value } = await reader.read();
    const text = new TextDecoder().decode(value?.slice(0, 100)).trim();
    return /^[a-z]{2,20}(_[a-z]{2,20}){1,4}$/.test(text) && !url.href.includes(text) ? ` (${text})` : '';
  } catch {
    return '';
  } finally {
    reader.releaseLock();
  }
}

/** A receiver that asks for more is asked again sooner: it may have said it by mistake. */
const longestPauseMs = 900_000;

/** How long a receiver wants to be left alone: seconds, or a date (RFC 9110, Retry-After); undefined: it does not say. */
function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(longestPauseMs, Math.max(1000, ms));
}
