import { bySomeone, explainPause, explainResult, formatMs } from './explain.js';
import type { Instance } from './instance.js';
import { scheduleId, taskQueue } from './names.js';
import type { Obstacle, WorldCode } from './obstacle.js';
import type { OrderMark } from './order-mark.js';
import { phaseTexts } from './phase-text.js';
import type { Steering } from './reason.js';
import type { Place } from './remedy.js';
import { noteText, readSchedulePause } from './schedule-pause.js';
import type { RolloutSettings } from './settings.js';
import type { World } from './sight.js';
import type { ClusterStatus } from './steering.js';
import { obstacleOf } from './why-instance.js';

/** What Temporal, the Schedule and the rollout have against an update now. */
export function obstaclesOfWorld(
  world: World,
  place: Place,
  settings: RolloutSettings | null,
  now: string,
): Obstacle[] {
  const { rollout, work, isWorkerThere } = world;
  const start = 'Start one with: ecs-updater worker.';
  const what = `no worker polls the task queue ${taskQueue}, so nothing is done${rollout ? `, though a rollout runs since ${rollout.startedAt}` : ''}.`;
  return [
    ...(isWorkerThere ? [] : [obstacle('no-worker', what, { byItself: false, how: start })]),
    ...(work
      ? atWork(world, work, place, settings, now)
      : rollout
        ? inRollout(world, rollout, place)
        : between(world, place)),
  ];
}

const obstacle = (code: WorldCode, what: string, clears: Obstacle['clears'], since?: string): Obstacle => ({
  code,
  what,
  ...(since && { since }),
  clears,
});

function atWork(
  { rollout }: World,
  work: NonNullable<World['work']>,
  place: Place,
  settings: RolloutSettings | null,
  now: string,
): Obstacle[] {
  const { workflowId, status, awaiting } = work;
  const since = status?.since ?? work.startedAt;
  const phase = status && phaseTexts[status.phase];
  const said = [awaiting, status?.note].filter(Boolean).join('; ');
  const does = phase ? `it ${phase.does}` : 'work on it is under way';
  const what = `${does} since ${since}${said ? ` (${said})` : ''}. Workflow ${workflowId} has it.`;
  const limitMs = (phase?.limit && settings?.limits[phase.limit]) ?? null;
  const until = limitMs === null ? null : new Date(Date.parse(since) + limitMs).toISOString();
  const clears = {
    byItself: true,
    how:
      limitMs === null || !phase
        ? 'It goes on by itself.'
        : `It goes on by itself, or after ${formatMs(limitMs)} ${phase.after}.`,
    // A phase may begin its limit anew, as when an order is given again.
    ...(until !== null && until > now && { at: until }),
  };
  const isOthers = rollout?.status && !rollout.status.inFlight.some((one) => one.workflowId === workflowId);
  return [
    obstacle('in-flight', what, clears, since),
    ...(isOthers || !rollout ? [obstacleOf({ code: 'handled-by-another-run', workflowId }, place)] : []),
  ];
}

function inRollout(
  world: World,
  { startedAt, status }: NonNullable<World['rollout']>,
  place: Place,
): Obstacle[] {
  if (!status) return [];
  const { ec2InstanceId } = place;
  const result = status.results.find(({ ec2InstanceIds }) => ec2InstanceIds.includes(ec2InstanceId))?.result;
  if (result) {
    const what = `the rollout that runs since ${startedAt} is done with it: ${explainResult(result)}`;
    return [
      obstacle('had-its-turn', what, afterThis(world), status.endedAt[ec2InstanceId]),
      ...schedulePauses(world, place),
    ];
  }
  if (status.inFlight.some((one) => one.ec2InstanceId === ec2InstanceId)) {
    const what = 'work on it is about to begin, or has just ended.';
    return [obstacle('in-flight', what, { byItself: true, how: 'Ask again in some seconds.' })];
  }
  if (status.stopped) {
    return [
      obstacleOf({ code: 'rollout-stopped', stop: status.stopped }, place),
      ...schedulePauses(world, place),
    ];
  }
  const paused = status.paused
    ? [
        obstacle(
          'rollout-paused',
          `the rollout is ${explainPause(status.paused)}.`,
          { byItself: false, how: `Resume it with: ecs-updater resume --cluster ${place.cluster}.` },
          status.paused.since,
        ),
      ]
    : [];
  if (status.stage === 'checking') {
    const what = `the rollout that runs since ${startedAt} still asks the hosts.`;
    return [
      ...paused,
      obstacle('checking', what, { byItself: true, how: 'Its turn comes once it is planned.' }),
    ];
  }
  return [...paused, ...inQueue(status, world, place)];
}

function inQueue(status: ClusterStatus, world: World, place: Place): Obstacle[] {
  const { ec2InstanceId } = place;
  const at = status.queued.findIndex((one) => one.ec2InstanceId === ec2InstanceId);
  const own = status.queued[at];
  if (!own) {
    const what = 'the rollout that runs does not know it: it joined the cluster later.';
    return [obstacle('joined-later', what, afterThis(world)), ...schedulePauses(world, place)];
  }
  if (own.skipped) return [skipped(own.skipped, 'this', place)];
  if (own.paused) return [pausedInstance(own.paused, place)];
  const number = status.queued.slice(0, at).filter(isDue).length + 1;
  const what = `it waits for its turn: number ${number} of ${status.queued.filter(isDue).length}, with ${status.inFlight.length} in flight.`;
  return [obstacle('queued', what, { byItself: true, how: 'Its turn comes by itself.' })];
}

/** Whether the turn of one in the queue may come. */
const isDue = ({ skipped, paused }: ClusterStatus['queued'][number]): boolean => !skipped && !paused;

/** How something clears that the rollout that runs does not take up again. */
function afterThis({ schedule }: World): Obstacle['clears'] {
  const next = schedule && !schedule.isPaused ? schedule.next : null;
  return {
    byItself: true,
    how: 'The next rollout after that looks at it.',
    ...(next !== null && { at: next }),
  };
}

function between(world: World, place: Place): Obstacle[] {
  const { schedule } = world;
  const { cluster } = place;
  const now = `ecs-updater run --cluster ${cluster}`;
  if (!schedule) {
    const how = `Create one: ecs-updater schedule --cluster ${cluster} --cron '0 */12 * * *'.`;
    return [obstacle('no-schedule', 'no Schedule starts rollouts of its cluster.', { byItself: false, how })];
  }
  if (schedule.isPaused) return schedulePauses(world, place);
  return [
    obstacle('next-rollout', 'no rollout runs.', {
      byItself: schedule.next !== null,
      how:
        schedule.next === null
          ? `The Schedule starts none any more. Start one: ${now}.`
          : `The next one starts at ${schedule.next}; now: ${now}.`,
      ...(schedule.next !== null && { at: schedule.next }),
    }),
  ];
}

/** Who keeps the Schedule from starting rollouts: we, by an operator's order, somebody else, or both. */
function schedulePauses({ schedule }: World, { cluster }: Place): Obstacle[] {
  const found = schedule && readSchedulePause({ paused: schedule.isPaused, note: schedule.note });
  if (!found) return [];
  const { ours, others } = found;
  const resume = `Resume it with: ecs-updater resume --cluster ${cluster}.`;
  const toggle = `It is theirs to end: temporal schedule toggle --schedule-id ${scheduleId(cluster)} --unpause.`;
  return [
    ...(ours
      ? [
          obstacle(
            'schedule-paused',
            `the Schedule is ${explainPause(ours)}.`,
            { byItself: false, how: resume },
            ours.since,
          ),
        ]
      : []),
    ...(others === null
      ? []
      : [
          obstacle('schedule-paused', `somebody else has paused the Schedule (${noteText(others)}).`, {
            byItself: false,
            how: toggle,
          }),
        ]),
  ];
}

/** What operators have ordered of the instance for rollouts to come. */
export function standingOrders({ pause, skip }: Pick<Instance, 'pause' | 'skip'>, place: Place): Obstacle[] {
  return [
    ...(pause ? [pausedInstance(pause, place)] : []),
    ...(skip ? [skipped(skip, 'the next', place)] : []),
  ];
}

function pausedInstance({ since, ...by }: OrderMark, { cluster, ec2InstanceId }: Place): Obstacle {
  const what = since ? `it is ${explainPause({ since, ...by })}.` : `it is paused${bySomeone(by)}.`;
  const how = `Resume it with: ecs-updater resume --cluster ${cluster} --instance ${ec2InstanceId}.`;
  return obstacle('instance-paused', what, { byItself: false, how }, since);
}

function skipped(by: Steering, which: 'this' | 'the next', place: Place): Obstacle {
  const { cluster, ec2InstanceId } = place;
  const how = `It is left out of ${which} rollout only, unless taken back: ecs-updater unskip --cluster ${cluster} --instance ${ec2InstanceId}.`;
  return obstacleOf({ code: 'skipped-by-operator', ...by }, place, { how });
}
