import type { Steering } from './reason.js';
import type { SteeringName } from './steering-messages.js';

/** Who ordered what, and when. What was refused is not on record. */
export interface SteeringRecord extends Steering {
  /** ISO 8601. */
  at: string;
  what: SteeringName;
  /** Absent: the whole cluster. */
  instance?: string;
  /** Of `clear`: the version whose quarantine was lifted. */
  quarantine?: string;
}

/** A rollout may be steered by a script; its report is not to grow with that. */
const mostRecords = 100;

/** Records with one more, in the order in which they came; the oldest are dropped where there are too many. */
export const withRecord = (records: readonly SteeringRecord[], record: SteeringRecord): SteeringRecord[] =>
  [...records, record].slice(-mostRecords);

/** Records by when it was ordered, oldest first: those of an instance come when its workflow ends. */
export const byTime = (records: readonly SteeringRecord[]): SteeringRecord[] =>
  records.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
