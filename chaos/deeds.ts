import type { FaultInput } from '../src/simulator/control/faults.js';
import type { MomentName } from './moments.js';

/** Stands in a fault for the instance that the moment was about. */
export const here = 'here';

/** What happens to our own processes. Times are real milliseconds. */
export type Blow =
  /** SIGKILL; another worker starts after the pause. */
  | { kind: 'kill-worker'; pauseMs: number }
  /** SIGTERM; another worker starts at once. */
  | { kind: 'stop-worker' }
  /** SIGSTOP, another worker takes over, then SIGCONT: a zombie. */
  | { kind: 'freeze-worker'; forMs: number }
  /** SIGKILL of Temporal, which comes back after the pause. */
  | { kind: 'restart-server'; pauseMs: number };

/** What an operator does with the rollout. */
export type Order =
  | { kind: 'cancel-rollout' }
  | { kind: 'terminate-rollout' }
  | { kind: 'cancel-instance' }
  | { kind: 'terminate-instance' }
  | { kind: 'pause-rollout'; forMs: number }
  | { kind: 'skip-instance' }
  | { kind: 'unskip-instance' }
  /** A second rollout is asked for. */
  | { kind: 'start-again' }
  | { kind: 'hold-instance' }
  | { kind: 'unhold-instance' }
  | { kind: 'clear-all' };

/** What chaos does. */
export type Deed =
  | Blow
  | Order
  /** Something in AWS goes wrong, or somebody else lays hands on the cluster; `what` names it in the summary. */
  | { kind: 'fleet'; what: string; fault: FaultInput };

/** A deed and when it is done: at the nth moment of its kind. */
export interface Happening {
  at: MomentName;
  nth: number;
  delayMs: number;
  deed: Deed;
}

/** How a deed is called in the summary. */
export const nameOf = (deed: Deed): string => (deed.kind === 'fleet' ? deed.what : deed.kind);

const blows: ReadonlySet<string> = new Set<Blow['kind']>([
  'kill-worker',
  'stop-worker',
  'freeze-worker',
  'restart-server',
]);

export const isBlow = (deed: Deed): deed is Blow => blows.has(deed.kind);
