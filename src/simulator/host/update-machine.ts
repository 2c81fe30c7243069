/** Bottlerocket's update state machine, as `thar-be-updates` runs it (core-kit v1.26, sources/api/thar-be-updates). */

export type UpdateState = 'Idle' | 'Available' | 'Staged' | 'Ready';
export type UpdateAction = 'refresh' | 'prepare' | 'activate' | 'deactivate';

export interface UpdateImage {
  arch: string;
  version: string;
  variant: string;
}

export interface StagedImage {
  image: UpdateImage;
  next_to_boot: boolean;
}

/** The content of its status file, members in the order of the source's struct. */
export interface UpdateStatus {
  update_state: UpdateState;
  available_updates: string[];
  chosen_update: UpdateImage | null;
  active_partition: StagedImage | null;
  staging_partition: StagedImage | null;
  most_recent_command: {
    cmd_type: UpdateAction;
    cmd_status: 'Success' | 'Failed' | 'Unknown';
    /** RFC 3339, nanoseconds, UTC. */
    timestamp: string;
    exit_status: number | null;
    stderr: string | null;
  } | null;
}

/** Why an action is not begun; its HTTP status is the API server's business. */
export type Refusal = 'lock-held' | 'not-allowed' | 'no-chosen-update' | 'no-staged-image';

/** What became of an action. */
export interface ActionResult {
  exitStatus: number;
  stderr: string;
  timestamp: string;
  /** Of a refresh that succeeded: what the repository lists, newest first, and what is chosen of it. */
  listing?: { available: string[]; chosen: UpdateImage | null };
}

const allowed: Record<UpdateAction, readonly UpdateState[]> = {
  refresh: ['Idle', 'Available', 'Staged', 'Ready'],
  prepare: ['Available', 'Staged'],
  activate: ['Staged'],
  deactivate: ['Ready'],
};

/** The states, the lock and the status file of one boot of one host. */
export class UpdateMachine {
  #status: UpdateStatus | null = null;
  #running: UpdateAction | null = null;

  /** `activePartition` is asked when the status file is first written. */
  constructor(private readonly activePartition: () => StagedImage) {}

  /** What `GET /updates/status` finds: nothing before the first action since the boot, nothing while the lock is held. */
  read(): UpdateStatus | 'uninitialized' | 'locked' {
    if (this.#running !== null) {
      return 'locked';
    }
    return this.#status ?? 'uninitialized';
  }

  get running(): UpdateAction | null {
    return this.#running;
  }

  /** The state as the status file has it, whoever holds the lock. */
  get state(): UpdateState {
    return this.#status?.update_state ?? 'Idle';
  }

  get chosen(): UpdateImage | null {
    return this.#status?.chosen_update ?? null;
  }

  /** Takes the lock and begins; null when it has begun and {@link finish} has to follow. */
  begin(action: UpdateAction): Refusal | null {
    if (this.#running !== null) {
      return 'lock-held';
    }
    const status = this.#initialized();
    if (!allowed[action].includes(status.update_state)) {
      return 'not-allowed';
    }
    if (action === 'prepare' && status.chosen_update === null) {
      return 'no-chosen-update';
    }
    if ((action === 'activate' || action === 'deactivate') && status.staging_partition === null) {
      return 'no-staged-image';
    }
    this.#running = action;
    return null;
  }

  /** Writes down what became of the running action and releases the lock. */
  finish(result: ActionResult): void {
    const action = this.#running;
    const status = this.#initialized();
    this.#running = null;
    if (action === null) {
      return;
    }
    const succeeded = result.exitStatus === 0;
    status.most_recent_command = {
      cmd_type: action,
      cmd_status: succeeded ? 'Success' : 'Failed',
      timestamp: result.timestamp,
      exit_status: result.exitStatus,
      stderr: result.stderr,
    };
    if (action === 'refresh') {
      this.#refreshed(status, result);
    } else if (succeeded) {
      this.#moved(status, action);
    }
  }

  /** As somebody left it who updated this host earlier in this boot. */
  restore(status: UpdateStatus): void {
    this.#status = status;
  }

  /** The status file is in `/run`: a boot begins without it, and whoever held the lock is gone. */
  resetByBoot(): void {
    this.#status = null;
    this.#running = null;
  }

  #refreshed(status: UpdateStatus, { listing }: ActionResult): void {
    if (listing) {
      status.available_updates = listing.available;
      status.chosen_update = listing.chosen;
    }
    // A failed query turns Available into Idle, but leaves what was chosen before.
    if (status.update_state === 'Idle' || status.update_state === 'Available') {
      status.update_state = listing?.chosen ? 'Available' : 'Idle';
    }
  }

  #moved(status: UpdateStatus, action: Exclude<UpdateAction, 'refresh'>): void {
    if (action === 'prepare') {
      status.update_state = 'Staged';
      status.staging_partition =
        status.chosen_update === null ? null : { image: status.chosen_update, next_to_boot: false };
      return;
    }
    const stagedIsNext = action === 'activate';
    status.update_state = stagedIsNext ? 'Ready' : 'Staged';
    if (status.staging_partition) {
      status.staging_partition = { ...status.staging_partition, next_to_boot: stagedIsNext };
    }
    if (status.active_partition) {
      status.active_partition = { ...status.active_partition, next_to_boot: !stagedIsNext };
    }
  }

  #initialized(): UpdateStatus {
    this.#status ??= {
      update_state: 'Idle',
      available_updates: [],
      chosen_update: null,
      active_partition: this.activePartition(),
      staging_partition: null,
      most_recent_command: null,
    };
    return this.#status;
  }
}
