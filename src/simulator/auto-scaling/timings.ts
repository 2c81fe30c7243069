import type { Range } from '../ecs/timings.js';

/** How long Auto Scaling takes. Simulated seconds; defaults from aws-facts §4.3. */
export interface AutoScalingTimings {
  /** From the decision to terminate a member, or the end of its lifecycle hook, until EC2 begins. */
  termination: Range;
  /** From the machine's end by another hand until the group's health check notices. */
  healthCheck: Range;
  /** From the decision to launch until the machine begins to boot. Its boot and its agents come after that. */
  launch: Range;
}

export const defaultAutoScalingTimings: AutoScalingTimings = {
  termination: [1, 5],
  healthCheck: [10, 60],
  launch: [30, 90],
};
