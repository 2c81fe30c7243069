import type { AwsClients } from '../../aws/clients.js';
import type { PutDocument } from '../../aws/documents.js';
import type { ScheduleDescription } from '@temporalio/client';
import type { Scheduled } from '../../temporal/scheduled.js';
import type { SearchAttributes } from '../../temporal/search-attributes.js';

/** The SSM documents of a Region of an account. */
export interface DocumentsPlan {
  /** As `eu-central-1, account 123456789012`. */
  place: string;
  clients: AwsClients;
  changes: PutDocument[];
}

/** What becomes of the Schedule of a cluster. */
export type SchedulePlan = { name: string } & (
  | { kind: 'create'; wanted: Scheduled; documents: DocumentsPlan }
  | { kind: 'update' | 'keep'; wanted: Scheduled; documents: DocumentsPlan; existing: ScheduleDescription }
  /** The file has the cluster no more. */
  | { kind: 'remove'; arn: string }
  /** It is none of this file's, or is not to be removed; `why` as a clause. */
  | { kind: 'leave'; why: string }
);

/** What an `apply` would do. */
export interface ApplyPlan {
  documents: DocumentsPlan[];
  schedules: SchedulePlan[];
  searchAttributes: SearchAttributes;
  /** The key that will encrypt what rollouts start with; undefined: none. */
  encryptedWith: string | undefined;
}

/** Something for which nothing is changed. */
export interface Obstacle {
  line: string;
  exitCode: number;
}
