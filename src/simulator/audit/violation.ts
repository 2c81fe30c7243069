/** Invariants of the audit, numbered as in the project's design. */
export type Invariant = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Something a client must never do, and did. */
export interface Violation {
  /** ISO 8601, virtual. */
  time: string;
  invariant: Invariant;
  /** Access key id of the one who did it. */
  principal: string;
  ec2InstanceId: string;
  message: string;
}
