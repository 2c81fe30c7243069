import type { InstanceResult } from './outcome.js';
import type { Reason } from './reason.js';

/** The word that tables and metrics show for a result: why it was skipped, else how it ended. */
export const stateOf = (result: InstanceResult): string =>
  result.kind === 'skipped' ? result.reason.code : result.kind;

/** What an instance is known to run, and what it was to run; null: nobody knows, or nothing. */
export function versionsOf(result: InstanceResult): { version: string | null; target: string | null } {
  if (result.kind === 'updated') return { version: result.to, target: result.to };
  const { reason, from = null, to = null } = result;
  if ('target' in reason) return { version: reason.version, target: reason.target };
  if ('newest' in reason) return { version: reason.version, target: reason.newest };
  if ('version' in reason && !tellsOfTarget(reason)) return { version: reason.version ?? from, target: to };
  return { version: from, target: to };
}

/** The version that such a reason names is the one that the instance does not get. */
const tellsOfTarget = ({ code }: Reason): boolean =>
  code === 'backing-off' || code === 'gave-up' || code === 'quarantined-version';
