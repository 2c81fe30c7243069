import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseScenario } from '../../../src/simulator/scenario.js';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.js';
import { conversionFor } from '../../../src/temporal/encryption/data-converter.js';
import { keyRingFrom } from '../../../src/temporal/encryption/key-ring.js';
import { ecsUpdater } from '../../support/processes.js';

const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd';
let simulator: Simulator;
let environment: Record<string, string>;

beforeAll(async () => {
  simulator = await startSimulator({
    scenario: parseScenario({
      instances: [{ name: 'a' }],
      kmsKeys: [{ id: '1234abcd' }, { id: 'forbidden', users: ['AKIASOMEBODY'] }],
    }),
  });
  environment = {
    AWS_ENDPOINT_URL: simulator.url,
    AWS_ACCESS_KEY_ID: 'AKIAWORKER',
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  };
  return () => simulator.close();
});

beforeEach(() => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return () => void vi.unstubAllEnvs();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What a process does with these keys: encrypts one value and reads it again. */
async function roundTrip(env: Record<string, string>): Promise<unknown> {
  const { codec } = await conversionFor(keyRingFrom(env));
  const payloads = await codec.encode([defaultPayloadConverter.toPayload('told')]);
  expect(JSON.stringify(payloads)).not.toContain(JSON.stringify(Buffer.from('"told"')).slice(0, 40));
  const [payload] = await codec.decode(payloads);
  return payload && defaultPayloadConverter.fromPayload(payload);
}

describe('ecs-updater encryption-key', () => {
  test('makes a file for its owner only, and adds later keys behind, which only decrypt', async () => {
    const file = join(newFolder(), 'keys');
    const first = await ecsUpdater(['encryption-key', '--file', file], environment);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/key \d{4}-\d\d-\d\d\. Keep a copy/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const second = await ecsUpdater(['encryption-key', '--file', file], environment);
    expect(second.stdout).toMatch(/key \d{4}-\d\d-\d\d(-2)?, which decrypts only\./);
    const ring = keyRingFrom({ ECS_UPDATER_ENCRYPTION_KEYS_FILE: file });
    expect(ring?.entries).toHaveLength(2);
    expect(first.stdout).toContain(ring?.entries[0].id);
    const materials = readFileSync(file, 'utf8').match(/[\w+/]{43}=/g) ?? [];
    expect(materials).toHaveLength(2);
    for (const material of materials) expect(first.stdout + second.stdout).not.toContain(material);
    await expect(roundTrip({ ECS_UPDATER_ENCRYPTION_KEYS_FILE: file })).resolves.toBe('told');
  });

  test('refuses an id that is taken, and a file that has something else, and changes neither', async () => {
    const folder = newFolder();
    const [keys, notes] = [join(folder, 'keys'), join(folder, 'notes')];
    await ecsUpdater(['encryption-key', '--file', keys, '--id', 'a'], environment);
    writeFileSync(notes, 'my notes\n');
    for (const [file, message] of [
      [keys, 'has a key a already'],
      [notes, "line 1 is neither '<id> aes256 <base64>'"],
    ] as const) {
      const before = readFileSync(file, 'utf8');
      const refused = await ecsUpdater(['encryption-key', '--file', file, '--id', 'a'], environment);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(message);
      expect(refused.stderr.trim().split('\n')).toHaveLength(1);
      expect(readFileSync(file, 'utf8')).toBe(before);
    }
  });

  test('has KMS make the key, which nobody sees, and which KMS opens for the process', async () => {
    const made = await ecsUpdater(['encryption-key', '--kms', keyArn, '--id', 'a'], environment);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toMatch(/^a kms arn:aws:kms:eu-central-1:123456789012:key\/1234abcd [\w+/=]+\n$/);
    await expect(roundTrip({ ECS_UPDATER_ENCRYPTION_KEYS: made.stdout })).resolves.toBe('told');
    const asked = simulator.fleet.journal.entries.flatMap((entry) =>
      entry.kind === 'request' && entry.service === 'kms' ? [entry] : [],
    );
    expect(asked.map(({ action }) => action)).toEqual(['GenerateDataKeyWithoutPlaintext', 'Decrypt']);
    expect(asked[1]?.parameters).toMatchObject({
      KeyId: keyArn,
      EncryptionContext: { application: 'ecs-updater', 'key-id': 'a' },
    });
  });
});

const keys = (line: string) => conversionFor(keyRingFrom({ ECS_UPDATER_ENCRYPTION_KEYS: line }));

describe('a key that KMS does not open', () => {
  test('is named, with what KMS says and what to do', async () => {
    const made = await ecsUpdater(['encryption-key', '--kms', keyArn, '--id', 'a'], environment);
    const [, , , blob = ''] = made.stdout.trim().split(' ');
    await expect(keys(`b kms ${keyArn} ${blob}`)).rejects.toThrow(
      /^ECS_UPDATER_ENCRYPTION_KEYS, key b: KMS: kms:Decrypt on arn:aws:kms:.*InvalidCiphertextException.*another KMS key or another id/,
    );
    await expect(keys(`a kms ${keyArn.replace('1234abcd', 'forbidden')} ${blob}`)).rejects.toThrow(
      /key a: .*AccessDeniedException.*kms:Decrypt.*Allow this action on that key/,
    );
    await expect(keys(`a kms ${keyArn.replace('1234abcd', 'nowhere')} ${blob}`)).rejects.toThrow(
      /NotFoundException.*Check the ARN of the key/,
    );
  });

  test('ends a command before Temporal is asked, with exit code 2 and one line', async () => {
    const ended = await ecsUpdater(['status'], {
      ...environment,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      ECS_UPDATER_ENCRYPTION_KEYS: `a kms ${keyArn} ${Buffer.alloc(80).toString('base64')}`,
    });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^ecs-updater: ECS_UPDATER_ENCRYPTION_KEYS, key a: KMS: .*\n$/);
  });

  test('is no key where no KMS answers in time or at all', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    await expect(keys(`a kms ${keyArn} ${Buffer.alloc(80).toString('base64')}`)).rejects.toThrow(
      /key a: KMS: .*ECONNREFUSED/,
    );
  });
});
