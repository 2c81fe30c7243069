import { msToTs } from '@temporalio/common/lib/time.js';
import { expect, test } from 'vitest';
import { clusterStatus, NoWorker } from '../../../src/temporal/rollouts.js';
import { refusingClient } from '../../support/refusing-client.js';

const failedPrecondition = 9;

test('a worker that has just ended is missed, also while Temporal remembers that it polled', async () => {
  const client = refusingClient(
    failedPrecondition,
    'no poller seen for task queue recently, worker may be down',
    { describeTaskQueue: () => ({ pollers: [{ lastAccessTime: msToTs(Date.now()) }] }) },
  );
  await expect(clusterStatus(client, 'prod')).rejects.toBeInstanceOf(NoWorker);
});
