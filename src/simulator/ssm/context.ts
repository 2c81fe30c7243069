import type { Host } from '../host/host.js';
import type { Clock, Journal, Random } from '../kernel.js';
import type { Mishaps } from './mishaps.js';
import type { SsmTimings } from './timings.js';

/** Where SSM finds the machines. */
export interface Hosts {
  get: (ec2InstanceId: string) => Host | undefined;
  all: () => Host[];
}

/** What the parts of the SSM service share. */
export interface SsmContext {
  clock: Clock;
  random: Random;
  journal: Journal;
  hosts: Hosts;
  accountId: string;
  region: string;
  timings: SsmTimings;
  mishaps: Mishaps;
  /** Items on a page where the caller does not say. */
  pageSize?: number | undefined;
  /** EC2 tags of an instance, for targets and filters by tag. */
  tagsOf: (ec2InstanceId: string) => Record<string, string>;
}
