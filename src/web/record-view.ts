import { explainStop } from '../model/explain.js';
import type { InstanceRecord, RolloutRecord } from '../model/rollout-record.js';
import type { SteeringRecord } from '../model/steering-record.js';
import { barOf } from './bars.js';
import { marksAfter, marksLeftBy } from './marks.js';
import type { ClusterView, InstanceView, RolloutFacts, ScheduleFacts } from './view.js';

/** What was ordered since the newest rollout ended. */
export interface Since {
  /** Null: nobody knows. */
  orders: readonly SteeringRecord[] | null;
  /** Why. */
  gaps: readonly string[];
}

/** A cluster whose rollout is over, or cannot be asked: what its history tells, and what was ordered since. */
export function recordView(
  name: string,
  record: RolloutRecord,
  rollout: RolloutFacts,
  schedule: ScheduleFacts | null,
  since: Since,
): ClusterView {
  const instances = record.instances.map(instanceOf);
  const left = marksLeftBy(instances, record.steering, record.state === 'completed');
  return {
    name,
    rollout,
    schedule,
    headline: headline(name, record),
    gaps: [...record.gaps, ...since.gaps],
    progress: null,
    progressWords: '',
    paused: null,
    instances,
    marks: since.orders ? marksAfter(left, since.orders) : new Map(),
    orders: [...record.steering, ...(since.orders ?? [])],
    bars: record.instances.flatMap(({ spans }, i) => {
      const one = instances[i];
      return one ? barOf(one, spans) : [];
    }),
  };
}

/** A cluster of which no rollout is known. */
export const withoutRollout = (
  name: string,
  schedule: ScheduleFacts | null,
  { orders, gaps }: Since,
): ClusterView => ({
  name,
  schedule,
  rollout: null,
  headline: `There has been no rollout of ${name}.`,
  gaps,
  progress: null,
  progressWords: '',
  paused: null,
  instances: [],
  marks: marksAfter(new Map(), orders ?? []),
  orders: [...(orders ?? [])],
  bars: [],
});

function instanceOf({
  ec2InstanceId,
  zone,
  state,
  standing,
  from,
  runs,
  to,
  reason,
  spans,
}: InstanceRecord): InstanceView {
  return {
    instance: ec2InstanceId,
    zone: zone ?? '',
    state,
    standing,
    version: runs ?? from ?? '',
    target: to ?? '',
    since: spans.at(-1)?.to ?? '',
    attempts: 0,
    reason,
  };
}

function headline(name: string, { startedAt, state, counts, stopped, brokeOff }: RolloutRecord): string {
  const words = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
  const how = state === 'running' ? 'runs' : state === 'completed' ? 'ended' : 'broke off';
  const halted = stopped ? `; started nothing new: ${explainStop(stopped)}` : '';
  const broke = brokeOff === null ? '' : `. ${brokeOff}`;
  return `${name}: rollout of ${startedAt} ${how}: ${words || 'no instances'}${halted}${broke}`;
}
