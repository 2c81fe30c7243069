import { explainPause } from './explain.js';
import type { Paused } from './reason.js';

/** Whether a Schedule is paused, and what its note says. */
export interface ScheduleState {
  paused: boolean;
  note: string;
}

/** Who has paused a Schedule: we, by an operator's order, or somebody else, who may say why; or both. */
export interface SchedulePause {
  ours: Paused | null;
  /** Somebody else's note, which may be empty. */
  others: string | null;
}

const oursPattern =
  /^(?:(?<others>.*?) \| )?ecs-updater: paused(?: by (?<by>.+?))? since (?<since>\d{4}-\d\d-\d\dT[\d:.]+Z)(?:: (?<reason>.*))?$/s;

/** Reads who has paused a Schedule; null: nobody. */
export function readSchedulePause({ paused, note }: ScheduleState): SchedulePause | null {
  if (!paused) return null;
  const { others, by, since, reason } = oursPattern.exec(note)?.groups ?? {};
  if (since === undefined) return { ours: null, others: note };
  return { ours: { since, ...(by && { by }), ...(reason && { reason }) }, others: others ?? null };
}

/** The note of a Schedule that we pause. Where somebody else had paused it, their note stays before ours. */
export function pauseNote(state: ScheduleState, pause: Paused): string {
  const ours = `ecs-updater: ${explainPause(pause)}`;
  const others = readSchedulePause(state)?.others ?? null;
  // An empty note cannot be written again.
  return others === null ? ours : `${others || 'paused'} | ${ours}`;
}

/** What pausing a Schedule found. */
export type SchedulePaused =
  | { kind: 'paused' }
  /** Somebody else had paused it before, with this note. */
  | { kind: 'paused-by-others'; note: string }
  | { kind: 'no-schedule' };

/** What resuming a Schedule found. */
export type ScheduleResumed =
  | { kind: 'resumed' }
  /** Somebody else has paused it, too, with this note: that is not for us to end. */
  | { kind: 'left-paused'; note: string; wasOurs: boolean }
  | { kind: 'not-paused' }
  | { kind: 'no-schedule' };

/** What follows for the Schedule, as a sentence; empty where there is nothing to say. */
export function explainSchedule(found: SchedulePaused | ScheduleResumed): string {
  switch (found.kind) {
    case 'paused':
      return 'Its Schedule is paused, too.';
    case 'resumed':
      return 'Its Schedule goes on, too.';
    case 'paused-by-others':
      return `Its Schedule had been paused by somebody else (${noteText(found.note)}); it stays so until they end that.`;
    case 'left-paused':
      return `Its Schedule stays paused: somebody else did that (${noteText(found.note)}).`;
    case 'not-paused':
    case 'no-schedule':
      return '';
  }
}

/** Who keeps the rollouts of a cluster from starting, as a clause. */
export const explainSchedulePause = (cluster: string, { ours, others }: SchedulePause): string =>
  ours
    ? `${cluster} is ${explainPause(ours)}`
    : `the Schedule of ${cluster} is paused by somebody else (${noteText(others ?? '')})`;

/** A note in brackets. */
export const noteText = (note: string): string => (note ? `note: ${note}` : 'without a note');
