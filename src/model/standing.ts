import type { InstanceResult } from './outcome.js';
import type { ReasonCode } from './reason.js';

/** How an instance stands in a rollout, for people who want to know at once where to look. */
export type Standing =
  /** Something is done with it now. */
  | 'in-flight'
  /** Somebody should look at it, in this rollout or before the next. */
  | 'not-well'
  /** Its turn has not come, or never came. */
  | 'waiting'
  | 'updated'
  /** Nothing was to be done, or somebody wanted it so. */
  | 'left-alone';

/** Skips after which nobody has to do anything: they are as they should be, or clear by themselves. */
const inOrder: ReadonlySet<ReasonCode> = new Set([
  'up-to-date',
  'not-in-wave',
  'excluded',
  'not-bottlerocket',
  'external',
  'managed-instance',
  'skipped-by-operator',
  'standalone-task',
  'protected-task',
  'backing-off',
  'deployment-in-progress',
  'handled-by-another-run',
  'update-withdrawn',
  'restored',
]);

/** How an instance stands that has its result. */
export function standingOf(result: InstanceResult): Standing {
  if (result.kind === 'updated') return result.warning ? 'not-well' : 'updated';
  if (result.kind === 'not-started') return 'waiting';
  const { kind, reason } = result;
  const isWanted = inOrder.has(reason.code) || (reason.code === 'held' && !reason.drained);
  return kind === 'skipped' && isWanted ? 'left-alone' : 'not-well';
}
