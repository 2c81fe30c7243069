import { createSecretKey } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { TemporalConfigError } from '../config-error.js';
import { EncryptionCodec, type OpenKeys } from './codec.js';
import { keyBytes, type KeyEntry, type KeyRing } from './key-ring.js';

/** Writes messages and stacks of failures as payloads, which a codec encrypts. */
export const encodingFailureConverter = fileURLToPath(new URL('./failure-converter.cjs', import.meta.url));

/** How this process reads and writes the data of workflows. */
export interface Conversion {
  dataConverter: DataConverter;
  codec: EncryptionCodec;
  /** What must not be logged. */
  secrets: readonly string[];
}

/**
 * Makes the conversion for these keys, which are opened by KMS where it has encrypted them; without keys nothing is encrypted. Throws a
 * {@link TemporalConfigError} where a key cannot be opened.
 */
export async function conversionFor(ring: KeyRing | undefined): Promise<Conversion> {
  if (!ring) {
    const codec = new EncryptionCodec(null);
    return { codec, dataConverter: { payloadCodecs: [codec] }, secrets: [] };
  }
  const opened = await Promise.all(
    ring.entries.map(async (entry) => ({ id: entry.id, material: await open(entry, ring.variable) })),
  );
  const keys: OpenKeys = {
    writer: ring.entries[0].id,
    byId: new Map(opened.map(({ id, material }) => [id, createSecretKey(material)])),
    variable: ring.variable,
  };
  const codec = new EncryptionCodec(keys);
  return {
    codec,
    dataConverter: { payloadCodecs: [codec], failureConverterPath: encodingFailureConverter },
    secrets: opened.map(({ material }) => material.toString('base64')),
  };
}

async function open(entry: KeyEntry, variable: string): Promise<Buffer> {
  if (entry.kind === 'aes256') return entry.material;
  // Loaded when it is needed: few commands speak to KMS.
  const { unwrapDataKey } = await import('../../aws/data-keys.js');
  const material = await unwrapDataKey(entry).catch((err: unknown) => {
    const reason = err instanceof Error ? err.message : String(err);
    throw new TemporalConfigError(`${variable}, key ${entry.id}: ${reason}`, { cause: err });
  });
  if (material.length !== keyBytes) {
    throw new TemporalConfigError(
      `${variable}, key ${entry.id}: what KMS decrypted is no key of ${keyBytes} bytes. Make one with: ecs-updater encryption-key --kms ${entry.keyArn}`,
    );
  }
  return material;
}
