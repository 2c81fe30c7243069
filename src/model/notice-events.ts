import { explain, explainPause, explainStop } from './explain.js';
import { type ClusterRef, clusterWorkflowId, instanceWorkflowId } from './names.js';
import type { Notice } from './notice.js';
import {
  countsOf,
  inProgress,
  listed,
  type NoticeStatus,
  sentence,
  settled,
  toCome,
} from './notice-counts.js';
import type { Outcome } from './outcome.js';
import type { Stop } from './reason.js';
import type { RolloutReport } from './report.js';
import { standingOf } from './standing.js';

/** More paused instances are not named. */
const mostPaused = 5;

const idOf = (rolloutId: string, cause: string): string =>
  `msg_${rolloutId}_${cause}`.replaceAll(/[^A-Za-z0-9_-]/g, '-');

/** What is the same in every message of a rollout. */
function about(status: NoticeStatus, at: string): Pick<Notice, 'at' | 'cluster' | 'rollout'> {
  const { cluster, rolloutId: id, startedAt } = status;
  return { at, cluster, rollout: { id, startedAt, workflowId: clusterWorkflowId(cluster.name) } };
}

const statusCommand = ({ name }: ClusterRef, more = ''): string =>
  `ecs-updater status --cluster ${name}${more}`;

/** It is planned, and begins to update. */
export function rolloutStarted(status: NoticeStatus, at: string): Notice {
  const { cluster, rolloutId, inFlight } = status;
  const givesBack = inFlight.filter(({ from }) => from === null).length;
  return {
    id: idOf(rolloutId, 'started'),
    event: 'rollout-started',
    ...about(status, at),
    title: `rollout of ${cluster.name} started`,
    reasons:
      givesBack > 0
        ? [`It gives back ${instances(givesBack)} that an interrupted rollout left out of service.`]
        : [],
    counts: countsOf(status.results, status),
    ...listed(inProgress(status)),
    commands: [statusCommand(cluster, ' --watch')],
  };
}

/** It starts nothing more. */
export function rolloutStopped(status: NoticeStatus, stop: Stop, at: string): Notice {
  const { cluster, rolloutId, inFlight, results } = status;
  return {
    id: idOf(rolloutId, 'stopped'),
    event: 'rollout-stopped',
    ...about(status, at),
    title: `rollout of ${cluster.name} stopped`,
    reasons: [
      sentence(`It starts nothing more: ${explainStop(stop)}.`.replace(/\.\.$/, '.')),
      ...(inFlight.length > 0 ? [`What is done on ${instances(inFlight.length)} is finished first.`] : []),
    ],
    counts: countsOf(results, status),
    ...listed([...settled(results), ...inProgress(status)]),
    commands: [statusCommand(cluster)],
  };
}

/** What a message tells of a rollout that is over. */
type NoticeReport = Pick<RolloutReport, 'rolloutId' | 'startedAt' | 'endedAt' | 'groups' | 'stopped'>;

/** Whether anything happened in a rollout, or needs a look: most rollouts find nothing to do. */
export const isWorthTelling = ({ groups, stopped }: Pick<NoticeReport, 'groups' | 'stopped'>): boolean =>
  stopped !== null ||
  groups.some(({ result }) => result.kind !== 'skipped' || standingOf(result) === 'not-well');

/** It is over; all that it did is known. */
export function rolloutFinished(cluster: ClusterRef, report: NoticeReport): Notice {
  const { rolloutId, startedAt, endedAt, groups, stopped } = report;
  return {
    id: idOf(rolloutId, 'finished'),
    event: 'rollout-finished',
    at: endedAt,
    cluster,
    rollout: { id: rolloutId, startedAt, workflowId: clusterWorkflowId(cluster.name) },
    title: `rollout of ${cluster.name} finished`,
    reasons: stopped
      ? [
          sentence(
            `It had stopped before every instance had its turn: ${explainStop(stopped)}.`.replace(
              /\.\.$/,
              '.',
            ),
          ),
        ]
      : [],
    counts: countsOf(groups),
    ...listed(settled(groups)),
    commands: [statusCommand(cluster)],
  };
}

/** Nothing of it goes on before somebody ends a pause. */
export function rolloutWaits(status: NoticeStatus, cause: string, at: string): Notice {
  const { cluster, rolloutId, results, paused } = status;
  const waiting = toCome(status).flatMap(({ ec2InstanceId, paused }) =>
    paused ? [{ ec2InstanceId, paused }] : [],
  );
  const named = waiting.slice(0, mostPaused);
  return {
    id: idOf(rolloutId, cause),
    event: 'waiting-for-person',
    ...about(status, at),
    title: `rollout of ${cluster.name} waits until it is resumed`,
    reasons: paused
      ? [sentence(`${cluster.name} is ${explainPause(paused)}.`)]
      : [
          ...named.map(({ ec2InstanceId, paused }) =>
            sentence(`${ec2InstanceId} is ${explainPause(paused)}.`),
          ),
          ...(waiting.length > named.length ? [`So ${are(waiting.length - named.length)} more.`] : []),
        ],
    counts: countsOf(results, status),
    ...listed([...inProgress(status), ...settled(results)]),
    commands: [
      ...(paused
        ? [`ecs-updater resume --cluster ${cluster.name}`]
        : named.map(
            ({ ec2InstanceId }) => `ecs-updater resume --cluster ${cluster.name} --instance ${ec2InstanceId}`,
          )),
      statusCommand(cluster),
    ],
  };
}

/** An instance of a rollout as its own workflow knows it. */
export interface NoticeSubject {
  cluster: ClusterRef;
  rolloutId: string;
  ec2InstanceId: string;
  from: string | null;
  to: string | null;
}

/** It cannot be given back. */
export function instanceNeedsAttention(subject: NoticeSubject, reason: string, at: string): Notice {
  const { cluster, ec2InstanceId } = subject;
  return {
    ...aboutInstance(subject, 'needs-attention', sentence(reason), at),
    title: `${ec2InstanceId} of ${cluster.name} cannot be given back`,
    commands: [
      `temporal workflow describe --workflow-id ${instanceWorkflowId(cluster.name, ec2InstanceId)}`,
      statusCommand(cluster),
    ],
  };
}

/** It stays out of service after a reboot that was not proven. */
export function instanceHeld(subject: NoticeSubject, outcome: Outcome, at: string): Notice {
  const { cluster, ec2InstanceId } = subject;
  const reason = outcome.kind === 'updated' ? '' : explain(outcome.reason);
  return {
    ...aboutInstance(subject, 'held', sentence(reason), at),
    title: `${ec2InstanceId} of ${cluster.name} is held out of service`,
    commands: [
      `ecs-updater clear --cluster ${cluster.name} --instance ${ec2InstanceId}`,
      statusCommand(cluster),
    ],
  };
}

function aboutInstance(
  { cluster, rolloutId, ec2InstanceId, from, to }: NoticeSubject,
  state: string,
  reason: string,
  at: string,
): Omit<Notice, 'title' | 'commands'> {
  return {
    id: idOf(rolloutId, `${state}_${ec2InstanceId}`),
    event: 'waiting-for-person',
    at,
    cluster,
    rollout: { id: rolloutId, workflowId: instanceWorkflowId(cluster.name, ec2InstanceId) },
    reasons: [],
    instances: [{ id: ec2InstanceId, state, from, to, reason }],
    more: 0,
  };
}

/** Shows that messages arrive. */
export const testNotice = (cluster: ClusterRef, id: string, by: string, at: string): Notice => ({
  id: idOf(id, 'test'),
  event: 'test',
  at,
  cluster,
  title: `test message for ${cluster.name}`,
  reasons: [sentence(`Sent by ${by}, to see who gets the messages of this cluster. Nothing has happened.`)],
  instances: [],
  more: 0,
  commands: [statusCommand(cluster)],
});

const instances = (count: number): string => (count === 1 ? '1 instance' : `${count} instances`);
const are = (count: number): string => (count === 1 ? 'is 1' : `are ${count}`);
