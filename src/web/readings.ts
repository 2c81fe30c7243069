import type { Client } from '@temporalio/client';
import type { RolloutRecord } from '../model/rollout-record.js';
import { isUnavailable } from '../temporal/errors.js';
import { ordersSince } from '../temporal/orders.js';
import { readRollout } from '../temporal/rollout-record.js';
import type { Since } from './record-view.js';

/** Reading what a long rollout did takes longer than other calls. */
const readWithinMs = 30_000;

/** What the history of a rollout tells, or why it tells nothing. */
export type Read = { record: RolloutRecord } | { gap: string };

interface Readings {
  rollout: (cluster: string, runId: string) => Promise<Read>;
  /** What was ordered after an instant. */
  since: (cluster: string, at: Date) => Promise<Since>;
}

/**
 * Reads what Temporal has kept. What cannot be read, as it is lost, too long or written for others, is a gap in what is shown; but while Temporal
 * is away, a reading fails.
 */
export function readings(client: Client, sentenceOf: (err: unknown) => string): Readings {
  const orGap = async <T extends object>(
    what: string,
    call: () => Promise<T>,
  ): Promise<T | { gap: string }> => {
    try {
      return await call();
    } catch (err) {
      if (isUnavailable(err)) throw err;
      return { gap: `${what} cannot be read: ${sentenceOf(err)}` };
    }
  };
  return {
    rollout: (cluster, runId) =>
      orGap<Read>(`What the last rollout of ${cluster} did`, async () => {
        const record = await client.withDeadline(Date.now() + readWithinMs, () =>
          readRollout(client, cluster, runId),
        );
        return record ? { record } : { gap: 'The server has lost what its last rollout did.' };
      }),
    since: async (cluster, at) => {
      const found = await orGap('What was ordered between rollouts', async () => ({
        orders: await ordersSince(client, cluster, at),
      }));
      return 'gap' in found ? { orders: null, gaps: [found.gap] } : { ...found, gaps: [] };
    },
  };
}
