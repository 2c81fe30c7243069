import { expect, test } from 'vitest';
import { serverError } from '../../../src/temporal/errors.js';
import { readings } from '../../../src/web/readings.js';
import { refusingClient } from '../../support/refusing-client.js';

/** Readings from a server that answers every call with this error. */
const readingsFrom = (code: number, details: string) =>
  readings(refusingClient(code, details), (err) => serverError(err)?.details ?? String(err));

const permissionDenied = 7;
const unavailable = 14;

test('what may not be read is a gap, and says why', async () => {
  const { rollout, since } = readingsFrom(permissionDenied, 'not for you');
  expect(await rollout('prod', 'run')).toEqual({
    gap: 'What the last rollout of prod did cannot be read: not for you',
  });
  expect(await since('prod', new Date(0))).toEqual({
    orders: null,
    gaps: ['What was ordered between rollouts cannot be read: not for you'],
  });
});

test('nothing is read while Temporal is away', async () => {
  const { rollout, since } = readingsFrom(unavailable, 'away');
  await expect(rollout('prod', 'run')).rejects.toThrow(/away|Failed to/);
  await expect(since('prod', new Date(0))).rejects.toThrow(/away|Failed to/);
});
