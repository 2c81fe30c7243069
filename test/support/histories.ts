import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Every way for a workflow to end of which a history is kept. */
export const endings = [
  'update-instance/updated',
  'update-instance/updated-with-warning',
  'update-instance/skipped-by-operator',
  'update-instance/skipped-by-task',
  'update-instance/rolled-back',
  'update-instance/rolled-back-while-applying',
  'update-instance/failed-reboot',
  'update-instance/failed-and-rebooted-through-ec2',
  'update-instance/failed-and-held',
  'update-instance/failed-verification',
  'update-instance/gone',
  'update-instance/cancelled',
  'update-instance/cancelled-after-reboot',
  'update-instance/paused',
  'update-instance/restored',
  'update-cluster/finished',
  'update-cluster/cancelled',
  'update-cluster/continued-as-new',
  'update-cluster/stopped',
  'update-cluster/failed',
  'start-rollout/finished',
  'start-rollout/already-running',
  'plan-cluster/planned',
  'steer-cluster/held',
] as const;

export type Ending = (typeof endings)[number];

/** A history as it is kept: ids of the workflow's own are derived from its id, so replay needs it. */
export interface KeptHistory {
  workflowId: string;
  history: unknown;
}

export const historiesFolder = fileURLToPath(new URL('../histories/', import.meta.url));

export const historyFile = (ending: string): string => `${historiesFolder}${ending.replace('/', '.')}.json`;

/** The names of the histories in the folder. */
export const keptEndings = (): string[] =>
  readdirSync(historiesFolder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length).replace('.', '/'));

export function readHistory(ending: string): KeptHistory {
  const kept: KeptHistory = JSON.parse(readFileSync(historyFile(ending), 'utf8'));
  return kept;
}
