import type { Timer } from './kernel.js';

/** A callback that waits for its instant. */
export interface QueuedEvent extends Timer {
  /** Virtual milliseconds since the epoch. */
  readonly at: number;
  readonly action: () => void;
  /** True where the action resolves a promise: what waits for it has to run before the next event. */
  readonly wakesPromise: boolean;
}

interface Slot extends QueuedEvent {
  readonly sequence: number;
  cancelled: boolean;
}

const isBefore = (a: Slot, b: Slot): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);

/** Timers in order of their instant; of one instant, in the order in which they were set. A binary heap. */
export class EventQueue {
  readonly #heap: Slot[] = [];
  #sequence = 0;

  add(at: number, action: () => void, wakesPromise: boolean): Timer {
    const slot: Slot = {
      at,
      action,
      wakesPromise,
      sequence: this.#sequence++,
      cancelled: false,
      cancel() {
        slot.cancelled = true;
      },
    };
    this.#heap.push(slot);
    this.#siftUp(this.#heap.length - 1);
    return slot;
  }

  /** Instant of the first event that still counts; undefined when nothing waits. */
  nextAt(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.at;
  }

  /** Takes the first event out if it is due at `now`. */
  takeDue(now: number): QueuedEvent | undefined {
    this.#dropCancelled();
    const first = this.#heap[0];
    return first && first.at <= now ? this.#pop() : undefined;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.cancelled) this.#pop();
  }

  #pop(): Slot | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last && first !== last) {
      this.#heap[0] = last;
      this.#siftDown();
    }
    return first;
  }

  #siftUp(index: number): void {
    let child = index;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfBefore(child, parent)) return;
      child = parent;
    }
  }

  #siftDown(): void {
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      const leftSlot = this.#heap[left];
      if (!leftSlot) return;
      const rightSlot = this.#heap[right];
      const child = rightSlot && isBefore(rightSlot, leftSlot) ? right : left;
      if (!this.#swapIfBefore(child, parent)) return;
      parent = child;
    }
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const childSlot = this.#heap[child];
    const parentSlot = this.#heap[parent];
    if (!childSlot || !parentSlot || !isBefore(childSlot, parentSlot)) return false;
    this.#heap[child] = parentSlot;
    this.#heap[parent] = childSlot;
    return true;
  }
}
