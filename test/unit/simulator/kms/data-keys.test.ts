import {
  DecryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Bench, found, startBench, threeInstances, us } from '../support.js';

const arn = (id: string, region = 'eu-central-1', account = '123456789012'): string =>
  `arn:aws:kms:${region}:${account}:key/${id}`;

let bench: Bench;
let kms: KMSClient;
beforeEach(async () => {
  bench = await startBench({
    instances: threeInstances,
    kmsKeys: [
      { id: '1111', alias: 'updater' },
      { id: '2222' },
      { id: '3333', users: ['AKIASOMEBODY'] },
      { id: '4444', state: 'Disabled' },
      { id: '5555', state: 'PendingDeletion' },
    ],
  });
  kms = new KMSClient({
    endpoint: bench.simulator.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: us, secretAccessKey: 'none' },
    maxAttempts: 1,
  });
  onTestFinished(() => kms.destroy());
});

const context = { application: 'ecs-updater', 'key-id': 'a' };

async function dataKey(KeyId = arn('1111')): Promise<{ blob: Uint8Array; plain: Uint8Array }> {
  const made = await kms.send(
    new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext: context }),
  );
  return { blob: found(made.CiphertextBlob), plain: found(made.Plaintext) };
}

describe('a KMS key', () => {
  test('decrypts the data keys that it has made, by id, ARN and alias, and without being named', async () => {
    const { blob, plain } = await dataKey('alias/updater');
    expect(plain).toHaveLength(32);
    const names = ['1111', arn('1111'), 'alias/updater', arn('1111').replace('key/1111', 'alias/updater')];
    for (const KeyId of [...names, undefined]) {
      const answer = await kms.send(
        new DecryptCommand({
          KeyId,
          CiphertextBlob: blob,
          EncryptionContext: { 'key-id': 'a', application: 'ecs-updater' },
        }),
      );
      expect(answer.Plaintext).toEqual(plain);
      expect(answer.KeyId).toBe(arn('1111'));
    }
    expect(bench.simulator.fleet.journal.entries.at(-1)).toMatchObject({
      principal: us,
      service: 'kms',
      action: 'Decrypt',
      status: 200,
    });
  });

  test('keeps the plain key to itself where it is not wanted', async () => {
    const made = await kms.send(
      new GenerateDataKeyWithoutPlaintextCommand({ KeyId: arn('1111'), NumberOfBytes: 32 }),
    );
    expect(made).not.toHaveProperty('Plaintext');
    const answer = await kms.send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob }));
    expect(answer.Plaintext).toHaveLength(32);
  });

  test('decrypts neither what was changed, nor for another encryption context, nor what is none of its', async () => {
    const { blob } = await dataKey();
    const changed = Buffer.from(blob);
    changed.writeUInt8(changed.readUInt8(60) ^ 1, 60);
    for (const [CiphertextBlob, EncryptionContext] of [
      [changed, context],
      [blob, { ...context, 'key-id': 'b' }],
      [blob, undefined],
      [blob.subarray(0, 40), context],
      [Buffer.from('nonsense'), context],
    ] as const) {
      await expect(
        kms.send(new DecryptCommand({ KeyId: arn('1111'), CiphertextBlob, EncryptionContext })),
      ).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    }
    await expect(
      kms.send(new DecryptCommand({ KeyId: '2222', CiphertextBlob: blob, EncryptionContext: context })),
    ).rejects.toMatchObject({ name: 'IncorrectKeyException' });
  });

  test.each([
    [
      'of somebody else',
      '3333',
      'AccessDeniedException',
      'not authorized to perform: kms:GenerateDataKey on',
    ],
    [
      'of another account',
      arn('1111', 'eu-central-1', '210987654321'),
      'AccessDeniedException',
      'not authorized',
    ],
    ['of another Region', arn('1111', 'eu-west-1'), 'NotFoundException', 'Invalid arn eu-west-1'],
    ['that is not there', '9999', 'NotFoundException', `Key '${arn('9999')}' does not exist`],
    ['of an alias that is not there', 'alias/none', 'NotFoundException', 'alias/none does not exist'],
    ['that is disabled', '4444', 'DisabledException', 'is disabled'],
    ['that is to be deleted', '5555', 'KMSInvalidStateException', 'is pending deletion'],
  ])('%s makes nothing', async (_, KeyId, name, message) => {
    await expect(dataKey(KeyId)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  });

  test('wants one word on how long the data key is to be', async () => {
    for (const length of [{}, { KeySpec: 'AES_256', NumberOfBytes: 32 } as const]) {
      await expect(kms.send(new GenerateDataKeyCommand({ KeyId: '1111', ...length }))).rejects.toMatchObject({
        name: 'ValidationException',
      });
    }
  });
});
