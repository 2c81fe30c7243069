/** One of the two sets of partitions that a Bottlerocket disk has, with its flags in the partition table. */
export interface PartitionSet {
  /** Version of the image on it; null while it holds none. */
  version: string | null;
  /** The bootable set with the higher one is booted. */
  priority: number;
  /** Boots that may still be tried before it proved itself. */
  tries: number;
  successful: boolean;
}

/** The two partition sets of a host and which of them runs. Transitions as signpost does them (core-kit, sources/updater/signpost). */
export class Partitions {
  readonly #sets: readonly [PartitionSet, PartitionSet];
  #active: 0 | 1 = 0;

  constructor(version: string) {
    this.#sets = [
      { version, priority: 2, tries: 0, successful: true },
      { version: null, priority: 0, tries: 0, successful: false },
    ];
  }

  get active(): PartitionSet {
    return this.#sets[this.#active];
  }

  get inactive(): PartitionSet {
    return this.#sets[this.#active === 0 ? 1 : 0];
  }

  /** Whether the next boot would stay on the running set. */
  get staysAtBoot(): boolean {
    return this.#next() === this.#active;
  }

  /** Writes an image to the inactive set; it gets one boot attempt once it is activated. */
  prepare(version: string): void {
    Object.assign(this.inactive, { version, priority: 0, tries: 1, successful: false });
  }

  /** A preparation that broke off leaves a set that cannot be booted. */
  clearInactive(): void {
    Object.assign(this.inactive, { version: null, priority: 0, tries: 0, successful: false });
  }

  activate(): void {
    this.inactive.priority = 2;
    this.active.priority = 1;
  }

  deactivate(): void {
    this.active.priority = 2;
    this.inactive.priority = 0;
  }

  /** The firmware's choice: takes a try off a set that has not proven itself, and makes it the active one. */
  boot(): PartitionSet {
    this.#active = this.#next();
    if (!this.active.successful) {
      this.active.tries -= 1;
    }
    return this.active;
  }

  /** Early userspace was reached. This is before the ECS and SSM agents start. */
  markSuccessfulBoot(): void {
    Object.assign(this.active, { successful: true, tries: 0 });
  }

  snapshot(): { active: PartitionSet; inactive: PartitionSet } {
    return { active: { ...this.active }, inactive: { ...this.inactive } };
  }

  #next(): 0 | 1 {
    const bootable = (index: 0 | 1): boolean => {
      const set = this.#sets[index];
      return set.version !== null && set.priority > 0 && (set.successful || set.tries > 0);
    };
    if (!bootable(0)) {
      return 1;
    }
    return bootable(1) && this.#sets[1].priority > this.#sets[0].priority ? 1 : 0;
  }
}
