import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { wasCalledOff } from './limits.js';
import { boundedOutcome } from '../src/model/bounds.js';
import { failureTypes } from '../src/model/failure-types.js';
import { failureOf } from '../src/model/failures.js';
import type { UpdateState } from '../src/model/host.js';
import type { DocumentRole } from '../src/model/names.js';
import type { InstanceReport, Outcome, Phase, PhaseEntry } from '../src/model/outcome.js';
import { quarantineOf, type Quarantines } from '../src/model/quarantine.js';
import type { Reason, Steering } from '../src/model/reason.js';
import { hostNowAfter, hostTimes, orderVoidAfterMs } from '../src/model/settings.js';
import type { InstanceInput, InstanceStatus } from '../src/model/steering.js';
import type { SteeringName } from '../src/model/steering-messages.js';
import { type SteeringRecord, withRecord } from '../src/model/steering-record.js';
import type { Blocked, HostCommand, Lost, Memory, OnInstance } from '../activities/types.js';
import { noteVersions } from './memo.js';
import { findBy } from './search-attributes.js';
import { countOutOfService, logEnd, logPhase, observePhase } from './telemetry.js';

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

/** An instance that an earlier rollout of ours keeps out of service. */
export type Held = { kind: 'held'; since: string };

/** The instance ended, or is somebody else's now, or is held; `rebooted`: after a reboot of ours that was not proven. */
export function lost(by: Lost | Held, rebooted = false): Ended {
  if (by.kind === 'held') return skipping({ code: 'held', drained: true, since: by.since });
  if (by.kind === 'gone') {
    const reason = { code: 'terminated', detail: by.detail, ...(rebooted && { rebooted }) } as const;
    return new Ended({ kind: 'gone', reason });
  }
  const reason = { code: 'taken-over', status: by.status } as const;
  return rebooted ? failed(reason) : rolledBack(reason);
}

/** What `updateInstance` knows while it works: one object, that its steps and its message handlers share. */
export class InstanceRun {
  readonly on: OnInstance;
  readonly startedAt = new Date().toISOString();
  /** Everything that an operator may still call off. */
  readonly beforeUpdate = new CancellationScope();
  readonly #root = CancellationScope.current();

  from: string | null = null;
  to: string | null = null;
  /** The host's update state when it was last asked, and when that was (ISO 8601). */
  found: UpdateState = 'Available';
  checkedAt = this.startedAt;
  /** What the host's clock showed then, seconds since the epoch. */
  hostNow = 0;
  skipped: Steering | null = null;
  paused: Steering | null = null;
  /** Who cancelled its update by a message; a cancel of Temporal's own says nothing. */
  cancelled: Steering | null = null;
  /** What stands out, for the status. */
  note: string | null = null;
  /** Why somebody should look at it now. */
  attention: string | null = null;
  /** Whether the instance may be DRAINING through us. */
  taken = false;
  /** Tasks that left it; null: it is not known to have become empty. */
  tasksMoved: number | null = null;
  /** Whether an apply or a reboot of ours may still act on the host. */
  acting = false;
  /** Whether a reboot was ordered that may have taken effect. */
  rebooted = false;
  /** Whether the last reboot is known to have been ordered. */
  ordered = false;
  /** Versions that it must not be booted into, also those that were quarantined since it began. */
  readonly quarantined: Quarantines;
  /** What the host ran once nothing of ours could act on it any more; null: that was not looked at, or could not be read. */
  quietVersion: string | null = null;
  /** The host's boot that the last order to reboot was to end. */
  bootIdBefore: string | null = null;
  /** The host's boot when it was last read after its reboot; null: it was not. */
  bootId: string | null = null;
  /** Whether the instance stays DRAINING until somebody clears it. */
  held = false;
  outcome: Outcome | null = null;

  #phase: Phase = 'waiting';
  #phaseSince = Date.now();
  readonly #phaseMs: InstanceReport['phaseMs'] = {};
  #steering: SteeringRecord[] = [];
  readonly #entered: PhaseEntry[] = [{ phase: this.#phase, at: this.startedAt }];
  #outOfServiceSince: number | null = null;
  #commands = 0;
  /** Ids of the applies and reboots that were ordered, and when (ms since the epoch) the last of them is void. */
  readonly orders: string[] = [];
  ordersVoidAt = 0;

  constructor(readonly input: InstanceInput) {
    const { cluster, instance, settings, work } = input;
    this.on = { cluster, instance, installation: settings.installation };
    this.quarantined = { ...input.quarantined };
    this.from = work.from ?? null;
    this.to = work.to ?? null;
    if (work.mode === 'update') {
      this.found = work.found;
      this.checkedAt = work.checkedAt;
      this.hostNow = work.hostNow;
    }
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Notes who steered, for the report. */
  record(what: SteeringName, by: Steering): void {
    const { ec2InstanceId } = this.input.instance;
    this.#steering = withRecord(this.#steering, {
      at: new Date().toISOString(),
      what,
      instance: ec2InstanceId,
      ...by,
    });
  }

  /** Notes what the host says that it runs, and what it is to run. */
  aim(from: string | null, to: string): void {
    this.from = from;
    this.to = to;
    noteVersions(from, to);
  }

  /** Ends the work, as a cancel of its workflow does. */
  cancel(by: Steering): void {
    this.cancelled = by;
    this.#root.cancel();
  }

  /** Whether somebody cancelled the workflow itself. */
  get cancelRequested(): boolean {
    return this.#root.consideredCancelled;
  }

  get status(): InstanceStatus {
    return {
      phase: this.#phase,
      since: new Date(this.#phaseSince).toISOString(),
      entered: this.#entered,
      from: this.from,
      to: this.to,
      note: this.attention ?? this.note,
      needsAttention: this.attention !== null,
      outcome: this.outcome,
    };
  }

  /** Ends what an operator called off, also when the cancel came too late to stop the step that just ended. */
  throwIfCalledOff(): void {
    if (this.beforeUpdate.consideredCancelled) throw new CancelledFailure('called off');
  }

  /** Ends what would boot the host into a version that fell back on others. */
  throwIfQuarantined(version: string): void {
    const hosts = quarantineOf(this.quarantined, version);
    if (hosts !== null) throw skipping({ code: 'quarantined-version', version, hosts });
  }

  enter(next: Phase): void {
    const now = this.#countPhase();
    this.#phase = next;
    this.#phaseSince = now;
    if (this.#entered.at(-1)?.phase === next) return;
    this.#entered.push({ phase: next, at: new Date(now).toISOString() });
    logPhase(next);
    findBy(this.input, 'phase', next);
  }

  #countPhase(): number {
    const now = Date.now();
    this.#phaseMs[this.#phase] = (this.#phaseMs[this.#phase] ?? 0) + now - this.#phaseSince;
    observePhase(this.input.cluster.name, this.#phase, now - this.#phaseSince);
    return now;
  }

  /** Latest time for an order that is given now, seconds since the epoch by the host's clock. */
  notAfter(): number {
    const elapsedMs = Date.now() - Date.parse(this.checkedAt);
    return hostNowAfter(this.hostNow, elapsedMs, this.input.settings.pace) + hostTimes.orderValidSeconds;
  }

  /** Notes that the instance is out of service through us since `atMs` (ms since the epoch). */
  leftService(atMs = Date.now()): void {
    this.#outOfServiceSince = atMs;
  }

  /** Counts the time for which it was, once that is over. */
  backInService(): void {
    if (this.#outOfServiceSince !== null)
      countOutOfService(this.input.cluster.name, Date.now() - this.#outOfServiceSince);
    this.#outOfServiceSince = null;
  }

  /** A command for the host, under an id that no other has. */
  nextCommand(role: DocumentRole): HostCommand {
    this.#commands += 1;
    return {
      document: this.input.documents[role],
      commandId: `${role}.${workflowInfo().runId}.${this.#commands}`,
    };
  }

  /** What is to be remembered of an outcome; undefined: nothing. Each call tells of a failure at another instant. */
  memoryOf(outcome: Outcome): Memory | undefined {
    const failure = failureOf(outcome, this, new Date().toISOString());
    return failure ? { kind: 'remember', failure } : undefined;
  }

  /** An apply or a reboot: from now on it may act on the host, until it is known not to. */
  nextOrder(role: 'apply' | 'reboot'): HostCommand {
    const command = this.nextCommand(role);
    this.acting = true;
    this.orders.push(command.commandId);
    this.ordersVoidAt = Date.now() + orderVoidAfterMs(this.input.settings.pace);
    return command;
  }

  end(outcome: Outcome, stopsRollout = false): InstanceReport {
    this.outcome = boundedOutcome(outcome);
    this.#countPhase();
    this.backInService();
    logEnd(this.outcome);
    findBy(this.input, 'outcome', this.outcome.kind);
    return {
      kind: 'ended',
      outcome: this.outcome,
      ...(this.to !== null && { target: this.to }),
      phaseMs: this.#phaseMs,
      entered: this.#entered,
      ...(this.tasksMoved !== null && { tasksMoved: this.tasksMoved }),
      steering: this.#steering,
      stopsRollout,
    };
  }

  /** How an error ends the work; an error that is none of ours is thrown on. */
  endingOf(err: unknown): Ended {
    if (err instanceof Ended) return err;
    if (wasCalledOff(err)) {
      return this.skipped
        ? skipping({ code: 'skipped-by-operator', ...this.skipped })
        : rolledBack({ code: 'cancelled', ...this.cancelled });
    }
    const reason = awsError(err);
    if (!reason) throw err;
    const kind = this.rebooted ? 'failed' : this.taken ? 'rolled-back' : 'skipped';
    return new Ended({ kind, reason }, reason.error === failureTypes.stopsRollout);
  }
}

/** What an activity was refused for good; null for an error that is not an activity's. */
export function awsError(err: unknown): Extract<Reason, { code: 'aws-error' }> | null {
  if (!(err instanceof ActivityFailure)) return null;
  const { cause } = err;
  const error = cause instanceof ApplicationFailure ? cause.type : cause?.name;
  return { code: 'aws-error', error: error ?? 'unknown', message: cause?.message ?? err.message };
}
