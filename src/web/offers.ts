import { readSchedulePause } from '../model/schedule-pause.js';
import type { SteeringName } from '../model/steering-messages.js';
import type { OfferedOrder } from './order-texts.js';
import type { ClusterView } from './view.js';

/** States that remember a failure: `clear` lets the next rollout try again. */
const clearable: ReadonlySet<string> = new Set([
  'failed',
  'rolled-back',
  'backing-off',
  'gave-up',
  'quarantined-version',
  'held',
]);

/** States in which an instance waits for its turn. */
const queued: ReadonlySet<string> = new Set(['queued', 'paused']);

/** Phases after which a skip comes too late. */
const notUpdating: ReadonlySet<string> = new Set(['starting', 'waiting', 'draining']);

const inFlight: ReadonlySet<string> = new Set([
  ...notUpdating,
  'updating',
  'rebooting',
  'verifying',
  'activating',
  'settling',
]);

/** Orders on a whole cluster that make sense now. A worker decides whether one can be carried out. */
export function clusterOffers(view: ClusterView): OfferedOrder[] {
  if (!takesOrders(view)) return [];
  const { rollout, paused, schedule, instances } = view;
  const isRunning = rollout?.running === true;
  const note = schedule?.paused ?? null;
  // A pause of somebody else is not for us to end, and ours can stand beside it.
  const isOurs = note !== null && readSchedulePause({ paused: true, note })?.ours !== null;
  // With --ignore-pause a rollout runs though the Schedule is paused: then both make sense.
  const canPause = isRunning ? paused === null : !isOurs;
  const canResume = isOurs || (isRunning && paused !== null);
  const versions = new Set(
    instances.filter(({ state }) => state === 'quarantined-version').map(({ target }) => target),
  );
  const mayHaveFailed = instances.length === 0 || instances.some(({ state }) => clearable.has(state));
  return [
    ...(canPause ? [{ order: 'pause' } as const] : []),
    ...(canResume ? [{ order: 'resume' } as const] : []),
    ...(isRunning ? [{ order: 'cancel' } as const] : []),
    ...[...versions].map((quarantine) => ({ order: 'clear', quarantine }) as const),
    ...(mayHaveFailed ? [{ order: 'clear', all: true } as const] : []),
  ];
}

/**
 * Orders on one instance that make sense now, whether the newest rollout knows it or not. Where nobody knows whether an order stands, that is
 * both giving it and taking it back: a worker looks, and refuses with the reason what makes no sense.
 */
export function instanceOffers(view: ClusterView, instance: string): OfferedOrder[] {
  const state = view.instances.find((one) => one.instance === instance)?.state ?? null;
  if (!takesOrders(view) || state === 'gone') return [];
  const isRunning = view.rollout?.running === true;
  const { pause, skip, hold } = view.marks.get(instance) ?? {};
  const isIn = (states: ReadonlySet<string>): boolean => state !== null && states.has(state);
  // A rollout takes no orders on what it does not know, but hold and clear; while it still asks the hosts, nobody knows what it will know.
  const hasTurnAhead = !isRunning || isIn(queued) || view.instances.length === 0;
  const canTakeBack = (stands: boolean | undefined): boolean => stands ?? hasTurnAhead;
  const makesSense: Record<SteeringName, boolean> = {
    pause: pause !== true && hasTurnAhead,
    resume: canTakeBack(pause),
    skip: skip !== true && (hasTurnAhead || isIn(notUpdating)),
    unskip: canTakeBack(skip),
    cancel: isRunning && isIn(inFlight),
    hold: hold !== true,
    unhold: hold !== false,
    clear: state === null || clearable.has(state),
  };
  return order.filter((one) => makesSense[one]).map((one) => ({ order: one, instance }));
}

/** In which they stand. */
const order = ['pause', 'resume', 'skip', 'unskip', 'cancel', 'hold', 'unhold', 'clear'] as const;

/** Between rollouts a worker finds the cluster by its Schedule. */
const takesOrders = ({ rollout, schedule }: Pick<ClusterView, 'rollout' | 'schedule'>): boolean =>
  rollout?.running === true || schedule !== null;
