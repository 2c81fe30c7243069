import type { OfferedOrder } from './order-texts.js';
import type { ClusterView, InstanceView } from './view.js';

/** States that remember a failure: `clear` lets the next rollout try again. */
const clearable: ReadonlySet<string> = new Set([
  'failed',
  'rolled-back',
  'backing-off',
  'gave-up',
  'quarantined-version',
  'held',
]);

/** Phases before which an instance can be paused. */
const notBegun: ReadonlySet<string> = new Set(['queued', 'paused', 'starting', 'waiting', 'not-started']);

const inFlight: ReadonlySet<string> = new Set([
  'starting',
  'waiting',
  'draining',
  'updating',
  'rebooting',
  'verifying',
  'activating',
  'settling',
]);

/** Orders on a whole cluster that make sense now. A worker decides whether one can be carried out. */
export function clusterOffers({ rollout, paused, schedule, instances }: ClusterView): OfferedOrder[] {
  const isPaused = paused !== null || (schedule !== null && schedule.paused !== null);
  const versions = new Set(
    instances.filter(({ state }) => state === 'quarantined-version').map(({ target }) => target),
  );
  return [
    { order: isPaused ? 'resume' : 'pause' },
    ...(rollout?.running ? [{ order: 'cancel' } as const] : []),
    ...[...versions].map((quarantine) => ({ order: 'clear', quarantine }) as const),
    ...(instances.some(({ state }) => clearable.has(state)) ? [{ order: 'clear', all: true } as const] : []),
  ];
}

/** Orders on one instance that make sense now. */
export function instanceOffers(
  { rollout, pausedInstances, skippedInstances }: ClusterView,
  { instance, state }: InstanceView,
): OfferedOrder[] {
  const isRunning = rollout?.running === true;
  const isSkipped = skippedInstances.includes(instance);
  const orders: OfferedOrder['order'][] = [
    ...(pausedInstances.includes(instance) ? (['resume'] as const) : []),
    ...(isRunning && notBegun.has(state) && !pausedInstances.includes(instance) ? (['pause'] as const) : []),
    ...(isSkipped ? (['unskip'] as const) : []),
    ...(isRunning && !isSkipped && (notBegun.has(state) || state === 'draining') ? (['skip'] as const) : []),
    ...(isRunning && inFlight.has(state) ? (['cancel'] as const) : []),
    ...(state === 'held' ? (['unhold'] as const) : (['hold'] as const)),
    // The table is of the last rollout: since then it may have been held.
    ...(state !== 'held' && !isRunning ? (['unhold'] as const) : []),
    ...(clearable.has(state) ? (['clear'] as const) : []),
  ];
  return orders.map((order) => ({ order, instance }));
}
