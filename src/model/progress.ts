import { countResults } from './report.js';
import type { ClusterStatus } from './steering.js';

/** How far a rollout is, in updates: those that turned out not to be needed, or were called off, do not count. */
export interface Progress {
  /** Updates that have ended, well or not. */
  done: number;
  /** Updates that have ended, are being made, or wait for their turn. */
  of: number;
}

/** How far a rollout is; null while its hosts are asked, as nobody knows yet what there is to do. */
export function progressOf({
  stage,
  results,
  inFlight,
  queued,
}: Pick<ClusterStatus, 'stage' | 'results' | 'inFlight' | 'queued'>): Progress | null {
  if (stage === 'checking') return null;
  const { updated, 'rolled-back': rolledBack, failed, gone } = countResults(results);
  const done = updated + rolledBack + failed + gone;
  const updating = inFlight.filter(({ from }) => from !== null).length;
  const waiting = queued.filter(({ skipped }) => skipped === null).length;
  return { done, of: done + updating + waiting };
}
