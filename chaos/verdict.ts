import { drainedAttribute } from '../src/model/names.js';
import { heldIn, type RolloutReport } from '../src/model/report.js';
import type { Violation } from '../src/simulator/audit/violation.js';
import type { FleetState } from '../src/simulator/control/state.js';
import type { JournalEntry } from '../src/simulator/kernel.js';
import type { Simulator } from '../src/simulator/simulator.js';
import { workerPrincipal } from './phases.js';
import type { Rollouts } from './rollouts.js';
import type { Site } from './site.js';

type InstanceState = FleetState['clusters'][number]['instances'][number];

/** The container instances as they are now. */
export const instancesOf = (simulator: Simulator): InstanceState[] =>
  simulator.state().clusters.flatMap(({ instances }) => instances);

/** How often we have set an instance DRAINING: a rollout that cannot begin may fail, but not one that has. */
export const drainsOf = ({ fleet }: Simulator): number =>
  fleet.journal.entries.filter(
    (entry) =>
      entry.kind === 'event' &&
      entry.event === 'instance-status' &&
      entry['to'] === 'DRAINING' &&
      entry['principal'] === workerPrincipal,
  ).length;

/** What a report says that is not so, or fails to say. `before`: who was there when its rollout began. */
export function judgeReport(
  simulator: Simulator,
  report: RolloutReport,
  before: readonly string[],
): string[] {
  const found: string[] = [];
  const reported = report.groups.flatMap(({ ec2InstanceIds }) => ec2InstanceIds);
  const seen = seenSince(simulator, report.startedAt);
  const missing = before.filter((id) => seen.has(id) && !reported.includes(id));
  if (missing.length > 0) found.push(`invariant 8: not in the report: ${missing.join(', ')}`);
  const twice = reported.filter((id, index) => reported.indexOf(id) !== index);
  if (twice.length > 0) found.push(`invariant 8: more than once in the report: ${twice.join(', ')}`);
  const rebooted = rebootedSince(simulator, report.startedAt);
  for (const { result, ec2InstanceIds } of report.groups) {
    for (const id of ec2InstanceIds) {
      const version = simulator.fleet.hosts.get(id)?.snapshot().activeVersion;
      if (result.kind === 'updated' && result.to !== version) {
        found.push(`invariant 8: ${id} is called updated to ${result.to}, but runs ${version ?? 'nothing'}`);
      }
      if (result.kind === 'rolled-back' && rebooted.has(id)) {
        found.push(`${id} is called rolled-back (${result.reason.code}), but was rebooted by us`);
      }
    }
  }
  return found;
}

/** Instances that ECS described to us since then. One that ended before its rollout looked has no place in the report. */
const seenSince = (simulator: Simulator, since: string): ReadonlySet<string> =>
  new Set(
    entriesSince(simulator, since)
      .filter((entry) => entry.kind === 'request' && entry.action === 'DescribeContainerInstances')
      .flatMap((entry) => [
        ...JSON.stringify(entry.kind === 'request' ? entry.answer : null).matchAll(
          /"ec2InstanceId":"([^"]+)"/g,
        ),
      ])
      .flatMap(([, id]) => id ?? []),
  );

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

/** What must hold once everything is over. */
export async function judgeEnd(site: Site, rollouts: Rollouts, simulator: Simulator): Promise<string[]> {
  const { audit } = simulator.fleet;
  const instances = instancesOf(simulator);
  const report = (await rollouts.end()).report;
  const held = report ? heldIn(report) : [];
  audit.end({ principal: workerPrincipal, held }, simulator.clock.now());
  const left = instances.filter(
    ({ ec2InstanceId, status, statusBy, attributes, host }) =>
      // What EC2 has ended serves nobody, whatever ECS still says of it.
      host?.ec2State === 'running' &&
      !held.includes(ec2InstanceId) &&
      status !== 'INACTIVE' &&
      ((status === 'DRAINING' && statusBy === workerPrincipal) || drainedAttribute in attributes),
  );
  const ids = new Set([
    ...instances.map(({ ec2InstanceId }) => ec2InstanceId),
    ...(report?.groups.flatMap(({ ec2InstanceIds }) => ec2InstanceIds) ?? []),
  ]);
  return [
    ...audit.violations
      .filter(({ principal }) => principal === workerPrincipal)
      .filter((violation) => !isOutOfReach(violation, instances))
      .map(
        ({ time, invariant, ec2InstanceId, message }) =>
          `invariant ${invariant}: ${ec2InstanceId} at ${time}: ${message}`,
      ),
    ...left.map(
      ({ ec2InstanceId, status, attributes }) =>
        `invariant 6: ${ec2InstanceId} is ${status} with mark ${attributes[drainedAttribute] ?? 'none'}`,
    ),
    ...(await taskFailures(site, rollouts.workflowIds([...ids]))),
  ];
}

/**
 * An agent that did not come back may hold a command that nobody can take from it; its guard is what keeps it from acting. The audit cannot
 * know that there is a guard.
 */
function isOutOfReach({ invariant, ec2InstanceId, message }: Violation, instances: InstanceState[]): boolean {
  const host = instances.find((one) => one.ec2InstanceId === ec2InstanceId)?.host;
  return invariant === 6 && message.includes('can still run') && host?.ssmAgentUp === false;
}

/** A task that would have closed its workflow is done again if something came meanwhile: temporal.api.enums.v1.WorkflowTaskFailedCause. */
const unhandledCommand = 1;

/** Workflow tasks that failed: code that is not deterministic, or that threw what it should not. */
async function taskFailures(site: Site, workflowIds: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const workflowId of workflowIds) {
    const handle = site.client.workflow.getHandle(workflowId);
    const { events = [] } = await site.ask(() => handle.fetchHistory()).catch(() => ({ events: [] }));
    for (const { workflowTaskFailedEventAttributes: failed } of events ?? []) {
      if (failed && Number(failed.cause) !== unhandledCommand)
        found.push(`a task of ${workflowId} failed: ${failed.failure?.message ?? '?'}`);
    }
  }
  return found;
}
