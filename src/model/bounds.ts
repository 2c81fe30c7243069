import type { TaskRef } from './instance.js';
import type { InstanceResult, Outcome } from './outcome.js';
import type { Reason } from './reason.js';

/** What a reason may hold: thousands of them stand in one report, and Temporal takes payloads of 2 MB. */
const mostEntries = 5;
const longestText = 500;

/** Cuts a text that came from outside. */
export const cutText = (text: string, length = longestText): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** The first of a list, and how many more there are, with those that were cut off before. */
function cutList<T>(list: readonly T[], before = 0): { kept: T[]; more?: number } {
  const more = before + Math.max(0, list.length - mostEntries);
  return { kept: list.slice(0, mostEntries), ...(more > 0 && { more }) };
}

/** Tasks for a reason or a verdict: the first few, and how many more there are. */
export function cutTasks(tasks: readonly TaskRef[], before = 0): { tasks: TaskRef[]; more?: number } {
  const { kept, ...more } = cutList(tasks, before);
  return { tasks: kept, ...more };
}

function cutServices(services: readonly string[], before = 0): { services: string[]; more?: number } {
  const { kept, ...more } = cutList(services, before);
  return { services: kept, ...more };
}

/** The same reason with its lists and texts cut. */
export function boundedReason(reason: Reason): Reason {
  if (reason.code === 'drain-limit') {
    const serviceEvents = reason.serviceEvents.slice(0, mostEntries).map((text) => cutText(text));
    return { ...reason, ...cutTasks(reason.tasks, reason.more), serviceEvents };
  }
  if ('tasks' in reason) return { ...reason, ...cutTasks(reason.tasks, reason.more) };
  if ('services' in reason) return { ...reason, ...cutServices(reason.services, reason.more) };
  if ('detail' in reason) return { ...reason, detail: cutText(reason.detail) };
  if ('seen' in reason) return { ...reason, seen: cutText(reason.seen) };
  return 'message' in reason ? { ...reason, message: cutText(reason.message) } : reason;
}

/** The same outcome with its reason cut. */
export function boundedOutcome(outcome: Outcome): Outcome {
  if (outcome.kind !== 'updated') return { ...outcome, reason: boundedReason(outcome.reason) };
  return outcome.warning ? { ...outcome, warning: boundedReason(outcome.warning) } : outcome;
}

/** The same result with its reason cut. */
export const boundedResult = (result: InstanceResult): InstanceResult =>
  result.kind === 'not-started'
    ? { ...result, reason: boundedReason(result.reason) }
    : { ...result, ...boundedOutcome(result) };

/** Longest line beside the name of a workflow or an activity, in characters: Temporal's UI shows it in lists. */
export const longestSummary = 120;
