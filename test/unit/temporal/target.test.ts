import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TemporalConfigError } from '../../../src/temporal/config-error.js';
import { temporalTarget } from '../../../src/temporal/target.js';

/** A machine without any configuration of Temporal. */
const bare = { TEMPORAL_CONFIG_FILE: join(tmpdir(), 'no-such-temporal.toml') };

function withFile(toml: string): NodeJS.ProcessEnv {
  const file = join(mkdtempSync(join(tmpdir(), 'target-')), 'temporal.toml');
  writeFileSync(file, toml);
  return { TEMPORAL_CONFIG_FILE: file };
}

describe('where Temporal is', () => {
  test('is this machine when nothing says otherwise', () => {
    expect(temporalTarget({ env: bare })).toMatchObject({ address: 'localhost:7233', namespace: 'default' });
  });

  test("is told by Temporal's own variables", () => {
    const env = { ...bare, TEMPORAL_ADDRESS: 'temporal.internal:7233', TEMPORAL_NAMESPACE: 'ops' };
    expect(temporalTarget({ env })).toMatchObject({ address: 'temporal.internal:7233', namespace: 'ops' });
  });

  test('ignores variables that are empty', () => {
    const env = { ...bare, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '', TEMPORAL_API_KEY: '' };
    const target = temporalTarget({ env });
    expect(target).toMatchObject({ address: 'localhost:7233', namespace: 'default' });
    expect(target.connectionOptions.tls).toBeFalsy();
  });

  test('is told by a profile', () => {
    const env = withFile('[profile.prod]\naddress = "prod:7233"\nnamespace = "updates"\n');
    expect(temporalTarget({ env: { ...env, TEMPORAL_PROFILE: 'prod' } })).toMatchObject({
      address: 'prod:7233',
    });
    expect(temporalTarget({ env, profile: 'prod' })).toMatchObject({ namespace: 'updates' });
  });

  test('is an error that says what to correct when the profile does not exist', () => {
    const env = withFile('[profile.prod]\naddress = "prod:7233"\n');
    expect(() => temporalTarget({ env, profile: 'stage' })).toThrow(TemporalConfigError);
    expect(() => temporalTarget({ env, profile: 'stage' })).toThrow(
      /'stage'.*Correct the TEMPORAL_… variables/,
    );
  });

  test('takes an API key with a line break behind it, and switches TLS on for it', () => {
    const { connectionOptions } = temporalTarget({ env: { ...bare, TEMPORAL_API_KEY: 'abc.def\n' } });
    expect(connectionOptions).toMatchObject({ apiKey: 'abc.def', tls: true });
  });

  test('takes an API key from a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'target-')), 'key');
    writeFileSync(file, 'abc.def\n');
    const env = { ...bare, ECS_UPDATER_TEMPORAL_API_KEY_FILE: file };
    const target = temporalTarget({ env });
    expect(target).toMatchObject({ apiKeyFile: file, connectionOptions: { apiKey: 'abc.def', tls: true } });
    expect(() => temporalTarget({ env: { ...env, TEMPORAL_API_KEY: 'abc' } })).toThrow('Give only one of');
    writeFileSync(file, 'two words\n');
    expect(() => temporalTarget({ env })).toThrow(`ECS_UPDATER_TEMPORAL_API_KEY_FILE ${file} has no API key`);
  });

  test.each([
    ['a word that is neither', { TEMPORAL_TLS: 'yes' }, 'TEMPORAL_TLS yes is neither true nor false.'],
    ['two words', { TEMPORAL_API_KEY: 'my secret' }, 'TEMPORAL_API_KEY is no API key'],
    [
      'a certificate without its key',
      { TEMPORAL_TLS_CLIENT_CERT_DATA: 'x' },
      'a client certificate but no key for it',
    ],
    ['a key alone', { TEMPORAL_TLS_CLIENT_KEY_DATA: 'x' }, 'a client key but no certificate for it'],
    ['what is no PEM', { TEMPORAL_TLS_SERVER_CA_CERT_DATA: 'secret' }, 'are no PEM, or do not fit together'],
    [
      'a pair that is none',
      { TEMPORAL_TLS_CLIENT_CERT_DATA: 'secret', TEMPORAL_TLS_CLIENT_KEY_DATA: 'secret' },
      'are no PEM, or do not fit together',
    ],
    [
      'a file that is not there',
      { TEMPORAL_TLS_CLIENT_CERT_PATH: '/nonexistent/crt', TEMPORAL_TLS_CLIENT_KEY_PATH: '/nonexistent/key' },
      "no such file or directory, open '/nonexistent/crt'",
    ],
    [
      'a file of an API key that is not there',
      { ECS_UPDATER_TEMPORAL_API_KEY_FILE: '/nonexistent/key' },
      'ECS_UPDATER_TEMPORAL_API_KEY_FILE /nonexistent/key cannot be read: ENOENT',
    ],
  ])('%s is an error before anybody is asked', (_, variables, message) => {
    const read = () => temporalTarget({ env: { ...bare, ...variables } });
    expect(read).toThrow(TemporalConfigError);
    expect(read).toThrow(message);
    expect(read).not.toThrow('secret');
  });
});

describe('the way to Temporal Cloud', () => {
  const key = { ...bare, TEMPORAL_API_KEY: 'abc' };
  const cloud = (variables: Record<string, string>) =>
    temporalTarget({
      env: {
        ...key,
        TEMPORAL_ADDRESS: 'prod.a1b2c.tmprl.cloud:7233',
        TEMPORAL_NAMESPACE: 'prod.a1b2c',
        ...variables,
      },
    });

  test.each([
    ['of a namespace', 'prod.a1b2c.tmprl.cloud:7233'],
    ['of a Region', 'eu-central-1.aws.api.temporal.io:7233'],
    ['of a Region, by another name', 'aws-eu-central-1.region.tmprl.cloud:7233'],
    ['of a private link', 'vpce-0123.eu-central-1.vpce.amazonaws.com:7233'],
  ])('may be an endpoint %s', (_, address) => {
    expect(cloud({ TEMPORAL_ADDRESS: address })).toMatchObject({ address, connectionOptions: { tls: true } });
  });

  test.each([
    [
      'a namespace without its account',
      { TEMPORAL_NAMESPACE: 'prod' },
      'prod is no namespace of Temporal Cloud',
    ],
    ['no namespace', { TEMPORAL_NAMESPACE: '' }, 'default is no namespace of Temporal Cloud'],
    [
      'the endpoint of another namespace',
      { TEMPORAL_NAMESPACE: 'test.a1b2c' },
      'is the endpoint of the namespace prod.a1b2c, not of test.a1b2c',
    ],
    ['neither API key nor certificate', { TEMPORAL_API_KEY: '' }, 'wants an API key (TEMPORAL_API_KEY), or'],
    ['no TLS', { TEMPORAL_TLS: 'false' }, 'TEMPORAL_TLS is off, but Temporal Cloud'],
  ])('%s is told before anybody is asked', (_, variables, message) => {
    expect(() => cloud(variables)).toThrow(TemporalConfigError);
    expect(() => cloud(variables)).toThrow(message);
  });
});
