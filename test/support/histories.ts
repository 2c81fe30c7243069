import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageVersion } from '../../src/aws/package-files.js';

/** Every way for a workflow to end of which a history is kept. */
export const endings = [
  'update-instance/updated',
  'update-instance/updated-with-warning',
  'update-instance/skipped-by-operator',
  'update-instance/skipped-by-task',
  'update-instance/update-withdrawn',
  'update-instance/taken-over',
  'update-instance/rolled-back',
  'update-instance/rolled-back-while-applying',
  'update-instance/reboot-refused',
  'update-instance/booted-old-version',
  'update-instance/failed-reboot',
  'update-instance/failed-and-rebooted-through-ec2',
  'update-instance/failed-and-held',
  'update-instance/failed-verification',
  'update-instance/gone',
  'update-instance/cancelled',
  'update-instance/cancelled-after-reboot',
  'update-instance/paused',
  'update-instance/restored',
  'update-instance/restore-failed',
  'update-instance/needs-attention-and-told',
  'update-instance/held-and-told',
  'update-cluster/finished',
  'update-cluster/cancelled',
  'update-cluster/continued-as-new',
  'update-cluster/stopped',
  'update-cluster/child-terminated',
  'update-cluster/failed',
  'update-cluster/told-and-found',
  'update-cluster/stopped-and-told',
  'update-cluster/paused-and-told',
  'start-rollout/finished',
  'start-rollout/failed',
  'start-rollout/cancelled',
  'start-rollout/already-running',
  'plan-cluster/planned',
  'plan-cluster/failed',
  'plan-cluster/cancelled',
  'explain-instance/looked',
  'explain-instance/failed',
  'explain-instance/cancelled',
  'examine-cluster/examined',
  'examine-cluster/failed',
  'notify/delivered',
  'notify/given-up',
  'steer-cluster/held',
  'steer-cluster/failed',
  'steer-cluster/cancelled',
] as const;

export type Ending = (typeof endings)[number];

/** A history as it is kept: ids of the workflow's own are derived from its id, so replay needs it. */
export interface KeptHistory {
  workflowId: string;
  history: unknown;
}

const historiesFolder = fileURLToPath(new URL('../histories/', import.meta.url));

/** The release whose histories `npm run histories` records. */
export const thisRelease = packageVersion();

/** The releases of which histories are kept, by version. */
export const keptReleases = (): string[] => readdirSync(historiesFolder);

export const releaseFolder = (release: string): string => `${historiesFolder}${release}/`;

export const historyFile = (release: string, ending: string): string =>
  `${releaseFolder(release)}${ending.replace('/', '.')}.json`;

/** The names of the histories of a release. */
export const keptEndings = (release: string): string[] =>
  readdirSync(releaseFolder(release))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length).replace('.', '/'));

export function readHistory(release: string, ending: string): KeptHistory {
  const kept: KeptHistory = JSON.parse(readFileSync(historyFile(release, ending), 'utf8'));
  return kept;
}
