import type { Client, ScheduleDescription } from '@temporalio/client';
import { clientsByPlace } from '../../aws/clients.js';
import { findCluster } from '../../aws/cluster.js';
import { awsFact } from '../../aws/errors.js';
import { examineAws } from '../../aws/examination.js';
import { inTime, remedyOfError } from '../../aws/looks.js';
import { settingsOf } from '../../config/cluster-settings.js';
import type { ClusterConfig } from '../../config/load.js';
import type { ExaminationInput, Finding } from '../../model/examination.js';
import { formatMs } from '../../model/explain.js';
import { scheduleId } from '../../model/names.js';
import { examineByWorker } from '../../temporal/examining.js';
import { writerOf } from '../../temporal/payloads.js';
import { isAsScheduled, readScheduled } from '../../temporal/scheduled.js';
import { describeSchedule } from '../../temporal/schedules.js';
import { assumedRole } from '../shared/config-file.js';
import { type FoundTemporal, lookAt } from './temporal.js';

/** A cluster to be looked at: one of the file, or one that has a Schedule. */
export interface Patient {
  name: string;
  /** Absent: it stands in no file. */
  config?: ClusterConfig;
}

/** Looks at everything that a cluster's rollouts need. */
export async function examineCluster(
  { client, hasWorker }: FoundTemporal,
  patient: Patient,
  limitMs: number,
): Promise<Finding[]> {
  let schedule: ScheduleDescription | null = null;
  const findings: Finding[] = [];
  if (client) {
    findings.push(
      await lookAt('Schedule', async () => {
        schedule = await describeSchedule(client, patient.name);
        return judgeSchedule(schedule, patient, writerOf(client));
      }),
    );
  }
  const input = await inputFor(patient, schedule);
  if ('finding' in input) return [...findings, input.finding];
  return [...findings, ...(await examine(client, hasWorker, input, limitMs))];
}

/** By a worker, whose permissions are those that count; else with those of whoever asks. */
async function examine(
  client: Client | undefined,
  hasWorker: boolean,
  input: ExaminationInput,
  limitMs: number,
): Promise<Finding[]> {
  const found: Finding[] = [];
  if (client && hasWorker) {
    try {
      return await sayingIfSlow(
        `waiting for a worker to look at ${input.cluster.name}, at most ${formatMs(limitMs)}`,
        () => examineByWorker(client, input, limitMs),
      );
    } catch (err) {
      const fact = err instanceof Error ? err.message : String(err);
      found.push({
        what: 'worker',
        // It may have ended since it was seen, or be of a release that does not know how.
        status: 'failed',
        fact: `it did not look at AWS: ${fact}`,
        remedy:
          'See that it runs, in this release: ecs-updater worker. What follows was looked at with your own permissions.',
      });
    }
  }
  const own = await examineAws(clientsByPlace()(input.cluster), input);
  return [
    ...found,
    ...(input.notify ? [notTold] : []),
    ...own.map((finding) =>
      finding.what === 'credentials' && finding.status === 'ok'
        ? { ...finding, fact: `${finding.fact}: yours, since no worker could be asked for its own` }
        : finding,
    ),
  ];
}

const notTold: Finding = {
  what: 'notifications',
  status: 'skipped',
  fact: 'a worker has their URLs and secrets in its environment, and none could be asked',
};

/** A worker that has just ended is waited for: whoever waits with it is told on standard error, once this is over. */
const slowMs = 15_000;

async function sayingIfSlow<T>(sentence: string, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => process.stderr.write(`ecs-updater: ${sentence}\n`), slowMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

function judgeSchedule(
  schedule: ScheduleDescription | null,
  { name, config }: Patient,
  writer: string | undefined,
): Omit<Finding, 'what'> {
  const id = scheduleId(name);
  if (!schedule) {
    return { status: 'failed', fact: `there is none by the id ${id}`, remedy: 'Run ecs-updater apply.' };
  }
  const scheduled = readScheduled(schedule);
  if (!scheduled) {
    return {
      status: 'failed',
      fact: `${id} starts another kind of workflow`,
      remedy: 'Give the cluster another name.',
    };
  }
  if (schedule.state.paused) {
    const { note } = schedule.state;
    return {
      status: 'warning',
      fact: `${id} is paused${note ? `: ${note}` : ''}`,
      remedy: `To go on: ecs-updater resume --cluster ${name}.`,
    };
  }
  if (config && !isAsScheduled(schedule, asTheFileSays(scheduled, config), writer)) {
    return {
      status: 'warning',
      fact: `${id} is not as the file says`,
      remedy: 'ecs-updater apply --dry-run shows what differs.',
    };
  }
  const next = schedule.info.nextActionTimes[0];
  return next
    ? { status: 'ok', fact: `${id} starts the next rollout at ${next.toISOString()}` }
    : { status: 'warning', fact: `${id} starts no rollout any more`, remedy: 'Correct its cron expression.' };
}

/** What does not stand in the file is taken as it is: the cluster's ARN, documents, search attributes. */
function asTheFileSays(
  { input, madeBy }: NonNullable<ReturnType<typeof readScheduled>>,
  config: ClusterConfig,
): NonNullable<ReturnType<typeof readScheduled>> {
  const { notify: _old, cluster, ...kept } = input;
  const { assume: _role, ...place } = cluster;
  const role = assumedRole(config);
  return {
    input: {
      ...kept,
      cluster: { ...place, region: config.region, ...(role && { assume: role }) },
      settings: settingsOf(config),
      ...(config.notifications.length > 0 && { notify: config.notifications }),
    },
    times: {
      cron: config.schedule.cron,
      timeZone: config.schedule.timeZone,
      jitterMs: config.schedule.jitter,
    },
    madeBy,
  };
}

/** What to look at in AWS: as the Schedule has it, else as the file does. */
async function inputFor(
  { config }: Patient,
  schedule: ScheduleDescription | null,
): Promise<ExaminationInput | { finding: Finding }> {
  const scheduled = schedule && readScheduled(schedule);
  if (scheduled) {
    const { cluster, documents, settings, notify } = scheduled.input;
    return {
      cluster,
      documents,
      rebootsThroughEc2: settings.afterFailedReboot === 'ec2-reboot',
      ...(notify && { notify }),
    };
  }
  const what = 'cluster';
  if (!config) {
    return { finding: { what, status: 'skipped', fact: 'neither a file nor a Schedule says which it is' } };
  }
  const assume = assumedRole(config);
  const place = { region: config.region, ...(assume && { assume }) };
  try {
    const { arn } = await inTime(() => findCluster(clientsByPlace()(place).ecs, config.cluster));
    return {
      cluster: { name: config.name, arn, ...place },
      documents: null,
      rebootsThroughEc2: config.afterFailedReboot === 'ec2-reboot',
    };
  } catch (err) {
    const remedy = remedyOfError(err);
    return { finding: { what, status: 'failed', fact: awsFact(err, ''), ...(remedy && { remedy }) } };
  }
}
