import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AwsError, type Caller, type Operation } from '../kernel.js';
import type { Scenario } from '../scenario.js';

type Key = Scenario['kmsKeys'][number];

const context = z.record(z.string(), z.string()).default({});

const decryptSchema = z.object({
  CiphertextBlob: z.base64().min(1),
  KeyId: z.string().optional(),
  EncryptionContext: context,
  EncryptionAlgorithm: z.literal('SYMMETRIC_DEFAULT').default('SYMMETRIC_DEFAULT'),
});

const dataKeySchema = z
  .object({
    KeyId: z.string(),
    KeySpec: z.enum(['AES_256', 'AES_128']).optional(),
    NumberOfBytes: z.int().min(1).max(1024).optional(),
    EncryptionContext: context,
  })
  // One of both (API reference, GenerateDataKey).
  .refine(({ KeySpec, NumberOfBytes }) => (KeySpec === undefined) !== (NumberOfBytes === undefined));

/** KMS: symmetric keys of the scenario, which make data keys and decrypt what they encrypted, for the encryption context that was given. */
export function createKmsOperations(keys: Scenario['kmsKeys']): Record<string, Operation> {
  const dataKey = (given: Record<string, unknown>, caller: Caller, action: string) => {
    const input = parsed(dataKeySchema, given);
    const key = usableKey(input.KeyId, keys, caller, action);
    const bytes = input.NumberOfBytes ?? (input.KeySpec === 'AES_128' ? 16 : 32);
    const plaintext = randomBytes(bytes);
    return {
      KeyId: arnOf(key, caller),
      CiphertextBlob: sealed(plaintext, key, caller, input.EncryptionContext).toString('base64'),
      plaintext: plaintext.toString('base64'),
    };
  };
  return {
    Decrypt: (given, caller) => {
      const input = parsed(decryptSchema, given);
      const asked = input.KeyId === undefined ? undefined : usableKey(input.KeyId, keys, caller, 'Decrypt');
      const blob = Buffer.from(input.CiphertextBlob, 'base64');
      const sealer = keys.find(({ id }) => blob.subarray(0, idBytes).equals(mark(id, caller)));
      if (!sealer) throw new AwsError('InvalidCiphertextException', '');
      if (asked && asked !== sealer) {
        throw new AwsError(
          'IncorrectKeyException',
          'The key ID in the request does not identify a CMK that can perform this operation.',
        );
      }
      const key = asked ?? usableKey(arnOf(sealer, caller), keys, caller, 'Decrypt');
      return {
        KeyId: arnOf(key, caller),
        Plaintext: opened(blob, key, caller, input.EncryptionContext).toString('base64'),
        EncryptionAlgorithm: input.EncryptionAlgorithm,
      };
    },
    GenerateDataKey: (given, caller) => {
      const { plaintext, ...answer } = dataKey(given, caller, 'GenerateDataKey');
      return { ...answer, Plaintext: plaintext };
    },
    GenerateDataKeyWithoutPlaintext: (given, caller) => {
      const { plaintext: _, ...answer } = dataKey(given, caller, 'GenerateDataKeyWithoutPlaintext');
      return answer;
    },
  };
}

function parsed<T extends z.ZodType>(schema: T, given: unknown): z.infer<T> {
  const { data, error } = schema.safeParse(given);
  if (data !== undefined) return data;
  const member = String(error?.issues[0]?.path[0] ?? 'keySpec');
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint`,
  );
}

const arnOf = ({ id }: Key, { region, accountId }: Caller): string =>
  `arn:aws:kms:${region}:${accountId}:key/${id}`;

/** By key id, key ARN, alias name or alias ARN; throws where the caller may not, or the key cannot, do this now. */
function usableKey(reference: string, keys: readonly Key[], caller: Caller, action: string): Key {
  const { region, accountId, principal } = caller;
  const [, itsRegion, account, rest] = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):(.+)$/.exec(reference) ?? [];
  if (itsRegion !== undefined && itsRegion !== region)
    throw new AwsError('NotFoundException', `Invalid arn ${itsRegion}`);
  const name = rest ?? reference;
  const key = keys.find(({ id, alias }) =>
    name.startsWith('alias/') ? name === `alias/${alias}` : name.replace(/^key\//, '') === id,
  );
  // Whoever may not use a key does not learn whether it is there, if it is of another account.
  if ((account !== undefined && account !== accountId) || (key?.users && !key.users.includes(principal))) {
    const arn = key ? arnOf(key, caller) : reference;
    throw new AwsError(
      'AccessDeniedException',
      `User: arn:aws:iam::${accountId}:user/${principal} is not authorized to perform: kms:${action} on resource: ${arn} because no resource-based policy allows the kms:${action} action`,
    );
  }
  if (!key) {
    const what = name.startsWith('alias/') ? 'Alias' : 'Key';
    const arn = `arn:aws:kms:${region}:${accountId}:${what === 'Key' ? `key/${name.replace(/^key\//, '')}` : name}`;
    throw new AwsError('NotFoundException', `${what} ${what === 'Key' ? `'${arn}'` : arn} does not exist`);
  }
  const arn = arnOf(key, caller);
  if (key.state === 'Disabled') throw new AwsError('DisabledException', `${arn} is disabled.`);
  if (key.state === 'PendingDeletion')
    throw new AwsError('KMSInvalidStateException', `${arn} is pending deletion.`);
  return key;
}

const nonceBytes = 12;
const tagBytes = 16;
const idBytes = 32;
const cipher = 'aes-256-gcm';

/** By which a ciphertext tells whose it is. */
const mark = (id: string, { region, accountId }: Caller): Buffer =>
  createHash('sha256').update(`mark ${accountId} ${region} ${id}`).digest();

/** The same in every run: what was encrypted once can be decrypted after a restart. */
const materialOf = (id: string, { region, accountId }: Caller): Buffer =>
  createHash('sha256').update(`material ${accountId} ${region} ${id}`).digest();

/** The order of its members does not count (KMS developer guide, encryption context). */
const contextBytes = (given: Record<string, string>): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(given).toSorted(([a], [b]) => (a < b ? -1 : 1))));

function sealed(plaintext: Buffer, { id }: Key, caller: Caller, given: Record<string, string>): Buffer {
  const nonce = randomBytes(nonceBytes);
  const writer = createCipheriv(cipher, materialOf(id, caller), nonce, { authTagLength: tagBytes });
  writer.setAAD(contextBytes(given));
  const text = Buffer.concat([writer.update(plaintext), writer.final()]);
  return Buffer.concat([mark(id, caller), nonce, text, writer.getAuthTag()]);
}

function opened(blob: Buffer, { id }: Key, caller: Caller, given: Record<string, string>): Buffer {
  try {
    const [nonce, text] = [blob.subarray(idBytes, idBytes + nonceBytes), blob.subarray(idBytes + nonceBytes)];
    const reader = createDecipheriv(cipher, materialOf(id, caller), nonce, { authTagLength: tagBytes });
    reader.setAAD(contextBytes(given));
    reader.setAuthTag(text.subarray(-tagBytes));
    return Buffer.concat([reader.update(text.subarray(0, -tagBytes)), reader.final()]);
  } catch {
    throw new AwsError('InvalidCiphertextException', '');
  }
}
