/** A metric of ours, as Prometheus shows it; `docs/metrics.md` says what it means. */
interface Metric<Label extends string = string> {
  name: string;
  /** What Prometheus shows beside it. */
  help: string;
  labels: readonly Label[];
}

/** The SDK appends `_total` to its name. */
export type Counter<Label extends string = string> = Metric<Label>;

/** A distribution of seconds. */
export interface Histogram<Label extends string = string> extends Metric<Label> {
  /** Upper bounds, in seconds. */
  buckets: readonly number[];
}

/** A value for each label of a metric. */
export type LabelsOf<M extends Metric> = Record<M['labels'][number], string>;

const counter = <const Label extends string>(
  name: string,
  help: string,
  ...labels: Label[]
): Counter<Label> => ({ name, help, labels });

/** What happens: counted by whichever worker it happens on, so that the sum over all workers is what counts. */
export const counters = {
  rollouts: counter('ecs_updater_rollouts', 'Rollouts that ended.', 'cluster', 'outcome'),
  instances: counter(
    'ecs_updater_instances',
    'Instances that got their result in a rollout.',
    'cluster',
    'outcome',
  ),
  reasons: counter(
    'ecs_updater_instance_reasons',
    'Reasons of these results.',
    'cluster',
    'outcome',
    'reason',
  ),
  outOfService: counter(
    'ecs_updater_out_of_service_seconds',
    'Seconds that instances were out of service through us.',
    'cluster',
  ),
  awsCalls: counter(
    'ecs_updater_aws_calls',
    'Requests to AWS, each attempt counted.',
    'region',
    'service',
    'action',
    'result',
  ),
  awsRetries: counter(
    'ecs_updater_aws_retries',
    'Requests to AWS that repeated one before.',
    'region',
    'service',
    'action',
  ),
} as const;

/** Ends of a rollout as they are counted: what stopped it, if something did; `failed`: without a report. */
export const rolloutOutcomes = [
  'completed',
  'failure-budget',
  'stop-starting-after',
  'cancelled',
  'error',
  'failed',
] as const;

export type RolloutOutcome = (typeof rolloutOutcomes)[number];

/** How long things take. */
export const histograms = {
  phase: {
    name: 'ecs_updater_phase_duration_seconds',
    help: 'How long instances stayed in a phase.',
    labels: ['cluster', 'phase'],
    buckets: [1, 5, 15, 30, 60, 120, 300, 600, 900, 1500, 3600, 14_400],
  },
  awsCall: {
    name: 'ecs_updater_aws_call_duration_seconds',
    help: 'How long AWS took to answer.',
    labels: ['region', 'service', 'action'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
  },
} as const satisfies Record<string, Histogram>;

/** A value that holds for a while. */
export interface Gauge<Label extends string = string> extends Metric<Label> {
  /** What a series shows once there is nothing more to tell: a number of things is 0 then, anything else is not a number. */
  whenGone: 0 | 'nothing';
}

const numberOf = <const Label extends string>(
  name: string,
  help: string,
  ...labels: Label[]
): Gauge<Label> => ({ name, help, labels, whenGone: 0 });

const value = <const Label extends string>(name: string, help: string, ...labels: Label[]): Gauge<Label> => ({
  name,
  help,
  labels,
  whenGone: 'nothing',
});

/** What is the case, as Temporal tells it: every worker that can ask shows the same, so that the greatest is what counts. */
export const gauges = {
  hostsState: numberOf(
    'ecs_updater_hosts_state',
    'Instances by state, in the words of the status command.',
    'cluster',
    'state',
  ),
  hostsVersion: numberOf(
    'ecs_updater_hosts_version',
    'Instances by the version that they were last known to run.',
    'cluster',
    'version',
  ),
  hostsBehind: numberOf(
    'ecs_updater_hosts_behind',
    'Instances that do not run the version offered to them.',
    'cluster',
  ),
  behindAge: numberOf(
    'ecs_updater_hosts_behind_oldest_seconds',
    'For how long the one that has been behind longest has been so.',
    'cluster',
  ),
  hostsOutOfService: numberOf(
    'ecs_updater_hosts_out_of_service',
    'Instances out of service through us.',
    'cluster',
  ),
  outOfServiceAge: numberOf(
    'ecs_updater_hosts_out_of_service_oldest_seconds',
    'For how long the one that has been out of service longest has been so.',
    'cluster',
  ),
  hostsHeld: numberOf(
    'ecs_updater_hosts_held',
    'Instances kept out of service until somebody clears them.',
    'cluster',
  ),
  hostsNeedingAttention: numberOf(
    'ecs_updater_hosts_needing_attention',
    'Instances that cannot be given back.',
    'cluster',
  ),
  rolloutState: numberOf(
    'ecs_updater_rollout_state',
    '1 for the state of the newest rollout.',
    'cluster',
    'state',
  ),
  rolloutStopped: numberOf(
    'ecs_updater_rollout_stopped',
    '1 for what keeps the newest rollout from starting anything new.',
    'cluster',
    'by',
  ),
  rolloutFailures: numberOf(
    'ecs_updater_rollout_failures',
    'Failures of the newest rollout that count against its budget.',
    'cluster',
  ),
  failureBudget: value(
    'ecs_updater_rollout_failure_budget',
    'Failures that the newest rollout bears.',
    'cluster',
  ),
  rolloutStart: value(
    'ecs_updater_rollout_start_timestamp_seconds',
    'When the newest rollout started.',
    'cluster',
  ),
  rolloutEnd: value(
    'ecs_updater_rollout_last_end_timestamp_seconds',
    'When a rollout last ended with a report.',
    'cluster',
  ),
  quarantined: numberOf(
    'ecs_updater_version_quarantined',
    '1 for a version that no instance is updated to.',
    'cluster',
    'version',
  ),
  paused: value(
    'ecs_updater_paused',
    '1 where the Schedule, or the rollout that runs, is paused.',
    'cluster',
    'what',
  ),
  asked: value('ecs_updater_temporal_asked_timestamp_seconds', 'When this worker last learnt the above.'),
  buildInfo: value(
    'ecs_updater_build_info',
    'Always 1; the labels say what this worker is.',
    'version',
    'node',
  ),
} as const;
