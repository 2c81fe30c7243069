import type { EcsInstance, EcsTask } from './model.js';
import type { Query } from './query-language.js';
import { toQuerySubject } from './query-subject.js';

/** What a task asks of an instance. */
export interface Requirement {
  cpu: number;
  memory: number;
  hostPort?: number;
  /** memberOf constraints. */
  queries: readonly Query[];
  /** Not on an instance where this holds, for distinctInstance and DAEMON. */
  excludes?: (instance: EcsInstance) => boolean;
  /** Tasks of the same service or group, spread over zones, then instances. */
  isPeer: (task: EcsTask) => boolean;
}

/** Why an instance cannot take a task, in the order in which ECS looks; the codes are those of RunTask's failures (API failure reasons). */
export type Misfit =
  | 'AGENT'
  | 'ATTRIBUTE'
  | 'MemberOf placement constraint unsatisfied.'
  | 'DistinctInstance placement constraint unsatisfied.'
  | 'RESOURCE:PORTS'
  | 'RESOURCE:MEMORY'
  | 'RESOURCE:CPU';

const closeness: Record<Misfit, number> = {
  AGENT: 0,
  ATTRIBUTE: 1,
  'MemberOf placement constraint unsatisfied.': 1,
  'DistinctInstance placement constraint unsatisfied.': 2,
  'RESOURCE:PORTS': 3,
  'RESOURCE:MEMORY': 4,
  'RESOURCE:CPU': 5,
};

export type Placement =
  | { kind: 'placed'; instance: EcsInstance }
  | { kind: 'no-instances' }
  | { kind: 'refused'; misfits: { instance: EcsInstance; misfit: Misfit }[] };

/** Why this instance cannot take the task; undefined if it can. Only ACTIVE instances are asked. */
export function misfitOf(instance: EcsInstance, requirement: Requirement): Misfit | undefined {
  if (!instance.agentConnected) return 'AGENT';
  if (requirement.queries.length > 0) {
    const subject = toQuerySubject(instance);
    if (!requirement.queries.every((query) => query(subject)))
      return 'MemberOf placement constraint unsatisfied.';
  }
  if (requirement.excludes?.(instance)) return 'DistinctInstance placement constraint unsatisfied.';
  if (requirement.hostPort !== undefined && instance.usedPorts.has(requirement.hostPort))
    return 'RESOURCE:PORTS';
  if (requirement.memory > instance.memory - instance.used.memory) return 'RESOURCE:MEMORY';
  if (requirement.cpu > instance.cpu - instance.used.cpu) return 'RESOURCE:CPU';
  return undefined;
}

/** Picks an instance for a task: ACTIVE, connected, with room; fewest peers in its zone, then on it, then least used. */
export function place(instances: Iterable<EcsInstance>, requirement: Requirement): Placement {
  const fitting: EcsInstance[] = [];
  const misfits: { instance: EcsInstance; misfit: Misfit }[] = [];
  const peersOfZone = new Map<string, number>();
  const peersOf = new Map<EcsInstance, number>();
  for (const instance of instances) {
    if (instance.status === 'INACTIVE') continue;
    const peers = countPeers(instance, requirement);
    const zone = instance.availabilityZone ?? '';
    peersOf.set(instance, peers);
    peersOfZone.set(zone, (peersOfZone.get(zone) ?? 0) + peers);
    if (instance.status !== 'ACTIVE') continue;
    const misfit = misfitOf(instance, requirement);
    if (misfit) misfits.push({ instance, misfit });
    else fitting.push(instance);
  }
  const rank = (instance: EcsInstance): [number, number, number] => [
    peersOfZone.get(instance.availabilityZone ?? '') ?? 0,
    peersOf.get(instance) ?? 0,
    instance.used.cpu + instance.used.memory,
  ];
  const best = leastBy(fitting, rank);
  if (best) return { kind: 'placed', instance: best };
  return misfits.length === 0 ? { kind: 'no-instances' } : { kind: 'refused', misfits };
}

function countPeers(instance: EcsInstance, requirement: Requirement): number {
  let peers = 0;
  for (const task of instance.tasks) {
    if (task.desiredStatus === 'RUNNING' && requirement.isPeer(task)) peers++;
  }
  return peers;
}

function leastBy<T>(items: readonly T[], rank: (item: T) => readonly number[]): T | undefined {
  let best: { item: T; rank: readonly number[] } | undefined;
  for (const item of items) {
    const itemRank = rank(item);
    if (!best || isLess(itemRank, best.rank)) best = { item, rank: itemRank };
  }
  return best?.item;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0;
    if (value !== other) return value < other;
  }
  return false;
}

/** What keeps a task of a service from being placed, as its event tells it; null where every instance excludes it by design. */
export function explainRefusal(placement: Exclude<Placement, { kind: 'placed' }>): string {
  if (placement.kind === 'no-instances') return 'Reason: No Container Instances were found in your cluster.';
  const closest = placement.misfits.reduce((best, next) =>
    closeness[next.misfit] > closeness[best.misfit] ? next : best,
  );
  return `The closest matching (container-instance ${closest.instance.id}) ${misfitTexts[closest.misfit]}.`;
}

const misfitTexts: Record<Misfit, string> = {
  AGENT: 'encountered error "AGENT"',
  ATTRIBUTE: 'is missing an attribute required by your task',
  'MemberOf placement constraint unsatisfied.':
    'encountered error "MemberOf placement constraint unsatisfied."',
  'DistinctInstance placement constraint unsatisfied.':
    'encountered error "DistinctInstance placement constraint unsatisfied."',
  'RESOURCE:PORTS': 'is already using a port required by your task',
  'RESOURCE:MEMORY': 'has insufficient memory available',
  'RESOURCE:CPU': 'has insufficient CPU units available',
};
