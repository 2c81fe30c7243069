import type { AwsClients } from '../src/aws/clients.js';
import { examineAws } from '../src/aws/examination.js';
import type { Finding } from '../src/model/examination.js';
import { targetName } from '../src/model/notice.js';
import type { NotificationTarget } from '../src/model/notifications.js';
import type { Activities } from './types.js';
import { type Environment, objectionTo } from './webhooks.js';

/** Looks, as the worker that runs them will, at what a cluster's rollouts need: on the side of AWS, and in the worker's own environment. */
export async function examine(
  clients: AwsClients,
  input: Parameters<Activities['examine']>[0],
): ReturnType<Activities['examine']> {
  const told = (input.notify ?? []).map((target) => examineTarget(target, process.env, input.cluster.name));
  return [...(await examineAws(clients, input)), ...told];
}

/** Whether a worker with this environment has what it takes to tell somebody. Nobody is told anything. */
export function examineTarget(target: NotificationTarget, env: Environment, cluster: string): Finding {
  const what = `notification ${targetName(target)}`;
  const remedy = `Try it with: ecs-updater notify --cluster ${cluster}.`;
  if (target.type === 'sns')
    return { what, status: 'skipped', fact: 'not tried, since it would publish a message', remedy };
  const fact = objectionTo(target, env);
  return fact === null
    ? { what, status: 'ok', fact: 'its variables are set' }
    : { what, status: 'warning', fact, remedy: 'Rollouts go on, and nobody is told there.' };
}
