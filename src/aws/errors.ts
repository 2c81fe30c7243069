import type { Pluggable } from '@smithy/types';
import { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from '../model/failure-types.js';
import { clusterTag } from '../model/names.js';
import { withoutSecrets } from '../model/secrets.js';

/** What an error of AWS, or of the way to it, means for us. */
export type ErrorClass =
  /** Throttling, outages, lost connections, expired credentials: tried again. */
  | 'retry'
  /** Wrong for this instance. */
  | 'fails-instance'
  /** Wrong for every instance: access denied, a missing cluster, a changed document, a request that is not understood. */
  | 'stops-rollout';

// Names as the SDK's clients report them (aws-facts §1.2, §1.3).
const retried: ReadonlySet<string> = new Set([
  'AbortError',
  // Also what a metadata service that is slow for a second looks like.
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InternalServerError',
  'InvocationDoesNotExist',
  'LimitExceededException',
  'RequestExpired',
  'RequestLimitExceeded',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'ServerException',
  'SyntaxError',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
  'TooManyUpdates',
  // No words of the service's own: something on the way answered.
  'Error',
  'Unknown',
  'UnknownError',
  'UnreadableAnswer',
  'UpdateInProgressException',
]);

const stopping: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthFailure',
  'ClientException',
  'ClusterNotFoundException',
  'IncompleteSignature',
  'InvalidAction',
  'InvalidClientTokenId',
  'InvalidDocument',
  'InvalidDocumentContent',
  'InvalidDocumentVersion',
  'InvalidParameterException',
  'InvalidParameterCombination',
  'InvalidParameterValue',
  'InvalidParameters',
  'InvalidSignatureException',
  'MaxDocumentSizeExceeded',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'MissingParameter',
  'OptInRequired',
  'SerializationException',
  'SignatureDoesNotMatch',
  'UnauthorizedOperation',
  'UnknownOperationException',
  'UnrecognizedClientException',
  'ValidationError',
  'ValidationException',
]);

/** An answer that calls itself a success and tells nothing, as of a proxy: EC2's client takes any page of HTML for one. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

/** A member that an answer of the service always has; throws {@link UnreadableAnswer} where it is missing. */
export function present<T>(member: T | undefined, name: string): T {
  if (member === undefined) throw new UnreadableAnswer(`the answer has no ${name}`);
  return member;
}

/** Classifies an error by its name, its HTTP status, or that it never got an answer. */
export function classify(err: unknown): ErrorClass {
  const name = nameOf(err);
  if (stopping.has(name)) return 'stops-rollout';
  if (retried.has(name) || isThrottling(name)) return 'retry';
  const status = statusOf(err);
  if (status === undefined || status >= 500 || status === 429) return 'retry';
  // The service spoke, but not as it should: what it did is unknown.
  return status >= 400 ? 'fails-instance' : 'retry';
}

/** What became of a request, in few words. */
export type CallResult = 'success' | 'throttled' | 'denied' | 'client-error' | 'server-error' | 'no-answer';

/** What became of a request that ended with this error. */
export function resultOf(err: unknown): Exclude<CallResult, 'success'> {
  const name = nameOf(err);
  const status = statusOf(err);
  if (isThrottling(name) || status === 429) return 'throttled';
  if (/^(AccessDenied|AuthorizationError|UnauthorizedOperation)/.test(name)) return 'denied';
  if (status === undefined) return 'no-answer';
  return status >= 400 && status < 500 ? 'client-error' : 'server-error';
}

const isThrottling = (name: string): boolean =>
  /throttl|rate.?exceeded|^RequestLimitExceeded$|^TooManyRequests/i.test(name);

/** Whether an error is this one of the service's. */
export const isAwsError = (err: unknown, ...names: readonly string[]): boolean => names.includes(nameOf(err));

/** Whether a request may have taken effect although its answer is an error. */
export function answerWasLost(err: unknown): boolean {
  const status = statusOf(err);
  return classify(err) === 'retry' && (status === undefined || status >= 500 || status === 200);
}

/** Histories keep every message: longer ones are cut. */
const longestMessage = 900;

/** Turns an error into the failure that an activity ends with; `always` retries whatever it is. */
export function toFailure(err: unknown, subject: string, always = false): ApplicationFailure {
  const kind = always ? 'retry' : classify(err);
  const remedyText = remedy(err);
  const fact = awsFact(err, subject);
  const stop = remedyText && !/[.!?]$/.test(fact) ? '.' : '';
  const message = `${fact.slice(0, longestMessage - remedyText.length - 1)}${stop}${remedyText}`;
  switch (kind) {
    case 'retry':
      return ApplicationFailure.create({ message, type: failureTypes.unavailable, nonRetryable: false });
    case 'fails-instance':
      return ApplicationFailure.create({ message, type: failureTypes.failsInstance, nonRetryable: true });
    case 'stops-rollout':
      return ApplicationFailure.create({ message, type: failureTypes.stopsRollout, nonRetryable: true });
  }
}

/** What went wrong with whom, in one line and without secrets: subject, call, the service's name for the error, its message. */
export const awsFact = (err: unknown, subject: string): string =>
  [subject, callOf(err), nameOf(err), messageOf(err)].filter(Boolean).join(': ');

const calls = new WeakMap<object, string>();

/** Which action on what an error came from, as `ecs:ListTasks on prod`; undefined for one that is not from a client of ours. */
const callOf = (err: unknown): string | undefined =>
  typeof err === 'object' && err !== null ? calls.get(err) : undefined;

/** A plug-in for a client of `service` that makes it remember, for each error that it throws, which action it came from. */
export function callNames<Input extends object, Output extends object>(
  service: string,
): Pluggable<Input, Output> {
  return {
    applyToStack: (stack) => {
      stack.add(
        (next, context) => async (args) => {
          try {
            return await next(args);
          } catch (err) {
            const action = context.commandName?.replace(/Command$/, '') ?? '';
            if (typeof err === 'object' && err !== null) {
              calls.set(err, `${service}:${action}${resourceOf(args.input)}`);
            }
            throw err;
          }
        },
        { step: 'initialize', name: 'ecsUpdaterCallNames' },
      );
    },
  };
}

/** Members of requests that name what they are about, the most telling first. */
const resourceMembers = [
  'resourceArn',
  'TopicArn',
  'KeyId',
  'containerInstances',
  'containerInstance',
  'services',
  'DocumentName',
  'Name',
  'InstanceIds',
  'InstanceId',
  'clusters',
  'cluster',
];

/** ` on …` for a request: its first resource, and how many more. */
function resourceOf(input: object): string {
  const members = new Map<string, unknown>(Object.entries(input));
  const named = resourceMembers.map((name) => members.get(name)).find((value) => value !== undefined);
  const [first, ...more] = Array.isArray(named) ? named : [named];
  if (typeof first !== 'string') return '';
  return more.length === 0 ? ` on ${first}` : ` on ${first} and ${more.length} more`;
}

/** What may be missing where AWS denied something on a host, or on a service. */
export function policyHint(message: string): string {
  if (message.includes(':instance/'))
    return ` The policy that we ship allows it for hosts whose tag ${clusterTag} names their cluster.`;
  if (/:service\/[^/\s]+(\s|$)/.test(message))
    return ' The policy that we ship allows it for services whose ARN has the name of their cluster: migrate those that have an old one (docs/iam.md).';
  return '';
}

function remedy(err: unknown): string {
  const name = nameOf(err);
  if (name.startsWith('AccessDenied') && messageOf(err).includes('sts:AssumeRole')) {
    return ' Let the role trust the worker (its trust policy, its external id), and allow sts:AssumeRole to the worker.';
  }
  if (/^(AccessDenied|AuthorizationError|UnauthorizedOperation)/.test(name))
    return ` Allow this action to the role of the worker.${policyHint(messageOf(err))}`;
  if (name === 'ClusterNotFoundException') return ' Check the cluster and the Region of the Schedule.';
  if (name.startsWith('InvalidDocument'))
    return ' Run ecs-updater apply (or schedule) again, with --update-documents if the change is meant.';
  if (/Credentials|UnrecognizedClient|InvalidClientTokenId|Signature/.test(name))
    return ' Check the credentials of the worker.';
  return '';
}

const nameOf = (err: unknown): string => {
  if (!(err instanceof Error)) return 'Error';
  // A connection that was refused or reset has its reason in the code; where several addresses were tried, that is all it has.
  const isNamed = err.name !== 'Error' && err.name !== 'AggregateError';
  return !isNamed && 'code' in err && typeof err.code === 'string' ? err.code : err.name;
};

/** AWS quotes the request whose signature it refuses, session token included; histories keep every message. */
const messageOf = (err: unknown): string =>
  withoutSecrets((err instanceof Error ? err.message : String(err)).replaceAll(/\s+/g, ' '));

function statusOf(err: unknown): number | undefined {
  if (typeof err !== 'object' || err === null || !('$metadata' in err)) return undefined;
  const metadata = err.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
