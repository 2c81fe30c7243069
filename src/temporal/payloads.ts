import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

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
