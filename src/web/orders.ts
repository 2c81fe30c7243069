import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { StandingOrder } from '../model/standing-orders.js';
import { type SteeringName, steeringNames } from '../model/steering.js';
import { steer } from '../temporal/rollouts.js';
import { describeSchedule, inputOf } from '../temporal/schedules.js';
import { carryOut } from '../temporal/standing-orders.js';
import { type Order, OrderRefused } from './source.js';

/** Somebody waits for the answer: whoever wants to wait longer uses the command line. */
const carriedOutWithinMs = 60_000;

/** Has an order carried out, and answers what follows. Throws {@link OrderRefused} and `NoWorker`. */
export async function giveOrder(client: Client, given: Order, by: string): Promise<string> {
  const { cluster, order, instance, reason } = given;
  const name = steeringNames.find((one) => one === order);
  if (!name) return standing(client, given, by);
  return steering(client, cluster, name, {
    by,
    ...(instance && { instance }),
    ...(reason && { reason }),
  });
}

async function steering(
  client: Client,
  cluster: string,
  name: SteeringName,
  payload: Parameters<typeof steer>[3],
): Promise<string> {
  try {
    return await steer(client, cluster, name, payload);
  } catch (err) {
    if (err instanceof WorkflowUpdateFailedError) throw new OrderRefused(err.cause?.message ?? err.message);
    if (err instanceof WorkflowNotFoundError) throw new OrderRefused(`No rollout of ${cluster} is running.`);
    throw err;
  }
}

async function standing(client: Client, given: Order, by: string): Promise<string> {
  const schedule = await describeSchedule(client, given.cluster);
  const input = schedule && inputOf(schedule);
  const order = orderOf(given);
  if (!input || !order) throw new OrderRefused(`${given.order} cannot be ordered here.`);
  const { done, sentence } = await carryOut(
    client,
    {
      cluster: input.cluster,
      installation: input.settings.installation,
      order,
      by,
      at: new Date().toISOString(),
    },
    carriedOutWithinMs,
  );
  if (!done) throw new OrderRefused(sentence);
  return sentence;
}

function orderOf({ order, instance, quarantine, all, reason }: Order): StandingOrder | null {
  if (order === 'hold' && instance) return { kind: 'hold', instance, ...(reason && { reason }) };
  if (order === 'unhold' && instance) return { kind: 'unhold', instance };
  if (order !== 'clear') return null;
  if (instance) return { kind: 'clear-instance', instance };
  if (quarantine) return { kind: 'clear-quarantine', version: quarantine };
  return all ? { kind: 'clear-all' } : null;
}
