import type { Client } from '@temporalio/client';
import { Refused, steer } from '../temporal/steering.js';
import { type Order, OrderRefused } from './source.js';

/** Somebody waits for the answer: whoever wants to wait longer uses the command line. */
const carriedOutWithinMs = 60_000;

/** Has an order carried out, and answers what follows. Throws {@link OrderRefused} and `NoWorker`. */
export async function giveOrder(client: Client, given: Order, by: string): Promise<string> {
  try {
    return await steer(client, { ...given, by }, carriedOutWithinMs);
  } catch (err) {
    if (err instanceof Refused) throw new OrderRefused(err.message);
    throw err;
  }
}
