import { isNewer } from './version.js';

/** Bottlerocket's update state machine (core-kit, thar-be-updates). */
export type UpdateState = 'Idle' | 'Available' | 'Staged' | 'Ready';

/** What the check document read on a host. */
export interface HostStatus {
  bootId: string;
  /** The host's own clock when the answer was given to the workflow, seconds since the epoch. */
  now: number;
  runningVersion: string;
  updateState: UpdateState;
  /** Version that `apply` would take. */
  chosenVersion: string | null;
  /** Version written to the other partition set. */
  stagedVersion: string | null;
  /** Versions that the repository lists, older ones too. */
  availableVersions: string[];
  /** Whether the refresh that this check asked for succeeded; a failed one also leaves `Idle`. */
  refreshed: boolean;
}

/** What a read of a host without a refresh gives, as right after a boot. */
export type HostProbe = Pick<HostStatus, 'bootId' | 'now'> & {
  runningVersion: string | null;
  /** Null while the host's update lock is held or nothing was refreshed since its boot. */
  updateState: UpdateState | null;
  /** True while another caller holds the update lock: an apply may be running. */
  locked: boolean;
};

/** Answer of a check, or why there is none. */
export type CheckResult =
  | { kind: 'checked'; host: HostStatus }
  | { kind: 'not-managed-by-ssm' }
  | { kind: 'ssm-offline'; pingStatus: string; lastPing: string | null }
  | { kind: 'too-old'; version: string }
  | { kind: 'check-failed'; seen: string };

/** What a checked host has to do next. */
export type HostDecision =
  | { kind: 'update'; from: string; to: string; found: Exclude<UpdateState, 'Idle'> }
  | { kind: 'up-to-date'; version: string }
  | { kind: 'not-in-wave'; version: string; newest: string }
  | { kind: 'check-failed'; seen: string };

/**
 * What was staged was withdrawn, or its wave closed: the API refuses to apply it, as nothing is chosen (core-kit, thar-be-updates). Ready
 * needs no choice any more.
 */
const isWithdrawn = ({ updateState, refreshed, chosenVersion }: HostStatus): boolean =>
  updateState === 'Staged' && refreshed && chosenVersion === null;

/** Decides from a host's status. `Idle` means up to date only after a refresh that succeeded, with nothing newer listed. */
export function decideHost(host: HostStatus): HostDecision {
  const from = host.runningVersion;
  if (host.updateState !== 'Idle' && !isWithdrawn(host)) {
    const to =
      host.updateState === 'Available' ? host.chosenVersion : (host.stagedVersion ?? host.chosenVersion);
    return to === null
      ? { kind: 'check-failed', seen: `update state ${host.updateState} without a version` }
      : { kind: 'update', from, to, found: host.updateState };
  }
  if (!host.refreshed) {
    return { kind: 'check-failed', seen: 'update state Idle, but the refresh did not succeed' };
  }
  const newest = host.availableVersions.reduce((a, b) => (isNewer(b, a) ? b : a), from);
  return newest === from
    ? { kind: 'up-to-date', version: from }
    : { kind: 'not-in-wave', version: from, newest };
}
