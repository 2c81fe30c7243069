import type { AwsClients } from '../src/aws/clients.js';
import { examineAws } from '../src/aws/examination.js';
import type { Activities } from './types.js';

/** Looks, with the permissions of the worker, at what a cluster's rollouts need on the side of AWS. */
export const examine = (
  clients: AwsClients,
  input: Parameters<Activities['examine']>[0],
): ReturnType<Activities['examine']> => examineAws(clients, input);
