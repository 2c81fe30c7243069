import { batches } from './batches.js';
import { cutText } from './bounds.js';
import { type Moving, type PlacingService, type Room, withoutRoom } from './placement.js';
import { cannotMove, type TaskCounts, taskRange } from './task-range.js';

/** A service, as far as it decides how its tasks leave a host that is drained. */
export interface ServiceFacts extends PlacingService, TaskCounts {
  /** Whether a new version of it is being rolled out. */
  isDeploying: boolean;
}

/** A task on a host that has an update. */
export interface TaskFacts extends Moving {
  /** `service:<name>` for a service's task, else what started it. */
  group: string;
  /** Until when (ISO 8601) it is under task protection; null: it is not. */
  protectedUntil: string | null;
}

/** Hosts by their EC2 ids: the first few, and how many more there are. */
export interface Hosts {
  ec2InstanceIds: string[];
  more?: number;
}

/** What a rollout may do to a service or a task, or what of it stands in a rollout's way. */
export type Risk =
  /** All of its tasks may be stopped before one that replaces them runs. */
  | { code: 'outage'; service: string; desiredCount: number; minimumHealthyPercent: number; on: Hosts }
  /** None of its tasks can be moved: it may not have one less, nor one more. */
  | {
      code: 'cannot-move';
      service: string;
      desiredCount: number;
      minimumHealthyPercent: number;
      maximumPercent: number;
      on: Hosts;
    }
  /** Nowhere else is room for one of its tasks while these hosts are out of service. */
  | { code: 'no-room'; service: string; cpu: number; memoryMiB: number; ports: string[]; on: Hosts }
  /** It has one task, which moves. */
  | { code: 'single-task'; service: string; on: Hosts }
  | { code: 'deployment-in-progress'; service: string; on: Hosts }
  | { code: 'protected-task'; service: string; tasks: number; until: string; on: Hosts }
  | { code: 'standalone-task'; group: string; tasks: number; on: Hosts };

/** The risks of a rollout, the gravest first. */
export interface Risks {
  risks: Risk[];
  /** How many were left out beside those. */
  more: number;
  /** Services for which no room was sought: the cluster has more placement constraints than are looked up. */
  unjudged: number;
}

/** In the order of their gravity. */
const riskCodes = [
  'outage',
  'cannot-move',
  'no-room',
  'single-task',
  'protected-task',
  'standalone-task',
  'deployment-in-progress',
] as const satisfies readonly Risk['code'][];

/** A plan has thousands of hosts and services; what is said of them has to be read by somebody. */
const mostRisks = 200;
const mostHosts = 5;
const longestName = 255;

/** What a rollout has to do with, and what else is there. */
export interface Surroundings {
  /** Hosts that would be drained: ARNs of container instances in the order of their turns. */
  targets: readonly string[];
  /** Hosts that have an update, and are left alone for what runs on them. */
  leftAlone: readonly string[];
  /** How many of them are out of service at once; at least 1. */
  atOnce: number;
  /** What runs on all of those. */
  tasks: readonly TaskFacts[];
  services: ReadonlyMap<string, ServiceFacts>;
  /** Every container instance of the cluster. */
  instances: readonly Room[];
}

/** Names what a rollout over these hosts may do to the tasks on them. */
export function risksOf(around: Surroundings): Risks {
  const { tasks, services, instances } = around;
  const ids = new Map(instances.map(({ arn, ec2InstanceId }) => [arn, ec2InstanceId]));
  const turns = new Map([...around.targets, ...around.leftAlone].map((arn, turn) => [arn, turn]));
  const drained = new Set(around.targets);
  const hostsOf = (concerned: readonly TaskFacts[]): Hosts =>
    cutHosts(
      [...new Set(concerned.map(({ on }) => on))]
        .toSorted((a, b) => (turns.get(a) ?? 0) - (turns.get(b) ?? 0))
        .map((arn) => ids.get(arn) ?? arn),
    );

  const risks: Risk[] = [];
  for (const [name, own] of grouped(tasks, ({ service }) => service)) {
    const service = name === null ? undefined : services.get(name);
    if (service?.scheduling === 'REPLICA') {
      if (cannotMove(service)) risks.push(stuck(service, hostsOf(own)));
      const moving = own.filter(({ on }) => drained.has(on));
      if (moving.length > 0) risks.push(...movingRisks(around, service, moving, hostsOf(moving)));
    }
    const guarded = own.filter(({ protectedUntil }) => protectedUntil !== null);
    if (service && guarded.length > 0) {
      const until = guarded
        .map(({ protectedUntil }) => protectedUntil ?? '')
        .reduce((a, b) => (a > b ? a : b));
      risks.push({
        code: 'protected-task',
        service: service.name,
        tasks: guarded.length,
        until,
        on: hostsOf(guarded),
      });
    }
  }
  const standalone = tasks.filter(({ service }) => service === null);
  for (const [group, own] of grouped(standalone, (task) => task.group)) {
    risks.push({
      code: 'standalone-task',
      group: cutText(group, longestName),
      tasks: own.length,
      on: hostsOf(own),
    });
  }
  for (const { task, drained } of withoutRoom({ ...around, windows: windowsOf(around) })) {
    const { service, cpu, memoryMiB, ports } = task;
    const on = cutHosts(drained.map((arn) => ids.get(arn) ?? arn));
    if (service !== null) risks.push({ code: 'no-room', service, cpu, memoryMiB, ports: [...ports], on });
  }
  const unjudged = [...services.values()].filter(({ isUnread }) => isUnread).length;
  return { ...cutRisks(risks), unjudged };
}

function stuck(service: ServiceFacts, on: Hosts): Risk {
  const { name, desiredCount, minimumHealthyPercent, maximumPercent } = service;
  return { code: 'cannot-move', service: name, desiredCount, minimumHealthyPercent, maximumPercent, on };
}

/** Risks of a service whose tasks on these hosts move. */
function movingRisks(
  around: Surroundings,
  service: ServiceFacts,
  own: readonly TaskFacts[],
  on: Hosts,
): Risk[] {
  const { name, desiredCount, minimumHealthyPercent, isDeploying } = service;
  const deploying: Risk[] = isDeploying ? [{ code: 'deployment-in-progress', service: name, on }] : [];
  if (cannotMove(service)) return deploying;
  if (taskRange(service).fewest === 0 && goAtOnce(around, own) >= desiredCount) {
    return [{ code: 'outage', service: name, desiredCount, minimumHealthyPercent, on }, ...deploying];
  }
  return [...(desiredCount === 1 ? [{ code: 'single-task', service: name, on } as const] : []), ...deploying];
}

/** Most of these tasks that leave their hosts at the same time. */
function goAtOnce(around: Surroundings, own: readonly TaskFacts[]): number {
  const onHost = new Map<string, number>();
  for (const { on } of own) onHost.set(on, (onHost.get(on) ?? 0) + 1);
  const counts = [...onHost.values()].toSorted((a, b) => b - a);
  return counts.slice(0, around.atOnce).reduce((sum, count) => sum + count, 0);
}

/** Which hosts are out of service together: as many as may be, in the order of their turns. */
function windowsOf({ targets, atOnce }: Surroundings): string[][] {
  return batches(targets, atOnce);
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function cutHosts(ids: readonly string[]): Hosts {
  const more = ids.length - mostHosts;
  return { ec2InstanceIds: ids.slice(0, mostHosts), ...(more > 0 && { more }) };
}

/** What a risk is about. */
export const subjectOfRisk = (risk: Risk): string => ('service' in risk ? risk.service : risk.group);

function cutRisks(risks: readonly Risk[]): Omit<Risks, 'unjudged'> {
  const gravity = (risk: Risk): number => riskCodes.indexOf(risk.code);
  const inOrder = risks.toSorted(
    (a, b) => gravity(a) - gravity(b) || (subjectOfRisk(a) < subjectOfRisk(b) ? -1 : 1),
  );
  return { risks: inOrder.slice(0, mostRisks), more: Math.max(0, inOrder.length - mostRisks) };
}
