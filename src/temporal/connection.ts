import { Client, Connection, type ConnectionOptions, type WorkflowService } from '@temporalio/client';
import type { EncryptionCodec } from './encryption/codec.js';
import { conversionFor } from './encryption/data-converter.js';
import { assertReadable } from './encryption/readable.js';
import { isPermissionDenied, temporalError } from './errors.js';
import { readApiKey, type TemporalTarget, temporalTarget } from './target.js';

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
  const connection = Connection.lazy({ ...optionsOf(target), connectTimeout: limitMs });
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
  const connection = Connection.lazy({ ...optionsOf(target), interceptors: [] });
  try {
    await connection.withDeadline(Date.now() + limitMs, () =>
      assertWelcome(connection.workflowService, target.namespace),
    );
  } catch (err) {
    throw temporalError(err, target);
  } finally {
    await connection.close();
  }
}

/** Asks for the namespace; throws what the server answers if we may not be there. */
export async function assertWelcome(
  service: Pick<WorkflowService, 'describeNamespace' | 'listSchedules'>,
  namespace: string,
): Promise<void> {
  try {
    await service.describeNamespace({ namespace });
  } catch (err) {
    if (!isPermissionDenied(err)) throw err;
    // It may let us do all that we need, but not describe its namespace; a wrong API key is let do nothing.
    await service.listSchedules({ namespace, maximumPageSize: 1 });
  }
}

/** An API key that stands in a file is read for every call, so that a new one counts at once. */
function optionsOf({ connectionOptions, apiKeyFile }: TemporalTarget): ConnectionOptions {
  if (apiKeyFile === undefined) return connectionOptions;
  let { apiKey = '' } = connectionOptions;
  return {
    ...connectionOptions,
    apiKey: () => {
      try {
        apiKey = readApiKey(apiKeyFile);
      } catch {
        // It is being written: the one before is as good as none.
      }
      return apiKey;
    },
  };
}
