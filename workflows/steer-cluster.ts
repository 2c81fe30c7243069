/**
 * Carries out a standing order of an operator: to hold an instance, to release it, to clear what failed. It is a workflow so that it
 * stands on record who ordered it and when, and so that whoever orders needs no permission of AWS. A cancel ends it between two tries.
 */
import { answerOf, type OrderAnswer, type SteerInput } from '../src/model/standing-orders.js';
import { steering } from './proxies.js';

export async function steerCluster(input: SteerInput): Promise<OrderAnswer> {
  return answerOf(input, await steering.carryOut(input));
}
