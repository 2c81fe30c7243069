import { expect, test } from 'vitest';
import { pastDurations } from '../../../src/temporal/past-rollouts.js';
import { refusingClient } from '../../support/refusing-client.js';

const permissionDenied = 7;

test('where past rollouts may not be read there are no durations of any', async () => {
  const client = refusingClient(permissionDenied, 'not for you');
  await expect(pastDurations(client, 'prod')).resolves.toEqual([]);
});
