import { Client, Connection } from '@temporalio/client';
import type { EncryptionCodec } from './encryption/codec.js';
import { conversionFor } from './encryption/data-converter.js';
import { assertReadable } from './encryption/readable.js';
import { isPermissionDenied, temporalError } from './errors.js';
import { temporalTarget } from './target.js';
import type { TemporalTarget } from './target.js';

/** A client of one namespace, and what it takes to say where that is. */
export interface TemporalClient {
  client: Client;
  target: TemporalTarget;
  /** Encrypts, where the target has keys. */
  codec: EncryptionCodec;
  close: () => Promise<void>;
}

const answersWithinMs = 5000;

/**
 * Connects to Temporal. Throws a {@link TemporalError} in one line when it does not answer within 5 s, refuses us, or has no
 * such namespace; a `TemporalConfigError` where our keys do not open what is there.
 */
export async function connectClient(
  target: TemporalTarget = temporalTarget(),
  limitMs = answersWithinMs,
): Promise<TemporalClient> {
  const { dataConverter, codec } = await conversionFor(target.encryption);
  await probe(target, limitMs);
  const connection = Connection.lazy({ ...target.connectionOptions, connectTimeout: limitMs });
  const client = new Client({ connection, namespace: target.namespace, dataConverter });
  try {
    await client.withDeadline(Date.now() + limitMs, () => assertReadable(client, codec));
  } catch (err) {
    await connection.close();
    throw err;
  }
  return { client, target, codec, close: () => connection.close() };
}

/** One call on a connection that does not retry: it knows at once, and why, what a retrying one says after its limit. */
async function probe(target: TemporalTarget, limitMs: number): Promise<void> {
  const connection = Connection.lazy({ ...target.connectionOptions, interceptors: [] });
  const { namespace } = target;
  try {
    await connection.withDeadline(Date.now() + limitMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  } catch (err) {
    // A server that answers, but does not let us describe its namespace, may let us do all that we need.
    if (!isPermissionDenied(err)) throw temporalError(err, target);
  } finally {
    await connection.close();
  }
}
