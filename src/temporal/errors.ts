import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import type { TemporalTarget } from './target.js';

/** A call to Temporal failed; the message names address, namespace, the reason and what to do, in one line. */
export class TemporalError extends Error {
  override readonly name = 'TemporalError';
}

// Codes of gRPC, by their numbers: the package that names them is not a dependency of ours.
const grpc = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
};

/** What the server said, or the connection to it, which the SDK wraps in a sentence of its own; null: the error is another. */
export function serverError(err: unknown): (Error & { details: string }) | null {
  if (isGrpcServiceError(err)) return err;
  return err instanceof Error && err.cause !== undefined ? serverError(err.cause) : null;
}

/** Whether Temporal answered but does not let us do this. */
export const isPermissionDenied = (err: unknown): boolean => codeOf(err) === grpc.permissionDenied;

/** What Temporal finds wrong with what it was given; null: the error is another. */
export const invalidArgument = (err: unknown): string | null =>
  codeOf(err) === grpc.invalidArgument ? reasonOf(err) : null;

/** Whether Temporal answered that nobody here may do this, or that it cannot. */
export const isForbidden = (err: unknown): boolean =>
  [grpc.permissionDenied, grpc.unauthenticated, grpc.unimplemented].some((code) => code === codeOf(err));

/** Whether a call got no answer in its time. */
export const isDeadlineExceeded = (err: unknown): boolean =>
  codeOf(err) === grpc.deadlineExceeded ||
  (err instanceof Error && err.cause !== undefined && isDeadlineExceeded(err.cause));

/** Whether Temporal did not ask a workflow, as it saw no worker for it lately: "no poller seen for task queue recently". */
export const isUnattended = (err: unknown): boolean => codeOf(serverError(err)) === grpc.failedPrecondition;

/** Whether Temporal has no such thing, or what names it cannot name one. */
export const isNotFound = (err: unknown): boolean =>
  err instanceof WorkflowNotFoundError ||
  codeOf(err) === grpc.notFound ||
  codeOf(err) === grpc.invalidArgument;

/** Whether Temporal could not be reached, or not in time: it may be the next time. */
export const isUnavailable = (err: unknown): err is Error =>
  err instanceof Error && (codeOf(serverError(err)) === grpc.unavailable || isDeadlineExceeded(err));

/** Says in one line what went wrong between us and Temporal. */
export function temporalError(
  err: unknown,
  target: Pick<TemporalTarget, 'address' | 'namespace'> & Partial<TemporalTarget>,
): TemporalError {
  const { fact, remedy } = explain(err, Boolean(target.connectionOptions?.tls));
  const subject = `Temporal at ${target.address} (namespace ${target.namespace})`;
  return new TemporalError(`${subject} ${fact}. ${remedy}`, { cause: err });
}

function explain(err: unknown, usesTls: boolean): { fact: string; remedy: string } {
  const reason = reasonOf(err);
  const code = codeOf(err) ?? nativeCode(err);
  if (
    code === grpc.unavailable ||
    code === grpc.deadlineExceeded ||
    (code === undefined && isTransportError(err))
  ) {
    return { fact: `cannot be reached: ${reason}`, remedy: remedyOfConnection(reason, usesTls) };
  }
  if (code === grpc.notFound) {
    return {
      fact: `answered: ${reason}`,
      remedy: 'Create the namespace, or name another one by TEMPORAL_NAMESPACE.',
    };
  }
  if (code === grpc.permissionDenied || code === grpc.unauthenticated) {
    return {
      fact: `refused us: ${reason}`,
      remedy:
        'Check TEMPORAL_NAMESPACE, and TEMPORAL_API_KEY or the client certificate: a key may have expired, or may not use this namespace.',
    };
  }
  if (code === grpc.resourceExhausted) {
    return {
      fact: `is asked too often: ${reason}`,
      remedy: 'Try again later; if that stays so, raise the limits of the namespace.',
    };
  }
  return {
    fact: `failed: ${reason}`,
    remedy: 'Check that TEMPORAL_ADDRESS is the gRPC port of a Temporal server and TEMPORAL_TLS suits it.',
  };
}

/** In the words of OpenSSL, which clients use, and of rustls, which workers do. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /alert (?:number \d+|(?:bad|unsupported|unknown) ?(?:certificate|ca)|certificate (?:required|revoked|expired|unknown))|received fatal alert|CertificateRequired|SSL alert/i,
    'It does not take our client certificate: check that TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH are there, that the certificate has not expired, and that the namespace accepts its CA.',
  ],
  [
    /altnames|not valid for name|NotValidForName/i,
    'Its certificate is for another name: correct TEMPORAL_ADDRESS, or say the name by TEMPORAL_TLS_SERVER_NAME.',
  ],
  [
    /self.signed|unable to (?:verify|get)|certificate|UnknownIssuer/i,
    'Its certificate is not trusted here: give the CA that signed it by TEMPORAL_TLS_SERVER_CA_CERT_PATH, and check that it has not expired.',
  ],
  [
    /wrong version number|InvalidContentType|packet length too long|corrupt message/i,
    'It speaks no TLS: set TEMPORAL_TLS=false, or correct TEMPORAL_ADDRESS.',
  ],
];

/** A server that is not there, or does not answer. */
const isAway = /refused|ENOTFOUND|EAI_AGAIN|dns|name resolution|deadline|timed? ?out|unreachable/i;

function remedyOfConnection(reason: string, usesTls: boolean): string {
  const remedy = remedies.find(([pattern]) => pattern.test(reason))?.[1];
  if (remedy !== undefined) return remedy;
  // A client of TLS 1.3 is done before the server has looked at its certificate, and may only see it go, in words of all kinds.
  return usesTls && !isAway.test(reason)
    ? 'It hung up: if it wants a client certificate, check that TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH name one that it takes and that has not expired; else that TEMPORAL_ADDRESS is right.'
    : 'Start the server, or name another one by TEMPORAL_ADDRESS or a profile in temporal.toml.';
}

function codeOf(err: unknown): number | undefined {
  return isGrpcServiceError(err) ? err.code : undefined;
}

/** What the native connection of a worker throws where a client's connection has UNAVAILABLE. */
const isTransportError = (err: unknown): boolean => err instanceof Error && err.name === 'TransportError';

/** The code of an answer that a native connection got while it was made, which it tells in words (tonic, `Code::description`). */
function nativeCode(err: unknown): number | undefined {
  if (!isTransportError(err) || !(err instanceof Error)) return undefined;
  if (err.message.includes('valid authentication credentials')) return grpc.unauthenticated;
  if (err.message.includes('does not have permission')) return grpc.permissionDenied;
  return undefined;
}

/** gRPC and the native connection wrap the reason of the socket into sentences of their own. */
function reasonOf(err: unknown): string {
  const text = isGrpcServiceError(err) ? err.details : err instanceof Error ? err.message : String(err);
  const socket = /Last error: (?:Error: )?(.*?)\.? ?Resolution note:/s.exec(text)?.[1];
  const openSsl = /:SSL routines:[^:]*:([^:]+):/.exec(text)?.[1];
  // The innermost comes last.
  const native = [...text.matchAll(/(?:message|error): "([^"]+)"/g)].at(-1)?.[1];
  return (openSsl ?? socket ?? native ?? text)
    .replaceAll(/ \(\d{4}-\d\d-\d\dT[^)]*\)/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '');
}
