import { z } from 'zod';
import type { InstanceResult } from '../src/model/outcome.js';
import type { RolloutReport } from '../src/model/report.js';
import type { JournalEntry } from '../src/simulator/kernel.js';
import type { Simulator } from '../src/simulator/simulator.js';
import { instancesOf, type InstanceState } from './left.js';
import { workerPrincipal } from './phases.js';

/** How often we have set an instance DRAINING: a rollout that cannot begin may fail, but not one that has. */
export const drainsOf = ({ fleet }: Simulator): number =>
  fleet.journal.entries.filter(
    (entry) =>
      entry.kind === 'event' &&
      entry.event === 'instance-status' &&
      entry['to'] === 'DRAINING' &&
      entry['principal'] === workerPrincipal,
  ).length;

/** What a report is judged by, beside the fleet. */
export interface Evidence {
  /** Ids of the instances that were there when the rollout began. */
  before: readonly string[];
  /** Whether AWS refused something for good, or said that it could not do it. */
  refused: boolean;
}

/** What a report says that is not so, or fails to say. */
export function judgeReport(
  simulator: Simulator,
  report: RolloutReport,
  { before, refused }: Evidence,
): string[] {
  const found: string[] = [];
  const reported = report.groups.flatMap(({ ec2InstanceIds }) => ec2InstanceIds);
  const seen = seenSince(simulator, report.startedAt);
  const missing = before.filter((id) => seen.has(id) && !reported.includes(id));
  if (missing.length > 0) found.push(`invariant 8: not in the report: ${missing.join(', ')}`);
  const twice = reported.filter((id, index) => reported.indexOf(id) !== index);
  if (twice.length > 0) found.push(`invariant 8: more than once in the report: ${twice.join(', ')}`);
  if (report.stopped?.by === 'error' && !refused) {
    found.push(`invariant 10: stopped though nothing was refused: ${report.stopped.message}`);
  }
  const instances = new Map(instancesOf(simulator).map((one) => [one.ec2InstanceId, one]));
  const rebooted = rebootedSince(simulator, report.startedAt);
  for (const { result, ec2InstanceIds } of report.groups) {
    for (const id of ec2InstanceIds) {
      const problem =
        judgeResult(result, instances.get(id), rebooted.has(id)) ??
        (isAwsError(result) && !refused ? 'invariant 10: an error of AWS that passes failed it' : null);
      if (problem) found.push(`${id} is called ${wordsOf(result)}: ${problem}`);
    }
  }
  return found;
}

const wordsOf = (result: InstanceResult): string =>
  result.kind === 'updated' ? `updated to ${result.to}` : `${result.kind} (${result.reason.code})`;

const isAwsError = (result: InstanceResult): boolean =>
  result.kind !== 'updated' && result.reason.code === 'aws-error';

/** Why an instance was left alone though a reboot of ours took effect within the rollout: another had ordered it. */
const ofAnother: ReadonlySet<string> = new Set(['restored', 'handled-by-another-run', 'held', 'taken-over']);

/** What may keep an instance that is well from its update though nobody disturbs the rollout. */
const obstacles: ReadonlySet<string> = new Set([
  'standalone-task',
  'protected-task',
  'cannot-drain',
  'drain-limit',
  'no-capacity',
  'quarantined-version',
  'rollout-stopped',
]);

/** What a rollout that nobody disturbed did not do: this instance was behind before the earlier rollouts of its run, and well. */
export function judgeUndisturbed(
  report: RolloutReport,
  ec2InstanceId: string,
  earlier: readonly RolloutReport[],
): string[] {
  const resultIn = ({ groups }: RolloutReport) =>
    groups.find((group) => group.ec2InstanceIds.includes(ec2InstanceId))?.result;
  const result = resultIn(report);
  if (!result || result.kind === 'updated' || obstacles.has(result.reason.code)) return [];
  if (result.reason.code === 'up-to-date' && earlier.some((one) => resultIn(one)?.kind === 'updated'))
    return [];
  return [`${ec2InstanceId} is called ${wordsOf(result)}, though nothing was in its way`];
}

/** What is wrong with a result, as the fleet knows it; null: nothing. */
function judgeResult(
  result: InstanceResult,
  instance: InstanceState | undefined,
  rebooted: boolean,
): string | null {
  const version = instance?.host?.activeVersion ?? null;
  switch (result.kind) {
    case 'updated':
      return result.to === version ? null : `invariant 8: it runs ${version ?? 'nothing'}`;
    case 'rolled-back':
    case 'not-started':
      return rebooted && !ofAnother.has(result.reason.code) ? 'we have rebooted it' : null;
    case 'skipped':
      return rebooted && !ofAnother.has(result.reason.code) ? 'we have rebooted it' : null;
    case 'gone':
      return instance && isServing(instance) ? 'it is there' : null;
    case 'failed':
      return result.reason.code === 'booted-old-version' && version === result.reason.target
        ? `it runs ${version}`
        : null;
  }
}

const isServing = ({ status, host, autoScaling }: InstanceState): boolean =>
  status !== 'INACTIVE' &&
  host?.ec2State === 'running' &&
  !autoScaling?.lifecycleState.startsWith('Terminating');

/** Instances that ECS described since then as part of the cluster: one that somebody deregisters as it is listed is INACTIVE by then. */
const seenSince = (simulator: Simulator, since: string): ReadonlySet<string> =>
  new Set(
    entriesSince(simulator, since)
      .filter((entry) => entry.kind === 'request' && entry.action === 'DescribeContainerInstances')
      .flatMap(
        (entry) =>
          described.safeParse(entry.kind === 'request' && entry.answer).data?.containerInstances ?? [],
      )
      .flatMap(({ ec2InstanceId, status }) => (status === 'INACTIVE' ? [] : ec2InstanceId)),
  );

const described = z.object({
  containerInstances: z.array(z.object({ ec2InstanceId: z.string(), status: z.string().optional() })),
});

/** Hosts that a command of ours has rebooted since then. */
const rebootedSince = (simulator: Simulator, since: string): ReadonlySet<string> =>
  new Set(
    entriesSince(simulator, since)
      .filter(
        (entry) =>
          entry.kind === 'event' &&
          entry.event === 'reboot-started' &&
          entry['principal'] === workerPrincipal,
      )
      .flatMap((entry) => (entry.kind === 'event' ? (entry.ec2InstanceId ?? []) : [])),
  );

/** What the journal has since an instant of our clock (ISO 8601); the fleet's own runs faster. */
function entriesSince({ clock, fleet }: Simulator, since: string): JournalEntry[] {
  const from = clock.now() - (Date.now() - Date.parse(since)) * clock.speed;
  return fleet.journal.entries.filter(({ time }) => Date.parse(time) >= from);
}
