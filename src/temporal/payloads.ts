import type { Client } from '@temporalio/client';
import type { Payload, ProtoFailure } from '@temporalio/common';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/codec-helpers.js';
import { EncryptionCodec } from './encryption/codec.js';

/** Reads what stands in a history: the values that a workflow was given, or returned. */
export async function valuesOf(
  client: Client,
  payloads: readonly Payload[] | null | undefined,
): Promise<unknown[]> {
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
  let decoded = [...(payloads ?? [])];
  // Encoded by the first codec first.
  for (const codec of payloadCodecs.toReversed()) decoded = await codec.decode(decoded);
  return decoded.map((payload) => payloadConverter.fromPayload<unknown>(payload));
}

/** The id of the key that a client encrypts with; undefined: it encrypts nothing. */
export const writerOf = (client: Client): string | undefined =>
  client.options.loadedDataConverter.payloadCodecs.find((codec) => codec instanceof EncryptionCodec)?.writer;

/** The message of a failure that stands in a history; empty: it has none. */
export async function messageOf(client: Client, failure: ProtoFailure | null | undefined): Promise<string> {
  const error = await decodeOptionalFailureToOptionalError(client.options.loadedDataConverter, failure);
  return error?.message ?? '';
}
