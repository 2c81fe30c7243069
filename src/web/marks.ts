import type { MarkingOrder } from '../model/standing-orders.js';
import type { ClusterStatus } from '../model/steering.js';
import type { SteeringName } from '../model/steering-messages.js';
import type { SteeringRecord } from '../model/steering-record.js';
import type { InstanceView } from './view.js';

/** Whether each order that outlasts its rollout stands on an instance; of one that is absent nobody knows. */
export type Marks = Readonly<Partial<Record<MarkingOrder, boolean>>>;

/** By instance; of one that is absent nothing is known. */
export type MarksByInstance = ReadonlyMap<string, Marks>;

type Shown = Pick<InstanceView, 'instance' | 'state' | 'standing'>;

const changes: Partial<Record<SteeringName, Marks>> = {
  pause: { pause: true },
  resume: { pause: false },
  skip: { skip: true },
  unskip: { skip: false },
  hold: { hold: true },
  unhold: { hold: false },
};

/** What stands once these were ordered, too. */
export function marksAfter(marks: MarksByInstance, orders: readonly SteeringRecord[]): MarksByInstance {
  const after = new Map(marks);
  for (const { what, instance } of orders) {
    const change = changes[what];
    if (instance !== undefined && change) after.set(instance, { ...after.get(instance), ...change });
  }
  return after;
}

/** What stands in a rollout that runs. */
export function marksWhileRunning(
  instances: readonly Shown[],
  { queued, steering }: Pick<ClusterStatus, 'queued' | 'steering'>,
): MarksByInstance {
  const seen = marksInRollout(instances, steering);
  for (const { ec2InstanceId, paused, skipped } of queued)
    seen.set(ec2InstanceId, {
      ...seen.get(ec2InstanceId),
      pause: paused !== null,
      skip: skipped !== null,
    });
  return seen;
}

/**
 * What a rollout left standing. One that is not `complete`, as it broke off or nobody answers for it, may not have seen everything, and leaves
 * skips that it has heeded.
 */
export function marksLeftBy(
  instances: readonly Shown[],
  steering: readonly SteeringRecord[],
  complete: boolean,
): MarksByInstance {
  if (complete) return marksInRollout(instances, steering);
  const held = instances.filter(isHeldByOrder).map(({ instance }) => [instance, { hold: true }] as const);
  return marksAfter(new Map(held), steering.filter(outlasts));
}

/** A rollout has on record every pause that it found on an instance, and leaves out whoever is held. */
function marksInRollout(
  instances: readonly Shown[],
  steering: readonly SteeringRecord[],
): Map<string, Marks> {
  const seen = instances.map(
    (one) => [one.instance, { pause: false, skip: false, hold: isHeldByOrder(one) }] as const,
  );
  return new Map(marksAfter(new Map(seen), steering.filter(outlasts)));
}

/** A skip is for one rollout. */
const outlasts = ({ what }: SteeringRecord): boolean => what !== 'skip' && what !== 'unskip';

/** One that is held out of service after its reboot is not well: that ends by `clear`. */
const isHeldByOrder = ({ state, standing }: Shown): boolean => state === 'held' && standing === 'left-alone';
