import { Client, Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { serverError } from '../../../src/temporal/errors.js';
import { readings } from '../../../src/web/readings.js';

/** Readings from a server that answers every call with this error. */
function readingsFrom(code: number, details: string) {
  // Nothing is ever sent there.
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  onTestFinished(() => connection.close());
  const fail = async (): Promise<never> => {
    throw Object.assign(new Error(details), { code, details, metadata: new Map() });
  };
  const workflowService = new Proxy(connection.workflowService, { get: () => fail });
  const client = new Client({ connection: Object.assign(connection, { workflowService }) });
  return readings(client, (err) => serverError(err)?.details ?? String(err));
}

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
