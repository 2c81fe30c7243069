import { createSecretKey, randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { EncryptionCodec } from '../../../src/temporal/encryption/codec.js';
import { codecApp, startCodecServer } from '../../../src/web/codec-server.js';

const codec = new EncryptionCodec({
  writer: 'a',
  byId: new Map([['a', createSecretKey(randomBytes(32))]]),
  variable: 'ECS_UPDATER_ENCRYPTION_KEYS',
});
const ui = 'https://cloud.temporal.io';
const app = codecApp({ codec, origins: [ui], secret: 'secret' });

/** Asks as a page of this origin does, or as a command. */
const ask = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  app.request(`http://127.0.0.1:8081${path}`, {
    method: 'POST',
    headers: {
      host: '127.0.0.1:8081',
      'content-type': 'application/json',
      'x-namespace': 'default',
      ...headers,
    },
    body: JSON.stringify(body),
  });

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const plain = { payloads: [{ metadata: { encoding: base64('json/plain') }, data: base64('{"a":1}') }] };

describe('the codec server', () => {
  test('encrypts what it is given, and decrypts it again, as JSON of protobuf', async () => {
    const encoded = await ask('/secret/encode', plain);
    expect(encoded.status).toBe(200);
    const there: unknown = await encoded.json();
    expect(JSON.stringify(there)).toContain(base64('binary/encrypted'));
    expect(JSON.stringify(there)).not.toContain(base64('{"a":1}'));
    const decoded = await ask('/secret/decode', there, { origin: ui });
    expect(await decoded.json()).toEqual(plain);
    expect(decoded.headers.get('access-control-allow-origin')).toBe(ui);
  });

  test('lets the page of the UI ask, with the headers that it sends', async () => {
    const answer = await app.request('http://127.0.0.1:8081/secret/decode', {
      method: 'OPTIONS',
      headers: {
        host: '127.0.0.1:8081',
        origin: ui,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-namespace',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-headers')).toContain('x-namespace');
  });

  test.each([
    ['a page of another origin', '/secret/decode', { origin: 'https://evil.example' }, 403],
    ['who has not its address', '/decode', {}, 404],
    ['who guesses', '/guess/decode', {}, 404],
    ['who comes by another name', '/secret/decode', { host: 'evil.example' }, 421],
  ])('answers nothing to %s', async (_, path, headers, status) => {
    const answer = await ask(path, plain, headers);
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain('payloads');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('says what is wrong with what it was given', async () => {
    expect((await ask('/secret/decode', { payloads: [{ data: 'no base64!' }] })).status).toBe(400);
    const [payload] = await codec.encode([defaultPayloadConverter.toPayload(1)]);
    const other = codecApp({ codec: new EncryptionCodec(null), origins: [], secret: 'secret' });
    const answer = await other.request('http://localhost/secret/decode', {
      method: 'POST',
      headers: { host: 'localhost' },
      body: JSON.stringify({
        payloads: [
          {
            metadata: { encoding: base64('binary/encrypted'), 'encryption-key-id': base64('a') },
            data: Buffer.from(payload?.data ?? []).toString('base64'),
          },
        ],
      }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('encrypted with the key a, and this process has no keys');
  });

  test('listens on this machine only, under an address that nobody guesses', async () => {
    const server = await startCodecServer({ codec, origins: [ui], port: 0 });
    try {
      expect(server.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/);
      const answer = await fetch(`${server.endpoint}/encode`, {
        method: 'POST',
        body: JSON.stringify(plain),
      });
      expect(answer.status).toBe(200);
    } finally {
      await server.close();
    }
  });
});
