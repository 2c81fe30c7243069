import type { Clock, FleetEvent, Journal, JournalEntry, RequestEntry } from './kernel.js';

/** Everything that was asked of the fleet and that happened in it, in order. Entries are not copied: what is put in is not changed later. */
export interface FleetJournal extends Journal {
  readonly entries: readonly JournalEntry[];
  request(entry: Omit<RequestEntry, 'kind' | 'time'>): void;
  /** Calls `listener` with every entry from now on, as it is written. */
  on(listener: (entry: JournalEntry) => void): void;
  /** The entries from `index` on. */
  since(index: number): JournalEntry[];
}

/** A journal that takes its times from `clock`. */
export function createJournal(clock: Pick<Clock, 'now'>): FleetJournal {
  const entries: JournalEntry[] = [];
  const listeners: ((entry: JournalEntry) => void)[] = [];
  const time = (): string => new Date(clock.now()).toISOString();
  const write = (entry: JournalEntry): void => {
    entries.push(entry);
    for (const listener of listeners) listener(entry);
  };
  return {
    entries,
    event(event, detail = {}) {
      const entry: FleetEvent = { ...detail, kind: 'event', time: time(), event };
      write(entry);
    },
    request(entry) {
      write({ kind: 'request', time: time(), ...entry });
    },
    on(listener) {
      listeners.push(listener);
    },
    since: (index) => entries.slice(index),
  };
}
