import { Context } from '@temporalio/activity';
import { type ScheduleDescription, type ScheduleHandle, ScheduleNotFoundError } from '@temporalio/client';
import { scheduleId } from '../src/model/names.js';
import { pauseNote, readSchedulePause, type ScheduleState } from '../src/model/schedule-pause.js';
import { isRolloutInput } from '../src/model/steering.js';
import type { Activities } from './types.js';

type Input<Name extends keyof Activities> = Parameters<Activities[Name]>[0];

/** What the Schedule of a cluster says of it. */
export async function readSchedule({
  cluster: name,
}: Input<'readSchedule'>): ReturnType<Activities['readSchedule']> {
  const action = (await find(name))?.description.action;
  const input: unknown = action?.type === 'startWorkflow' ? action.args?.[0] : undefined;
  if (!isRolloutInput(input)) return null;
  const { cluster, settings, searchAttributes } = input;
  return {
    cluster,
    installation: settings.installation,
    ...(searchAttributes && { searchAttributes }),
  };
}

/** Pauses the Schedule of a cluster, with a note of ours. One that somebody else has paused keeps their note, before ours. */
export async function pauseSchedule({
  cluster,
  pause,
}: Input<'pauseSchedule'>): ReturnType<Activities['pauseSchedule']> {
  const schedule = await find(cluster);
  if (!schedule) return { kind: 'no-schedule' };
  const state = stateOf(schedule.description);
  await changeTo(schedule.handle, { paused: true, note: pauseNote(state, pause) });
  const others = readSchedulePause(state)?.others ?? null;
  return others === null ? { kind: 'paused' } : { kind: 'paused-by-others', note: others };
}

/** Ends our pause of a Schedule. What somebody else has paused stays so, with their note alone. */
export async function resumeSchedule({
  cluster,
  by,
  reason,
}: Input<'resumeSchedule'>): ReturnType<Activities['resumeSchedule']> {
  const schedule = await find(cluster);
  if (!schedule) return { kind: 'no-schedule' };
  const { handle, description } = schedule;
  const pause = readSchedulePause(stateOf(description));
  if (!pause) return { kind: 'not-paused' };
  const wasOurs = pause.ours !== null;
  if (pause.others !== null) {
    if (wasOurs) await changeTo(handle, { paused: true, note: pause.others });
    return { kind: 'left-paused', note: pause.others, wasOurs };
  }
  const note = `ecs-updater: resumed${by ? ` by ${by}` : ''}${reason ? `: ${reason}` : ''}`;
  await changeTo(handle, { paused: false, note });
  return { kind: 'resumed' };
}

interface Found {
  handle: ScheduleHandle;
  description: ScheduleDescription;
}

async function find(cluster: string): Promise<Found | null> {
  const handle = Context.current().client.schedule.getHandle(scheduleId(cluster));
  try {
    return { handle, description: await handle.describe() };
  } catch (err) {
    if (err instanceof ScheduleNotFoundError) return null;
    throw err;
  }
}

const stateOf = ({ state: { paused, note = '' } }: ScheduleDescription): ScheduleState => ({ paused, note });

/** Temporal takes a change before its Schedule shows it: so long, in ms, it is waited for, or the next order might not see it. */
const shownWithinMs = 5000;

async function changeTo(handle: ScheduleHandle, { paused, note }: ScheduleState): Promise<void> {
  if (paused) await handle.pause(note);
  else await handle.unpause(note);
  const deadline = Date.now() + shownWithinMs;
  while (Date.now() < deadline) {
    const now = stateOf(await handle.describe());
    if (now.paused === paused && now.note === note) return;
    await Context.current().sleep(100);
  }
}
