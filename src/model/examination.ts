import type { ClusterRef, Documents } from './names.js';
import type { NotificationTarget } from './notifications.js';

/** One thing that was looked at. */
export interface Finding {
  /** What, as `permission ecs:ListTasks`. */
  what: string;
  /** `warning`: rollouts work, but not as one may expect; `skipped`: what it needs had failed, or it cannot be tried. */
  status: 'ok' | 'warning' | 'failed' | 'skipped';
  fact: string;
  /** What to do; absent where there is nothing to do. */
  remedy?: string;
}

/** What of a cluster is to be examined. */
export interface ExaminationInput {
  cluster: ClusterRef;
  /** As its rollouts have them; null: none were put there yet. */
  documents: Documents | null;
  /** Its rollouts may reboot through EC2. */
  rebootsThroughEc2: boolean;
  /** Who is told of them. Absent: nobody. */
  notify?: NotificationTarget[];
}
