import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import { failureTypes } from '../src/model/failure-types.js';
import type { DocumentRole } from '../src/model/names.js';
import type { InstanceReport, Outcome, Phase } from '../src/model/outcome.js';
import type { Reason, Steering } from '../src/model/reason.js';
import type { InstanceInput, InstanceStatus } from '../src/model/steering.js';
import type { Blocked, HostCommand, Lost, OnInstance } from '../activities/types.js';

/** The work on an instance is over, with this outcome. What was taken from service is given back on the way out. */
export class Ended extends Error {
  override readonly name = 'Ended';
  constructor(
    readonly outcome: Outcome,
    /** The cause concerns every instance. */
    readonly stopsRollout = false,
  ) {
    super(outcome.kind);
  }
}

export const skipping = (reason: Reason): Ended => new Ended({ kind: 'skipped', reason });
export const rolledBack = (reason: Reason): Ended => new Ended({ kind: 'rolled-back', reason });
export const failed = (reason: Reason): Ended => new Ended({ kind: 'failed', reason });

/** A standalone or protected task was seen: its owner is not disturbed. */
export const blocked = ({ by, tasks }: Blocked): Ended => skipping({ code: by, tasks });

/** The instance ended, or is somebody else's now. */
export const lost = (by: Lost): Ended =>
  by.kind === 'gone'
    ? new Ended({ kind: 'gone', reason: { code: 'terminated', detail: by.detail } })
    : rolledBack({ code: 'taken-over', status: by.status });

/** What `updateInstance` knows while it works: one object, that its steps and its message handlers share. */
export class InstanceRun {
  readonly on: OnInstance;
  readonly startedAt = new Date().toISOString();
  /** Everything that an operator may still call off. */
  readonly beforeUpdate = new CancellationScope();
  readonly #root = CancellationScope.current();

  from: string | null = null;
  to: string | null = null;
  skipped: Steering | null = null;
  paused: Steering | null = null;
  /** What stands out, for the status. */
  note: string | null = null;
  /** Whether the instance may be DRAINING through us. */
  taken = false;
  /** Whether an apply or a reboot of ours may still act on the host. */
  acting = false;
  /** Whether a reboot was ordered that may have taken effect. */
  rebooted = false;
  outcome: Outcome | null = null;

  #phase: Phase = 'waiting';
  #phaseSince = Date.now();
  readonly #phaseMs: InstanceReport['phaseMs'] = {};
  #commands = 0;

  constructor(readonly input: InstanceInput) {
    const { cluster, instance, settings, work } = input;
    this.on = { cluster, instance, installation: settings.installation };
    if (work.mode === 'update') {
      this.from = work.from;
      this.to = work.to;
    }
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Whether somebody cancelled the workflow itself. */
  get cancelRequested(): boolean {
    return this.#root.consideredCancelled;
  }

  get status(): InstanceStatus {
    return {
      phase: this.#phase,
      since: new Date(this.#phaseSince).toISOString(),
      from: this.from,
      to: this.to,
      note: this.note,
      outcome: this.outcome,
    };
  }

  enter(next: Phase): void {
    const now = Date.now();
    this.#phaseMs[this.#phase] = (this.#phaseMs[this.#phase] ?? 0) + now - this.#phaseSince;
    this.#phase = next;
    this.#phaseSince = now;
  }

  /** A command for the host, under an id that no other has. */
  nextCommand(role: DocumentRole): HostCommand {
    this.#commands += 1;
    return {
      document: this.input.documents[role],
      commandId: `${role}.${workflowInfo().runId}.${this.#commands}`,
    };
  }

  end(outcome: Outcome, stopsRollout = false): InstanceReport {
    this.outcome = outcome;
    this.enter(this.#phase);
    return { kind: 'ended', outcome, phaseMs: this.#phaseMs, stopsRollout };
  }

  /** How an error ends the work; an error that is none of ours is thrown on. */
  endingOf(err: unknown): Ended {
    if (err instanceof Ended) return err;
    if (isCancellation(err)) {
      return this.skipped
        ? skipping({ code: 'skipped-by-operator', ...this.skipped })
        : rolledBack({ code: 'cancelled' });
    }
    const cause = err instanceof ActivityFailure ? err.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) throw err;
    const reason: Reason = { code: 'aws-error', error: cause.type ?? 'unknown', message: cause.message };
    const kind = this.rebooted ? 'failed' : this.taken ? 'rolled-back' : 'skipped';
    return new Ended({ kind, reason }, cause.type === failureTypes.stopsRollout);
  }
}
