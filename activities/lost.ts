import { isOurs } from '../src/model/ownership.js';
import type { readInstance } from './container-instances.js';
import type { Lost } from './types.js';

export const deregistered: Lost = { kind: 'gone', detail: 'ECS does not list it any more' };

/** Whether the instance is still there, DRAINING and ours; null: it is. */
export function lostIn(now: Awaited<ReturnType<typeof readInstance>>, installation: string): Lost | null {
  if (!now) return deregistered;
  if (now.status === 'DEREGISTERING') return { kind: 'gone', detail: 'it is being deregistered' };
  if (now.status === 'DRAINING' && isOurs(now.mark, installation)) return null;
  const owner = now.mark && !isOurs(now.mark, installation) ? ` by ${now.mark.installation}` : '';
  return { kind: 'taken-over', status: `${now.status}${owner}` };
}
