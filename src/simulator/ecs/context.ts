import type { Clock, Journal } from '../kernel.js';
import type { SeededRandom } from '../random.js';
import type { EcsTimings } from './timings.js';

/** What every part of the simulated ECS shares. */
export interface EcsContext {
  clock: Clock;
  random: SeededRandom;
  journal: Journal;
  timings: EcsTimings;
  accountId: string;
  region: string;
}

/** An ARN of ECS in the long format, e.g. `arn:aws:ecs:eu-central-1:123456789012:task/prod/0123…`. */
export const ecsArn = (context: Pick<EcsContext, 'accountId' | 'region'>, resource: string): string =>
  `arn:aws:ecs:${context.region}:${context.accountId}:${resource}`;
