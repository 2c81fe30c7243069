import { cutText } from './bounds.js';
import type { Steering } from './reason.js';

/**
 * Everything that an operator can order, of a cluster or of one of its instances. They are the names of the signals, of the workflow updates
 * of the same name, and of the commands.
 */
export const steeringNames = [
  'pause',
  'resume',
  'skip',
  'unskip',
  'hold',
  'unhold',
  'cancel',
  'clear',
] as const;

export type SteeringName = (typeof steeringNames)[number];

/** What is ordered beside the name. */
export interface SteeringPayload extends Steering {
  /** Absent: the whole cluster. */
  instance?: string;
  /** Of `clear`: the version whose quarantine is lifted. */
  quarantine?: string;
  /** Of `clear`: whatever there is to clear in the cluster. */
  all?: true;
}

/** What a message may carry: an object, or a bare string (instance id for a cluster, reason for an instance), or nothing. */
export type SteeringInput = SteeringPayload | string | null | undefined;

/** Reads a message sent to a cluster's workflow; null: it is not of the form. */
export const clusterSteering = (input: unknown): SteeringPayload | null =>
  typeof input === 'string' ? read({ instance: input }) : read(input ?? {});

/** Reads a message sent to an instance's workflow; null: it is not of the form. */
export const instanceSteering = (input: unknown): Steering | null =>
  typeof input === 'string' ? read({ reason: input }, ['reason', 'by']) : read(input ?? {}, ['reason', 'by']);

/** What `steerCluster` is given: short, as it may be typed by hand. */
export interface SteerInput extends SteeringPayload {
  /** Name of the cluster, as its Schedule has it. */
  cluster: string;
  order: SteeringName;
}

/** Reads what `steerCluster` was given; null: it is not of the form. */
export function steerInput(input: unknown): SteerInput | null {
  if (typeof input !== 'object' || input === null) return null;
  const { cluster, order, ...rest }: { cluster?: unknown; order?: unknown } = input;
  const name = steeringNames.find((one) => one === order);
  const payload = read(rest);
  return typeof cluster === 'string' && cluster && name && payload
    ? { cluster, order: name, ...payload }
    : null;
}

type TextField = 'instance' | 'quarantine' | 'reason' | 'by';
const texts: readonly TextField[] = ['instance', 'quarantine', 'reason', 'by'];

/** Whoever misspells `instance` must not steer the whole cluster: an unknown field is none of the form. */
function read(input: unknown, known: readonly TextField[] = texts): SteeringPayload | null {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return null;
  const payload: SteeringPayload = {};
  for (const [field, value] of Object.entries(input)) {
    if (value === null || value === undefined) continue;
    const text = known.find((name) => name === field);
    if (text && typeof value === 'string') {
      if (value) payload[text] = cutText(value, longestSaid);
    } else if (field === 'all' && known === texts && typeof value === 'boolean') {
      if (value) payload.all = true;
    } else return null;
  }
  return payload;
}

/** Longer texts of operators are cut: they stand in reports and are carried from run to run. */
const longestSaid = 256;

/** Why an order makes no sense, whatever it meets; null: it does. */
export function misuse(name: SteeringName, { instance, quarantine, all }: SteeringPayload): string | null {
  if (name === 'clear') {
    const meant = [instance, quarantine, all].filter((one) => one !== undefined);
    return meant.length === 1 ? null : 'clear needs one of instance, quarantine (a version) and all.';
  }
  if (quarantine !== undefined || all) return `quarantine and all go with clear, not with ${name}.`;
  return instance === undefined ? forOneInstance[name] : null;
}

/** Null: it can be ordered of a whole cluster, too. */
const forOneInstance: Record<Exclude<SteeringName, 'clear'>, string | null> = {
  pause: null,
  resume: null,
  cancel: null,
  skip: 'skip is for one instance: name it. To keep rollouts off the whole cluster, pause it.',
  unskip: 'unskip is for one instance: name it.',
  hold: 'hold is for one instance: name it. To keep rollouts off the whole cluster, pause it.',
  unhold: 'unhold is for one instance: name it. To end a pause of the cluster, resume it.',
};

/** An order in a few words: `skip i-0abc by kim: batch job runs`. */
export function orderText(name: SteeringName, { instance, quarantine, by, reason }: SteeringPayload): string {
  const what = [name, instance ?? quarantine].filter(Boolean).join(' ');
  return `${what}${by ? ` by ${by}` : ''}${reason ? `: ${reason}` : ''}`;
}
