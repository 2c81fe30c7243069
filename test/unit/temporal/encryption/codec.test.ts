import { createSecretKey, randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncryptionCodec, keyIdOf, PayloadKeyError } from '../../../../src/temporal/encryption/codec.js';

const materials = new Map(['old', 'new', 'other'].map((id) => [id, randomBytes(32)]));

/** A codec with these of the keys; the first one encrypts. */
const codecWith = (...ids: [string, ...string[]]) =>
  new EncryptionCodec({
    writer: ids[0],
    byId: new Map(ids.map((id) => [id, createSecretKey(materials.get(id) ?? randomBytes(32))])),
    variable: 'ECS_UPDATER_ENCRYPTION_KEYS',
  });

const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (payload: Payload | undefined): unknown =>
  payload && defaultPayloadConverter.fromPayload(payload);

/** Metadata of any kind, as other converters write it. */
const anyPayload = fc.oneof(
  fc.jsonValue().map(payloadOf),
  fc.uint8Array().map(payloadOf),
  fc.constant(payloadOf(undefined)),
  fc.record({
    metadata: fc.dictionary(fc.string(), fc.uint8Array()),
    data: fc.uint8Array({ maxLength: 5000 }),
  }),
);

/** The bytes of a payload, however they are held. */
const plain = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]),
  ),
  data: Buffer.from(data ?? []).toString('hex'),
});

describe('the codec', () => {
  test('gives back what it was given, whatever that is', async () => {
    const codec = codecWith('new');
    await fc.assert(
      fc.asyncProperty(fc.array(anyPayload), async (payloads) => {
        const there = await codec.encode(payloads);
        const back = await codec.decode(there);
        expect(back.map(plain)).toEqual(payloads.map(plain));
      }),
    );
  });

  test('leaves nothing of the value to be read, and never writes the same twice', async () => {
    const payload = payloadOf({ arn: 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod' });
    const [one, two] = await codecWith('new').encode([payload, payload]);
    expect(JSON.stringify(one && plain(one))).not.toContain(Buffer.from('arn:aws:ecs').toString('hex'));
    expect(Object.keys(one?.metadata ?? {})).toEqual(['encoding', 'encryption-key-id']);
    expect(one && keyIdOf(one)).toBe('new');
    expect(one && plain(one).data).not.toEqual(two && plain(two).data);
  });

  test('reads what an earlier key has written, and writes with the first', async () => {
    const before = await codecWith('old').encode([payloadOf(1)]);
    const between = codecWith('old', 'new');
    const after = await codecWith('new', 'old').encode([payloadOf(2)]);
    const values = [...before, ...after];
    await expect(between.decode(values).then((all) => all.map(valueOf))).resolves.toEqual([1, 2]);
    expect(values.map(keyIdOf)).toEqual(['old', 'new']);
  });

  test('reads what is not encrypted, with keys and without', async () => {
    const payloads = [payloadOf({ a: 1 }), payloadOf(undefined)];
    for (const codec of [codecWith('new'), new EncryptionCodec(null)]) {
      expect(await codec.decode(payloads)).toEqual(payloads);
    }
    expect(await new EncryptionCodec(null).encode(payloads)).toEqual(payloads);
  });

  test('refuses whatever was changed, anywhere', async () => {
    const codec = codecWith('new');
    const [payload] = await codec.encode([payloadOf({ cluster: 'prod' })]);
    const data = Buffer.from(payload?.data ?? []);
    await fc.assert(
      fc.asyncProperty(fc.nat(data.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = Buffer.from(data);
        changed.writeUInt8(changed.readUInt8(at) ^ change, at);
        await expect(codec.decode([{ ...payload, data: changed }])).rejects.toThrow(PayloadKeyError);
      }),
    );
    for (const length of [0, 5, 12, 27, data.length - 1]) {
      await expect(codec.decode([{ ...payload, data: data.subarray(0, length) }])).rejects.toThrow(
        /names the key new, but our key of that id does not open it/,
      );
    }
  });

  test('says in one line which key is missing, and where it belongs', async () => {
    const payloads = await codecWith('old').encode([payloadOf(1)]);
    await expect(codecWith('new', 'other').decode(payloads)).rejects.toThrow(
      'encrypted with the key old, which ECS_UPDATER_ENCRYPTION_KEYS does not have (it has new, other). Add it there.',
    );
    await expect(new EncryptionCodec(null).decode(payloads)).rejects.toThrow(
      'encrypted with the key old, and this process has no keys. Give it that one by ECS_UPDATER_ENCRYPTION_KEYS or ECS_UPDATER_ENCRYPTION_KEYS_FILE.',
    );
  });

  test('says so when another key stands under the id, without the key', async () => {
    const [payload] = await codecWith('old').encode([payloadOf(1)]);
    const other = new EncryptionCodec({
      writer: 'old',
      byId: new Map([['old', createSecretKey(randomBytes(32))]]),
      variable: 'ECS_UPDATER_ENCRYPTION_KEYS',
    });
    await expect(other.decode(payload ? [payload] : [])).rejects.toThrow(
      /has another key under this id, or the data was changed/,
    );
  });

  test('shows of the id of a foreign payload only what an id may have', async () => {
    const payload: Payload = {
      metadata: {
        encoding: Buffer.from('binary/encrypted'),
        'encryption-key-id': Buffer.from('\u001B[31m\nx'),
      },
      data: Buffer.from('x'),
    };
    await expect(codecWith('new').decode([payload])).rejects.toThrow('the key ??31m?x, which');
  });
});
