/** What people are told of a rollout and of its instances. Where nobody wants to know, none of it writes an event. */
import { type Notice, type Recipients, wanting } from '../../src/model/notice.js';
import {
  instanceHeld,
  instanceNeedsAttention,
  isWorthTelling,
  type NoticeSubject,
  rolloutFinished,
  rolloutStarted,
  rolloutStopped,
  rolloutWaits,
} from '../../src/model/notice-events.js';
import type { Outcome } from '../../src/model/outcome.js';
import type { Stop } from '../../src/model/reason.js';
import type { RolloutReport } from '../../src/model/report.js';
import type { ClusterRun } from '../cluster-run.js';
import type { InstanceRun } from '../instance-run.js';
import { foundBy } from '../search-attributes.js';
import { sendNotice } from './send-notice.js';

const now = (): string => new Date().toISOString();

/** It begins to update, or to give back. */
export async function tellThatItStarted(run: ClusterRun): Promise<void> {
  if (run.queue.length + run.inFlight.size > 0) await tell(run, () => rolloutStarted(run.status, now()));
}

/** Nothing of it goes on before somebody ends a pause: told once for each. */
export async function tellThatItWaits(run: ClusterRun): Promise<void> {
  const pauses = run.paused ? [run.paused] : [...run.pausedInstances.values()];
  const since =
    pauses
      .map((pause) => pause.since)
      .toSorted()
      .at(-1) ?? run.startedAt;
  await tell(run, () => rolloutWaits(run.status, `waits_${since}`, now()));
}

/** It starts nothing more: told once. */
export async function tellThatItStopped(run: ClusterRun, stop: Stop): Promise<void> {
  await tell(run, () => rolloutStopped(run.status, stop, now()));
}

/** It is over. Where there was nothing to do, and all is well, nobody is told every night. */
export async function tellThatItFinished(run: ClusterRun, report: RolloutReport): Promise<void> {
  if (isWorthTelling(report)) await tell(run, () => rolloutFinished(run.input.cluster, report));
}

async function tell({ input, told }: ClusterRun, make: () => Notice): Promise<void> {
  if (!input.notify) return;
  const notice = make();
  if (told.has(notice.id)) return;
  told.add(notice.id);
  const recipients = { targets: input.notify, limits: input.settings.notifications };
  await sendNotice(recipients, notice, foundBy(input));
}

/** It cannot be given back. */
export const tellThatItNeedsAttention = (run: InstanceRun, reason: string): Promise<void> =>
  tellOf(run, (subject) => instanceNeedsAttention(subject, reason, now()));

/** It stays out of service after a reboot that was not proven. */
export const tellThatItIsHeld = (run: InstanceRun, outcome: Outcome): Promise<void> =>
  tellOf(run, (subject) => instanceHeld(subject, outcome, now()));

async function tellOf(
  { input, from, to }: InstanceRun,
  make: (subject: NoticeSubject) => Notice,
): Promise<void> {
  const { cluster, rolloutId, instance, notify } = input;
  const { ec2InstanceId } = instance;
  const notice = make({ cluster, rolloutId, ec2InstanceId, from, to });
  await sendNotice(notify, notice, foundBy(input, ec2InstanceId));
}

/** Those whom an instance's workflow may have to tell; undefined: nobody. */
export function recipientsOf({ input }: ClusterRun): Recipients | undefined {
  const { notify, settings } = input;
  const recipients =
    notify && wanting({ targets: notify, limits: settings.notifications }, 'waiting-for-person');
  return recipients && recipients.targets.length > 0 ? recipients : undefined;
}
