import {
  DecryptCommand,
  type DecryptCommandOutput,
  GenerateDataKeyWithoutPlaintextCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { awsFact, callNames, isAwsError, present } from './errors.js';

/** A data key that KMS has encrypted. */
export interface WrappedKey {
  /** Its name in our payloads. */
  id: string;
  /** Of the KMS key, or of an alias. */
  keyArn: string;
  wrapped: Uint8Array;
}

/** What KMS binds a data key to: it decrypts it only where the same is said. CloudTrail shows it, and policies may ask for it. */
const contextOf = (id: string): Record<string, string> => ({ application: 'ecs-updater', 'key-id': id });

/** Has KMS decrypt a data key, in the Region of its ARN. Throws an error that names action, key and remedy. */
export async function unwrapDataKey({ id, keyArn, wrapped }: WrappedKey): Promise<Buffer> {
  const { Plaintext } = await asking<DecryptCommandOutput>(keyArn, (kms) =>
    kms.send(
      new DecryptCommand({ KeyId: keyArn, CiphertextBlob: wrapped, EncryptionContext: contextOf(id) }),
    ),
  );
  return Buffer.from(present(Plaintext, 'Plaintext'));
}

/** Has KMS make a data key of 256 bits that nobody has seen; returns it encrypted. Throws as {@link unwrapDataKey} does. */
export async function makeDataKey(id: string, keyArn: string): Promise<Buffer> {
  const { CiphertextBlob } = await asking(keyArn, (kms) =>
    kms.send(
      new GenerateDataKeyWithoutPlaintextCommand({
        KeyId: keyArn,
        KeySpec: 'AES_256',
        EncryptionContext: contextOf(id),
      }),
    ),
  );
  return Buffer.from(present(CiphertextBlob, 'CiphertextBlob'));
}

async function asking<T>(keyArn: string, ask: (kms: KMSClient) => Promise<T>): Promise<T> {
  const region = keyArn.split(':')[3] ?? '';
  const kms = new KMSClient({
    region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5000, requestTimeout: 15_000, throwOnRequestTimeout: true },
  });
  kms.middlewareStack.use(callNames('kms'));
  try {
    return await ask(kms);
  } catch (err) {
    throw new Error(`${awsFact(err, 'KMS').replace(/\.?$/, '.')}${remedyOf(err)}`, { cause: err });
  } finally {
    kms.destroy();
  }
}

function remedyOf(err: unknown): string {
  if (isAwsError(err, 'AccessDeniedException')) return ' Allow this action on that key to who runs this.';
  if (isAwsError(err, 'InvalidCiphertextException', 'IncorrectKeyException'))
    return ' The line belongs to another KMS key or another id, or was cut off: take it as ecs-updater encryption-key wrote it.';
  if (isAwsError(err, 'NotFoundException')) return ' Check the ARN of the key.';
  if (isAwsError(err, 'DisabledException', 'KMSInvalidStateException'))
    return ' Enable the key, or cancel its deletion.';
  return '';
}
