/**
 * Invariants of the audit, numbered as in the project's design; `requests`: how often and how carelessly a client asks,
 * whatever comes of it.
 */
export type Invariant = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 'requests';

/** Something a client must never do, and did. */
export interface Violation {
  /** ISO 8601, virtual. */
  time: string;
  invariant: Invariant;
  /** Access key id of the one who did it. */
  principal: string;
  /** Empty where it is about no instance. */
  ec2InstanceId: string;
  message: string;
}
