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
});
