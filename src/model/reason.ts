import type { TaskRef } from './instance.js';

/** Who steered, and why, as far as they said. */
export interface Steering {
  by?: string;
  reason?: string;
}

/** A pause, as status shows it. */
export interface Paused extends Steering {
  /** ISO 8601. */
  since: string;
}

/** Why an instance got the verdict or the outcome that it got: a code for programs and the facts for the sentence that `explain` makes. */
export type Reason =
  // Before anything was touched.
  | { code: 'up-to-date'; version: string }
  | { code: 'not-in-wave'; version: string; newest: string }
  /** `more`: tasks beside those that are named. So it is with services below. */
  | { code: 'standalone-task'; tasks: TaskRef[]; more?: number }
  | { code: 'protected-task'; tasks: TaskRef[]; more?: number }
  | ({ code: 'skipped-by-operator' } & Steering)
  | { code: 'agent-disconnected' }
  /** ECS lists it, EC2 has it no more (`state`; null: unknown to EC2); `remedy` is the command that removes it. */
  | { code: 'ghost'; state: string | null; remedy: string }
  | { code: 'ssm-offline'; pingStatus: string; lastPing: string | null }
  | { code: 'not-managed-by-ssm' }
  | { code: 'not-bottlerocket' }
  | { code: 'external' }
  | { code: 'managed-instance' }
  | { code: 'too-old'; version: string }
  | { code: 'draining-by-others'; installation: string | null; since: string | null }
  | { code: 'not-active'; status: string }
  | { code: 'cannot-drain'; services: string[]; more?: number }
  | { code: 'check-failed'; seen: string }
  | { code: 'excluded' }
  | { code: 'no-capacity'; outOfService: number; allowed: number }
  /** `drained`: left DRAINING by us since its reboot was not proven (`afterFailedReboot`: `hold`); else by an operator. */
  | { code: 'held'; by?: string; reason?: string; since?: string; drained?: true }
  | { code: 'backing-off'; version: string; tries: number; cause: string; until: string }
  /** `unreadable`: what the attribute says that is not of our form; the number of tries is unknown then. */
  | { code: 'gave-up'; version: string; tries: number | null; cause?: string; unreadable?: string }
  | { code: 'quarantined-version'; version: string; hosts: number }
  | { code: 'handled-by-another-run'; workflowId: string }
  | { code: 'left-behind'; since: string }
  | { code: 'deployment-in-progress'; services: string[]; more?: number }
  // While it was handled.
  /** Here and below, `detail`: what was seen when the limit had passed, or which error AWS answered. */
  | {
      code: 'drain-limit';
      limitMs: number;
      tasks: TaskRef[];
      more?: number;
      serviceEvents: string[];
      detail?: string;
    }
  | { code: 'taken-over'; status: string }
  | { code: 'update-withdrawn'; version: string }
  | { code: 'apply-failed'; detail: string }
  | { code: 'update-limit'; limitMs: number; detail?: string }
  | { code: 'reboot-refused'; detail: string }
  /** `unordered`: AWS never answered the order. */
  | { code: 'reboot-limit'; limitMs: number; detail?: string; afterwards?: Afterwards; unordered?: true }
  | { code: 'booted-old-version'; version: string; target: string }
  | { code: 'wrong-version'; version: string | null; target: string; afterwards?: Afterwards }
  | { code: 'verify-limit'; limitMs: number; detail: string; afterwards?: Afterwards }
  | { code: 'settle-limit'; limitMs: number; services: string[]; more?: number; detail?: string }
  /** `rebooted`: after its reboot was ordered, and before it was proven. */
  | { code: 'terminated'; detail: string; rebooted?: boolean }
  | ({ code: 'cancelled' } & Steering)
  | { code: 'restored'; since: string; rebooted: boolean; version: string | null }
  | { code: 'aws-error'; error: string; message: string }
  | { code: 'workflow-ended'; detail: string }
  // Planned, but never begun.
  | { code: 'rollout-stopped'; stop: Stop };

/** What was done about a host that did not prove its reboot, and what came of it. */
export type Afterwards =
  /** It was left DRAINING. */
  | { did: 'hold' }
  /** Rebooted through EC2. */
  | { did: 'ec2-reboot'; seen: 'nothing' }
  | { did: 'ec2-reboot'; seen: 'booted' | 'healthy'; version: string | null }
  /** It should have been rebooted through EC2, but was not. */
  | { did: 'nothing'; detail: string };

export type ReasonCode = Reason['code'];

/** Why a rollout starts nothing new. */
export type Stop =
  /** `of`: what the budget is a percentage of. */
  | { by: 'failure-budget'; failures: number; budget: number; of?: { percent: number; planned: number } }
  | { by: 'stop-starting-after'; afterMs: number }
  /** `who`, and why, as far as that is known. */
  | { by: 'cancelled'; who?: string; reason?: string }
  | { by: 'error'; message: string };
