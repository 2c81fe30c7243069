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
  target: Pick<TemporalTarget, 'address' | 'namespace'>,
): TemporalError {
  const { fact, remedy } = explain(err);
  const subject = `Temporal at ${target.address} (namespace ${target.namespace})`;
  return new TemporalError(`${subject} ${fact}. ${remedy}`, { cause: err });
}

function explain(err: unknown): { fact: string; remedy: string } {
  const reason = reasonOf(err);
  const code = codeOf(err);
  if (code === grpc.unavailable || code === grpc.deadlineExceeded || isTransportError(err)) {
    return {
      fact: `cannot be reached: ${reason}`,
      remedy: 'Start the server, or name another one by TEMPORAL_ADDRESS or a profile in temporal.toml.',
    };
  }
  if (code === grpc.notFound) {
    return {
      fact: `answered: ${reason}`,
      remedy: 'Create the namespace, or name another one by TEMPORAL_NAMESPACE.',
    };
  }
  if (code === grpc.permissionDenied || code === grpc.unauthenticated) {
    return { fact: `refused us: ${reason}`, remedy: 'Check TEMPORAL_API_KEY or the client certificate.' };
  }
  return {
    fact: `failed: ${reason}`,
    remedy: 'Check that TEMPORAL_ADDRESS is the gRPC port of a Temporal server and TEMPORAL_TLS suits it.',
  };
}

function codeOf(err: unknown): number | undefined {
  return isGrpcServiceError(err) ? err.code : undefined;
}

/** What the native connection of a worker throws where a client's connection has UNAVAILABLE. */
const isTransportError = (err: unknown): boolean => err instanceof Error && err.name === 'TransportError';

/** gRPC and the native connection wrap the reason of the socket into sentences of their own. */
function reasonOf(err: unknown): string {
  const text = isGrpcServiceError(err) ? err.details : err instanceof Error ? err.message : String(err);
  const socket =
    /Last error: (?:Error: )?(.*?)\.? ?Resolution note:/.exec(text) ??
    /(?:message|error): "([^"]+)"/.exec(text);
  return (socket?.[1] ?? text).replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
}
