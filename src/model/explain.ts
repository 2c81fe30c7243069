import type { TaskRef } from './instance.js';
import { failedAttribute } from './names.js';
import type { InstanceResult } from './outcome.js';
import type { Afterwards, Paused, Reason, Steering, Stop } from './reason.js';
import { howToClear, type Place, remedyOf } from './remedy.js';

const round = (n: number): string => String(Math.round(n * 10) / 10);
const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** A duration in the units of the settings: `25m`, `90s`, `1.5h`. */
export function formatMs(ms: number): string {
  if (ms < 120_000) return `${round(ms / 1000)}s`;
  return ms < 7_200_000 ? `${round(ms / 60_000)}m` : `${round(ms / 3_600_000)}h`;
}

const shortTask = (taskArn: string): string => taskArn.slice(taskArn.lastIndexOf('/') + 1);

function taskList({ tasks, more: unnamed = 0 }: { tasks: TaskRef[]; more?: number }): string {
  const shown = tasks.slice(0, 3).map((t) => `${shortTask(t.taskArn)} (${t.group}, ${t.lastStatus})`);
  const more = tasks.length - shown.length + unnamed;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const countTasks = ({ tasks, more = 0 }: { tasks: TaskRef[]; more?: number }): number => tasks.length + more;

const serviceList = ({ services, more = 0 }: { services: string[]; more?: number }): string =>
  services.join(', ') + (more > 0 ? ` and ${more} more` : '');

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** ` by ann: change freeze`, as far as it was said; begins with a blank or a colon, or is empty. */
export function bySomeone({ by, reason }: Steering): string {
  return `${by ? ` by ${by}` : ''}${reason ? `: ${reason}` : ''}`;
}

/** A pause as a clause: by whom, since when, why. */
export const explainPause = ({ by, since, reason }: Paused): string =>
  `paused${by ? ` by ${by}` : ''} since ${since}${reason ? `: ${reason}` : ''}`;

/** Why a rollout starts nothing new, as a clause. */
export function explainStop(stop: Stop): string {
  switch (stop.by) {
    case 'failure-budget':
      return `${plural(stop.failures, 'failure')} passed the failure budget of ${stop.budget}${stop.of ? ` (${stop.of.percent}% of ${plural(stop.of.planned, 'update')} planned)` : ''}`;
    case 'stop-starting-after':
      return `its time to start instances (${formatMs(stop.afterMs)}) was over`;
    case 'cancelled':
      return `it was cancelled${bySomeone({ ...(stop.who && { by: stop.who }), ...(stop.reason && { reason: stop.reason }) })}`;
    case 'error':
      return stop.message;
  }
}

/** The one sentence or two in which a person reads a reason: what happened, to what, and what to do; with a place, by commands to be copied. */
export const explain = (reason: Reason, place?: Place): string =>
  [factOf(reason), remedyOf(reason, place)].filter((sentence) => sentence !== '').join(' ');

/** The first part of that: what is the case, or happened, and to what. */
export function factOf(reason: Reason): string {
  switch (reason.code) {
    case 'up-to-date':
      return `runs ${reason.version}, nothing newer is published.`;
    case 'not-in-wave':
      return `runs ${reason.version}; ${reason.newest} is published, but this host's wave has not begun.`;
    case 'standalone-task':
      return `runs ${plural(countTasks(reason), 'standalone task')} that no service would replace: ${taskList(reason)}.`;
    case 'protected-task':
      return `runs ${plural(countTasks(reason), 'task')} under task protection: ${taskList(reason)}.`;
    case 'skipped-by-operator':
      return `skipped${bySomeone(reason)}.`;
    case 'agent-disconnected':
      return 'its ECS agent is disconnected.';
    case 'ghost':
      return `EC2 ${reason.state === null ? 'does not know it any more' : `says it is ${reason.state}`}, but ECS still lists it.`;
    case 'ssm-offline':
      return `SSM cannot reach it (${reason.pingStatus}, last ping ${reason.lastPing ?? 'unknown'}).`;
    case 'not-managed-by-ssm':
      return 'SSM does not know it.';
    case 'not-bottlerocket':
      return 'it does not run Bottlerocket.';
    case 'external':
      return 'it is an external (ECS Anywhere) instance.';
    case 'managed-instance':
      return 'it is an Amazon ECS Managed Instance, which AWS patches itself.';
    case 'too-old':
      return `runs ${reason.version}, which cannot be updated through its API (needs 1.5.0).`;
    case 'draining-by-others':
      return reason.installation
        ? `it is being drained by ${reason.installation}${reason.since ? ` since ${reason.since}` : ''}, not by us.`
        : 'somebody else set it DRAINING.';
    case 'not-active':
      return `its status is ${reason.status}.`;
    case 'cannot-drain':
      return `tasks of ${serviceList(reason)} cannot move: minimumHealthyPercent and maximumPercent leave neither one less nor one more.`;
    case 'check-failed':
      return `its update status could not be read: ${reason.seen}`;
    case 'excluded':
      return 'the settings leave it out (include, exclude).';
    case 'no-capacity':
      return `${plural(reason.outOfService, 'instance')} of this cluster ${reason.outOfService === 1 ? 'is' : 'are'} out of service already, ${reason.allowed} may be.`;
    case 'held': {
      if (reason.drained) {
        return `its reboot was not proven in the rollout that drained it at ${reason.since}, so it is held out of service.`;
      }
      const since = reason.since ? ` since ${reason.since}` : '';
      return `held${since}${bySomeone(reason)}.`;
    }
    case 'backing-off':
      return `${reason.version} failed here ${times(reason.tries)} (${reason.cause}).`;
    case 'gave-up':
      return reason.tries === null
        ? `its attribute ${failedAttribute} is not of our form (${reason.unreadable ?? ''}), so no update is tried.`
        : `${reason.version} failed here ${times(reason.tries)} (${reason.cause ?? 'unknown'}) and is not tried again until cleared.`;
    case 'quarantined-version':
      return `${reason.version} is quarantined: ${reason.hosts > 0 ? `${plural(reason.hosts, 'host')} of this cluster fell back from it` : 'a tag of the cluster says so'}.`;
    case 'handled-by-another-run':
      return `workflow ${reason.workflowId} was already handling it.`;
    case 'left-behind':
      return `a rollout of ours drained it at ${reason.since}.`;
    case 'deployment-in-progress':
      return `a deployment of ${serviceList(reason)} was in progress.`;
    case 'drain-limit':
      return `${stayed(reason)} after ${formatMs(reason.limitMs)}${seen(reason.detail)}.${reason.serviceEvents.length > 0 ? ` ECS says: ${reason.serviceEvents.join(' ')}` : ''} Add capacity, or lower the service's minimumHealthyPercent.`;
    case 'taken-over':
      return `somebody else changed its state to ${reason.status} meanwhile; it was left so.`;
    case 'update-withdrawn':
      return `the update was no longer offered once it had been drained; it runs ${reason.version}.`;
    case 'apply-failed':
      return `the update could not be applied: ${reason.detail}`;
    case 'update-limit':
      return `the update was not applied within ${formatMs(reason.limitMs)}${seen(reason.detail)}. Look at the apply command in SSM.`;
    case 'reboot-refused':
      return `it did not reboot: ${reason.detail}`;
    case 'reboot-limit':
      if (reason.unordered)
        return `AWS did not answer within ${formatMs(reason.limitMs)} whether its reboot was ordered${seen(reason.detail)}. It is tried again later.`;
      return reason.afterwards
        ? `it was not seen again within ${formatMs(reason.limitMs)} of its reboot${seen(reason.detail)}.${afterwards(reason.afterwards)}`
        : `it was not seen again within ${formatMs(reason.limitMs)} of its reboot${seen(reason.detail)}. Look at its console output; an EC2 reboot makes a hung boot fall back to the old version.`;
    case 'booted-old-version':
      return `${reason.target} did not boot; the host fell back to ${reason.version}. Look at its console output before you try ${reason.target} again.`;
    case 'wrong-version':
      return `it runs ${reason.version ?? 'an unknown version'} after its reboot, not ${reason.target}.${afterwards(reason.afterwards)}`;
    case 'verify-limit':
      return `it rebooted, but was not healthy within ${formatMs(reason.limitMs)}: ${reason.detail}.${afterwards(reason.afterwards)}`;
    case 'settle-limit':
      return `${serviceList(reason)} had not become steady ${formatMs(reason.limitMs)} later${seen(reason.detail)}.`;
    case 'terminated':
      return reason.rebooted
        ? `it went away after its reboot was ordered, before it was seen healthy: ${reason.detail}. That counts as a failure. Look at its console output, and at why it was ended.`
        : `it went away meanwhile: ${reason.detail}`;
    case 'cancelled':
      return `cancelled before its reboot${bySomeone(reason)}.`;
    case 'restored':
      return `an interrupted rollout had left it draining since ${reason.since}; ${reason.rebooted ? `it had rebooted${reason.version ? ` and runs ${reason.version}` : ''}` : 'it had not rebooted'}, and was given back.`;
    case 'aws-error':
      return `AWS refused: ${reason.error}: ${reason.message}`;
    case 'workflow-ended':
      return `its workflow ended without an outcome: ${reason.detail}`;
    case 'rollout-stopped':
      return `the rollout stopped before its turn: ${explainStop(reason.stop)}.`;
  }
}

/** What a failed reboot led to; begins with a space, empty if nothing was done. */
function afterwards(then: Afterwards | undefined): string {
  if (!then) return '';
  switch (then.did) {
    case 'hold':
      return ` It stays DRAINING. ${howToClear}`;
    case 'nothing':
      return ` It was not rebooted through EC2: ${then.detail}. Look at its console output.`;
    case 'ec2-reboot': {
      if (then.seen === 'nothing')
        return ' A reboot through EC2 did not bring it back either. Replace it, or look at its console output.';
      const runs = `it came back and runs ${then.version ?? 'an unknown version'}`;
      return then.seen === 'healthy'
        ? ` Rebooted through EC2, ${runs}. Look at its console output before you try the update again.`
        : ` Rebooted through EC2, ${runs}, but is not healthy. Replace it, or look at its console output.`;
    }
  }
}

/** What was seen, in brackets behind the fact that it explains. */
const seen = (detail: string | undefined): string => (detail ? ` (${detail})` : '');

function stayed({ tasks, more = 0 }: { tasks: TaskRef[]; more?: number }): string {
  if (tasks.length === 0) return 'tasks remained';
  const counts = new Map<string, number>();
  for (const { group } of tasks) counts.set(group, (counts.get(group) ?? 0) + 1);
  const parts = [...counts].map(([group, n]) =>
    group.startsWith('service:')
      ? `${plural(n, 'task')} of service ${group.slice(8)}`
      : `${plural(n, 'task')} of ${group}`,
  );
  return `still ${[...parts, ...(more > 0 ? [plural(more, 'other')] : [])].join(' and ')}`;
}

/** The sentence for an instance's result. */
export function explainResult(result: InstanceResult, place?: Place): string {
  if (result.kind === 'updated') {
    const done = `updated from ${result.from} to ${result.to}.`;
    return result.warning ? `${done} But ${explain(result.warning, place)}` : done;
  }
  return explain(result.reason, place);
}
