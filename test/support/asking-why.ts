import { parseSettings } from '../../src/config/settings.js';
import type { HostStatus } from '../../src/model/host.js';
import type { Instance, TaskRef } from '../../src/model/instance.js';
import type { InstanceSight, World } from '../../src/model/sight.js';
import type { ClusterStatus } from '../../src/model/steering.js';
import { type Known, type Why, whyNot } from '../../src/model/why.js';
import { clusterStatusOf } from './cluster-status.js';

/** When it is asked, ISO 8601. */
export const now = '2026-01-05T12:00:00.000Z';
/** When things began. */
export const since = '2026-01-05T03:00:00.000Z';
/** The next start of the Schedule. */
export const next = '2026-01-06T03:00:00.000Z';
/** The instance that is asked about. */
export const id = 'i-0abc1234def567890';
const place = { cluster: 'prod', ec2InstanceId: id };
/** Of the instance. */
export const workflowId = `ecs-updater/prod/${id}`;
const cluster = { name: 'prod', arn: 'arn:aws:ecs:eu-west-1:111122223333:cluster/prod', region: 'eu-west-1' };
const settings = parseSettings({
  include: 'attribute:a exists',
  exclude: 'attribute:b == x',
  // No two limits are the same.
  updateLimit: '14m',
  settleLimit: '9m',
});
/** How commands name it. */
export const on = `--cluster prod --instance ${id}`;

/** A task of this group. */
export const task = (group: string): TaskRef => ({
  taskArn: 'arn:aws:ecs:eu-west-1:111122223333:task/prod/4af1',
  group,
  lastStatus: 'RUNNING',
});

const instance: Instance = {
  ec2InstanceId: id,
  containerInstanceArn: 'arn:aws:ecs:eu-west-1:111122223333:container-instance/prod/1',
  availabilityZone: 'eu-west-1a',
  status: 'ACTIVE',
  agentConnected: true,
  variant: 'aws-ecs-2',
  host: 'ec2',
  mark: null,
  failure: null,
  hold: null,
  pause: null,
  skip: null,
  behind: null,
  included: true,
};

/** A host that has an update. */
export const available: HostStatus = {
  bootId: 'b',
  now: 0,
  runningVersion: '1.26.0',
  updateState: 'Available',
  chosenVersion: '1.26.1',
  stagedVersion: null,
  availableVersions: ['1.26.1', '1.26.0'],
  refreshed: true,
};

/** The answer of a host to which nothing is offered, though these are published. */
export const idle = (...availableVersions: string[]): InstanceSight['check'] => ({
  kind: 'checked',
  host: { ...available, updateState: 'Idle', chosenVersion: null, availableVersions },
});

/** An instance with an update and nothing in its way, as a test wants it otherwise. */
export const sight = (over: Partial<InstanceSight> = {}, its: Partial<Instance> = {}): InstanceSight => ({
  lookedAt: now,
  instance: { ...instance, ...its },
  leftOutBy: null,
  isDisconnected: false,
  ghost: null,
  check: { kind: 'checked', host: available },
  workload: null,
  quarantined: {},
  cannotBegin: null,
  capacity: { outOfService: 0, allowed: 1 },
  ...over,
});

/** No rollout runs, and nothing keeps the next from starting. */
export const quiet: World = {
  isWorkerThere: true,
  schedule: { isPaused: false, note: '', next },
  rollout: null,
  work: null,
};

/** A rollout runs, and is so. */
export const rolling = (status: Partial<ClusterStatus>, over: Partial<World> = {}): World => ({
  ...quiet,
  rollout: { startedAt: since, status: clusterStatusOf({ stage: 'rolling', ...status }) },
  ...over,
});

/** These wait for their turn. */
export const queued = (...ids: string[]): ClusterStatus['queued'] =>
  ids.map((ec2InstanceId) => ({ ec2InstanceId, from: '1.26.0', to: '1.26.1', paused: null, skipped: null }));

/** The instance is in flight. */
export const inFlight: ClusterStatus['inFlight'] = [
  { ec2InstanceId: id, workflowId, from: '1.26.0', to: '1.26.1', since },
];

/** Asks why, with an update and nothing in its way but what is given. */
export const ask = (known: Partial<Known>): Why =>
  whyNot({ place, now, input: { cluster, settings }, sight: sight(), world: quiet, reports: [], ...known });
