import type { Steering } from '../../src/model/reason.js';
import type { SteeringPayload } from '../../src/model/steering-messages.js';

/** What a message to a rollout does. */
export interface Message {
  description: string;
  /** Why it cannot be done now; null: it can. */
  objection: (payload: SteeringPayload) => string | null;
  /** Does it, puts it on record, and says what follows. May still refuse. */
  act: (payload: SteeringPayload) => string | Promise<string>;
}

/** Who sent a message, and why, as far as it says. */
export const said = ({ by, reason }: SteeringPayload): Steering => ({
  ...(by !== undefined && { by }),
  ...(reason !== undefined && { reason }),
});
