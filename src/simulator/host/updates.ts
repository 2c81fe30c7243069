import type { Clock, Journal, Random } from '../kernel.js';
import { defaultUpdateSettings, listUpdates } from './repository.js';
import type { UpdateSettings } from './repository.js';
import type { Partitions } from './partitions.js';
import type { HostSpec } from './spec.js';
import { draw } from './timings.js';
import type { HostTimings } from './timings.js';
import { UpdateMachine } from './update-machine.js';
import type { ActionResult, Refusal, UpdateAction, UpdateImage } from './update-machine.js';

/** Who is behind something that happens on a host. */
export interface Origin {
  /** Access key id of the one who asked for it. */
  principal: string;
  /** The SSM command that it came by; absent when it came through EC2. */
  commandId?: string;
}

/** What the updater of one host works with. */
export interface UpdatesContext {
  spec(): HostSpec;
  partitions: Partitions;
  clock: Clock;
  random: Random;
  journal: Journal;
  timings: HostTimings;
  /** Milliseconds since the epoch by the host's own clock. */
  hostNow(): number;
}

/** Runs the actions of a host's update API: each in the background, under the lock, for as long as such a thing takes. */
export class Updates {
  readonly machine: UpdateMachine;
  readonly settings: UpdateSettings = { ...defaultUpdateSettings };
  #boot = 0;
  /** Who has begun to apply and not come to an end. */
  #applying: Origin | null = null;
  #waiting: (() => void)[] = [];

  constructor(private readonly context: UpdatesContext) {
    this.machine = new UpdateMachine(() => ({
      image: this.#image(context.partitions.active.version ?? context.spec().version),
      next_to_boot: context.partitions.staysAtBoot,
    }));
    this.#restoreWhatWasFound();
  }

  /** Begins an action; it goes on whatever becomes of the caller. Null when begun, else why not. */
  start(action: UpdateAction, origin: Origin): Refusal | null {
    const refusal = this.#refusalOf(action) ?? this.machine.begin(action);
    if (refusal === null) {
      void this.#carryOut(action, origin, this.#boot);
    }
    return refusal;
  }

  /** Resolves when the running action is over; at once if none runs. */
  async idle(): Promise<void> {
    if (this.machine.running !== null) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** What ran is gone with the boot, and the status with it; the settings stay. */
  resetByBoot(): void {
    this.#boot += 1;
    if (this.machine.running === 'prepare') {
      this.context.partitions.clearInactive();
    }
    this.#endApply('apply-failed', { reason: 'the host went down' });
    this.machine.resetByBoot();
    this.#wake();
  }

  /** What a fault has in store for it, before its state matters. */
  #refusalOf(action: UpdateAction): Refusal | null {
    const { updateLock, apply } = this.context.spec();
    if (updateLock === 'held') {
      return 'lock-held';
    }
    return action === 'prepare' && apply === 'not-found' ? 'no-chosen-update' : null;
  }

  async #carryOut(action: UpdateAction, origin: Origin, boot: number): Promise<void> {
    const { clock, partitions } = this.context;
    const version = this.machine.chosen?.version;
    if (action === 'prepare' || action === 'activate') {
      this.#beginApply(origin, version);
    }
    if (action === 'prepare') {
      partitions.clearInactive();
    }
    const duration = this.#duration(action);
    if (duration === null) {
      this.#event('apply-hung', { ...origin, version });
      return;
    }
    await clock.sleep(duration);
    if (boot !== this.#boot) {
      return;
    }
    const result = this[action]();
    this.machine.finish({ ...result, timestamp: this.#timestamp() });
    this.#record(action, origin, result.exitStatus === 0 ? null : result.stderr);
    this.#wake();
    if (action === 'prepare') {
      // A client that lives goes on at once; an image that nobody activates is not applied.
      await clock.sleep(1);
      if (boot === this.#boot && this.machine.running === null) {
        this.#endApply('apply-failed', { step: 'activate', reason: 'nobody activated it' });
      }
    }
  }

  #beginApply(origin: Origin, version: string | undefined): void {
    if (this.#applying === null) {
      this.#applying = origin;
      this.#event('apply-started', { ...origin, version });
    }
  }

  #endApply(event: 'apply-finished' | 'apply-failed', detail: Record<string, unknown>): void {
    if (this.#applying !== null) {
      this.#event(event, { ...this.#applying, ...detail });
      this.#applying = null;
    }
  }

  refresh(): Omit<ActionResult, 'timestamp'> {
    const spec = this.context.spec();
    if (spec.repository === 'unreachable') {
      return { exitStatus: 1, stderr: unreachableRepository };
    }
    const { available, chosen } = this.#listing();
    return {
      exitStatus: 0,
      stderr: '',
      listing: { available, chosen: chosen === null ? null : this.#image(chosen) },
    };
  }

  prepare(): Omit<ActionResult, 'timestamp'> {
    const spec = this.context.spec();
    if (spec.apply === 'fails-prepare') {
      return { exitStatus: 1, stderr: 'Failed to write update: No space left on device (os error 28)\n' };
    }
    if (spec.repository === 'unreachable') {
      return { exitStatus: 1, stderr: unreachableRepository };
    }
    // updog takes its own choice of this moment, which the status file does not learn.
    const version = this.#listing().chosen;
    if (version === null) {
      // Withdrawn since the check: updog has nothing to do and calls that a success.
      return { exitStatus: 0, stderr: 'No update required.\n' };
    }
    this.context.partitions.prepare(version);
    return { exitStatus: 0, stderr: `Starting update to ${version}\n` };
  }

  activate(): Omit<ActionResult, 'timestamp'> {
    if (this.context.spec().apply === 'fails-activate') {
      return { exitStatus: 1, stderr: 'Failed to modify GPT: Input/output error (os error 5)\n' };
    }
    if (this.context.partitions.inactive.version === null) {
      return { exitStatus: 1, stderr: 'Inactive partition is not valid for upgrade\n' };
    }
    this.context.partitions.activate();
    return { exitStatus: 0, stderr: '' };
  }

  deactivate(): Omit<ActionResult, 'timestamp'> {
    this.context.partitions.deactivate();
    return { exitStatus: 0, stderr: '' };
  }

  /** Null: never. */
  #duration(action: UpdateAction): number | null {
    const { timings, random } = this.context;
    const spec = this.context.spec();
    if (action === 'refresh') {
      return draw(random, spec.repository === 'slow' ? timings.slowRefresh : timings.refresh);
    }
    if (action === 'prepare') {
      return spec.apply === 'hangs' ? null : draw(random, timings.prepare);
    }
    return draw(random, timings.activate);
  }

  #record(action: UpdateAction, origin: Origin, failure: string | null): void {
    const staged = this.context.partitions.inactive.version;
    if (action === 'refresh') {
      return;
    }
    if (failure !== null) {
      this.#endApply('apply-failed', { step: action, reason: failure.trim() });
    } else if (action === 'activate') {
      this.#endApply('apply-finished', { version: staged });
    } else {
      this.#event(action === 'prepare' ? 'update-staged' : 'update-cancelled', {
        ...origin,
        version: staged,
      });
    }
  }

  #listing(): ReturnType<typeof listUpdates> {
    const spec = this.context.spec();
    return listUpdates(spec, this.context.partitions.active.version ?? spec.version, this.settings);
  }

  #image(version: string): UpdateImage {
    const { arch, variant } = this.context.spec();
    return { arch, version, variant };
  }

  #timestamp(): string {
    const nanoseconds = Math.floor(this.context.random.between(0, 1_000_000));
    const iso = new Date(this.context.hostNow()).toISOString();
    return `${iso.slice(0, -1)}${String(nanoseconds).padStart(6, '0')}Z`;
  }

  #restoreWhatWasFound(): void {
    const { found, offered } = this.context.spec();
    if (found !== 'idle' && offered !== null) {
      this.doneByHand(found, offered);
    }
  }

  /** Somebody at the host has downloaded a version (`staged`), or also marked it for the next boot (`ready`). */
  doneByHand(found: 'staged' | 'ready', offered: string): void {
    const { partitions } = this.context;
    partitions.prepare(offered);
    if (found === 'ready') {
      partitions.activate();
    }
    const { available } = this.#listing();
    this.machine.restore({
      update_state: found === 'ready' ? 'Ready' : 'Staged',
      available_updates: available,
      chosen_update: this.#image(offered),
      active_partition: {
        image: this.#image(partitions.active.version ?? offered),
        next_to_boot: partitions.staysAtBoot,
      },
      staging_partition: { image: this.#image(offered), next_to_boot: found === 'ready' },
      most_recent_command: {
        cmd_type: found === 'ready' ? 'activate' : 'prepare',
        cmd_status: 'Success',
        timestamp: this.#timestamp(),
        exit_status: 0,
        stderr: '',
      },
    });
  }

  #event(event: string, detail: Record<string, unknown>): void {
    this.context.journal.event(event, { ec2InstanceId: this.context.spec().ec2InstanceId, ...detail });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) {
      resolve();
    }
  }
}

const unreachableRepository =
  'Failed to load metadata: Failed to fetch https://updates.bottlerocket.aws/2020-07-07/aws-ecs-2/x86_64/timestamp.json: error sending request: connection timed out\n';
