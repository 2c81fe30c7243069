import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient } from '../../../src/temporal/connection.js';
import { temporalTarget } from '../../../src/temporal/target.js';

const targetAt = (address: string) =>
  temporalTarget({ env: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'ops' } });

describe('a Temporal that is not there', () => {
  test('is named with the reason and a remedy, at once', async () => {
    await expect(connectClient(targetAt('127.0.0.1:1'))).rejects.toThrow(
      'Temporal at 127.0.0.1:1 (namespace ops) cannot be reached: connect ECONNREFUSED 127.0.0.1:1. Start the server,',
    );
  });

  describe('behind a port that says nothing', () => {
    const silent = createServer(() => {});
    let address = '';
    beforeAll(async () => {
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const bound = silent.address();
      address = typeof bound === 'object' ? `127.0.0.1:${bound?.port}` : '';
    });
    afterAll(() => void silent.close());

    test('is given up after the time limit', async () => {
      await expect(connectClient(targetAt(address), 1000)).rejects.toThrow('cannot be reached');
    });
  });
});
