import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { TemporalConfigError } from '../config-error.js';
import { keyVariables } from './key-ring.js';

/** The keys of a process, ready for use. */
export interface OpenKeys {
  /** The id of the one that encrypts. */
  writer: string;
  byId: ReadonlyMap<string, KeyObject>;
  /** The variable that gave them. */
  variable: string;
}

/** This process has not the key that a payload was encrypted with. The message names that key and the variable where it belongs. */
export class PayloadKeyError extends TemporalConfigError {}

// Names and layout are those of Temporal's samples of an encrypting codec: nonce, ciphertext, tag; inside, the payload as protobuf.
const encoding = 'binary/encrypted';
const keyIdField = 'encryption-key-id';
const cipher = 'aes-256-gcm';
/** NIST SP 800-38D, 5.2.1: the lengths that GCM is made for. */
const nonceBytes = 12;
const tagBytes = 16;

const { Payload: message } = proto.temporal.api.common.v1;
const textOf = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

/** The id of the key that a payload is encrypted with; undefined: it is not encrypted. */
export function keyIdOf({ metadata }: Payload): string | undefined {
  return textOf(metadata?.['encoding']) === encoding ? textOf(metadata?.[keyIdField]) : undefined;
}

/**
 * Encrypts every payload with the first of the keys, and decrypts those of any of them; what is not encrypted is read as it is. Without keys
 * it encrypts nothing, and says which key is missing.
 */
export class EncryptionCodec implements PayloadCodec {
  constructor(private readonly keys: OpenKeys | null) {}

  /** The id of the key that encrypts; undefined: nothing is encrypted. */
  get writer(): string | undefined {
    return this.keys?.writer;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { keys } = this;
    const key = keys?.byId.get(keys.writer);
    return keys && key ? payloads.map((payload) => encrypted(payload, keys.writer, key)) : payloads;
  }

  /** Throws a {@link PayloadKeyError}. */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const id = keyIdOf(payload);
      return id === undefined ? payload : decrypted(payload, id, this.#key(id));
    });
  }

  #key(id: string): KeyObject {
    const key = this.keys?.byId.get(id);
    if (key) return key;
    const shown = shownId(id);
    throw new PayloadKeyError(
      this.keys
        ? `The data of this namespace is encrypted with the key ${shown}, which ${this.keys.variable} does not have (it has ${[...this.keys.byId.keys()].join(', ')}). Add it there.`
        : `The data of this namespace is encrypted with the key ${shown}, and this process has no keys. Give it that one by ${keyVariables}.`,
    );
  }
}

function encrypted(payload: Payload, id: string, key: KeyObject): Payload {
  const nonce = randomBytes(nonceBytes);
  const writer = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  const data = Buffer.concat([nonce, writer.update(message.encode(payload).finish()), writer.final()]);
  return {
    metadata: { encoding: Buffer.from(encoding), [keyIdField]: Buffer.from(id) },
    data: Buffer.concat([data, writer.getAuthTag()]),
  };
}

function decrypted({ data }: Payload, id: string, key: KeyObject): Payload {
  const bytes = Buffer.from(data ?? []);
  try {
    const reader = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
    reader.setAuthTag(bytes.subarray(-tagBytes));
    const text = bytes.subarray(nonceBytes, -tagBytes);
    return message.decode(Buffer.concat([reader.update(text), reader.final()]));
  } catch (err) {
    throw new PayloadKeyError(
      `The data of this namespace names the key ${shownId(id)}, but our key of that id does not open it: either ${keyVariables} has another key under this id, or the data was changed.`,
      { cause: err },
    );
  }
}

/** It comes from outside. */
const shownId = (id: string): string => id.replaceAll(/[^A-Za-z0-9._-]/g, '?').slice(0, 64) || '(none)';
