import { explainStop } from '../model/explain.js';
import type { InstanceRecord, RolloutRecord } from '../model/rollout-record.js';
import { barOf } from './bars.js';
import type { ClusterView, InstanceView, RolloutFacts, ScheduleFacts } from './view.js';

/** A cluster whose rollout is over, or cannot be asked: what its history tells. */
export function recordView(
  name: string,
  record: RolloutRecord,
  rollout: RolloutFacts,
  schedule: ScheduleFacts | null,
): ClusterView {
  const instances = record.instances.map(instanceOf);
  return {
    name,
    rollout,
    schedule,
    headline: headline(name, record),
    gaps: record.gaps,
    progress: null,
    progressWords: '',
    paused: null,
    instances,
    pausedInstances: [],
    skippedInstances: [],
    orders: record.steering,
    bars: record.instances.flatMap(({ spans }, i) => {
      const one = instances[i];
      return one ? barOf(one, spans) : [];
    }),
  };
}

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
