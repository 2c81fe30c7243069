import type { Client } from '@temporalio/client';
import { steerInput } from '../model/steering-messages.js';
import { byTime, type SteeringRecord } from '../model/steering-record.js';

/** So many are looked through at most: whoever wants all of them asks Temporal. */
const mostOrders = 200;

/**
 * What operators ordered of a cluster after an instant, oldest first, as its `steerCluster` workflows have it on record; what was refused
 * is left out. What was ordered while a rollout ran stands in its report.
 */
export async function ordersSince(client: Client, cluster: string, after: Date): Promise<SteeringRecord[]> {
  const query = `WorkflowType = 'steerCluster' AND ExecutionStatus = 'Completed' AND StartTime > '${after.toISOString()}'`;
  const orders: SteeringRecord[] = [];
  let seen = 0;
  for await (const { memo } of client.workflow.list({ query })) {
    const order = recordOf(memo?.['order'], cluster);
    if (order) orders.push(order);
    seen += 1;
    if (seen === mostOrders) break;
  }
  return byTime(orders);
}

/** Reads the memo of a `steerCluster`; null: it is another cluster's. */
function recordOf(memo: unknown, cluster: string): SteeringRecord | null {
  if (typeof memo !== 'object' || memo === null) return null;
  const { at, ...rest }: { at?: unknown } = memo;
  const input = steerInput(rest);
  if (input?.cluster !== cluster || typeof at !== 'string') return null;
  const { cluster: _, order: what, all: __, ...said } = input;
  return { at, what, ...said };
}
