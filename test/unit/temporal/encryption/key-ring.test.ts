import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TemporalConfigError } from '../../../../src/temporal/config-error.js';
import { keyLine, keyRingFrom, parseKeyRing } from '../../../../src/temporal/encryption/key-ring.js';

const key = randomBytes(32).toString('base64');
const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'keys');
  writeFileSync(file, text);
  return file;
}

describe('the keys', () => {
  test('are none where no variable names any', () => {
    expect(keyRingFrom({})).toBeUndefined();
    expect(keyRingFrom({ ECS_UPDATER_ENCRYPTION_KEYS: '' })).toBeUndefined();
  });

  test('stand one a line, in a variable or a file, as they were written', () => {
    const text = `# of the platform team\n2026-11 aes256 ${key}\r\n\n2026-05 kms ${keyArn} AQIDAHg=\n`;
    const ring = keyRingFrom({ ECS_UPDATER_ENCRYPTION_KEYS: text });
    expect(ring?.entries).toEqual([
      { id: '2026-11', kind: 'aes256', material: Buffer.from(key, 'base64') },
      { id: '2026-05', kind: 'kms', keyArn, wrapped: Buffer.from('AQIDAHg=', 'base64') },
    ]);
    expect(keyRingFrom({ ECS_UPDATER_ENCRYPTION_KEYS_FILE: fileWith(text) })?.entries).toEqual(ring?.entries);
    expect(parseKeyRing(ring?.entries.map(keyLine).join('\n') ?? '', 'V').entries).toEqual(ring?.entries);
  });

  test.each([
    ['nothing', '# none\n', 'ECS_UPDATER_ENCRYPTION_KEYS has no key.'],
    ['a key alone', key, 'line 1 is neither'],
    ['a key that is too short', 'a aes256 AAAA', 'line 1 (key a): the key is not 32 bytes in base64'],
    ['a key that is not base64', `a aes256 ${key.slice(0, -2)}!=`, 'line 1 (key a): the key is not 32 bytes'],
    ['another kind', `a aes128 ${key}`, 'line 1 is neither'],
    ['two keys by one id', `a aes256 ${key}\na aes256 ${key}`, 'two keys by the id a'],
    ['what is no ARN', `a kms 1234abcd ${key}`, 'line 1 (key a): what stands after kms is no ARN'],
    ['an encrypted key that is not base64', `a kms ${keyArn} AQ!`, 'the encrypted key is not base64'],
    ['an id that nobody could read', `\u001B[31m aes256 ${key}`, 'line 1 is neither'],
  ])('%s is an error that has no key in it', (_, text, message) => {
    const read = () => keyRingFrom({ ECS_UPDATER_ENCRYPTION_KEYS: text });
    expect(read).toThrow(TemporalConfigError);
    expect(read).toThrow(message);
    expect(read).not.toThrow(key.slice(0, 20));
  });

  test('name the line of their file that is wrong', () => {
    const file = fileWith(`a aes256 ${key}\nb aes256\n`);
    expect(() => keyRingFrom({ ECS_UPDATER_ENCRYPTION_KEYS_FILE: file })).toThrow(
      `ECS_UPDATER_ENCRYPTION_KEYS_FILE ${file}, line 2`,
    );
  });

  test('say which file is missing, and take one of the two variables only', () => {
    expect(() => keyRingFrom({ ECS_UPDATER_ENCRYPTION_KEYS_FILE: '/nonexistent/keys' })).toThrow(
      'ECS_UPDATER_ENCRYPTION_KEYS_FILE /nonexistent/keys cannot be read: ENOENT',
    );
    expect(() =>
      keyRingFrom({ ECS_UPDATER_ENCRYPTION_KEYS: 'a', ECS_UPDATER_ENCRYPTION_KEYS_FILE: 'b' }),
    ).toThrow('Give only one of');
  });
});
