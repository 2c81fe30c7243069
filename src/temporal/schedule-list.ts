import type { Client } from '@temporalio/client';
import { scheduleId } from '../model/names.js';

/** A cluster that is scheduled, as the list of Schedules shows it. */
export interface ScheduledCluster {
  cluster: string;
  /** ISO 8601: when its next rollout starts; null: none does. */
  next: string | null;
  /** The note of a Schedule that is paused, which may be empty; null: it is not paused. */
  paused: string | null;
}

/** Every cluster that has a Schedule, by name. The list lags some moments behind (Temporal, visibility). */
export async function listScheduled(client: Client): Promise<ScheduledCluster[]> {
  const prefix = scheduleId('');
  const found: ScheduledCluster[] = [];
  for await (const schedule of client.schedule.list()) {
    if (!schedule.scheduleId.startsWith(prefix)) continue;
    found.push({
      cluster: schedule.scheduleId.slice(prefix.length),
      next: schedule.info.nextActionTimes[0]?.toISOString() ?? null,
      paused: schedule.state.paused ? (schedule.state.note ?? '') : null,
    });
  }
  return found.toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1));
}
