/** Who made a report, when, and with what. */
export interface Origin {
  /** ISO 8601. */
  at: string;
  by: string;
  /** Version of ecs-updater. */
  version: string;
  /** Which Temporal it was read from. */
  place: string;
}
