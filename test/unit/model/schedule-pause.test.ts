import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  explainSchedule,
  pauseNote,
  readSchedulePause,
  type SchedulePaused,
  type ScheduleResumed,
} from '../../../src/model/schedule-pause.js';

const since = '2026-01-05T03:00:00.000Z';
const ours = { by: 'kim', since, reason: 'change freeze' };
const ourNote = `ecs-updater: paused by kim since ${since}: change freeze`;
const running = { paused: false, note: 'whatever' };

describe('the note of a pause', () => {
  test.each([
    [ours, ourNote],
    [{ since }, `ecs-updater: paused since ${since}`],
    [{ since, by: 'kim' }, `ecs-updater: paused by kim since ${since}`],
    [{ since, reason: 'a: b' }, `ecs-updater: paused since ${since}: a: b`],
  ])('of %j says who, since when and why', (pause, note) => {
    expect(pauseNote(running, pause)).toBe(note);
    expect(readSchedulePause({ paused: true, note })).toEqual({ ours: pause, others: null });
  });

  test('keeps the note of whoever had paused the Schedule before', () => {
    const note = pauseNote({ paused: true, note: 'maintenance, ask bob' }, ours);
    expect(note).toBe(`maintenance, ask bob | ${ourNote}`);
    expect(readSchedulePause({ paused: true, note })).toEqual({ ours, others: 'maintenance, ask bob' });
  });

  test('tells that somebody had paused it who left no note', () => {
    const note = pauseNote({ paused: true, note: '' }, ours);
    expect(readSchedulePause({ paused: true, note })).toEqual({ ours, others: 'paused' });
  });

  test('replaces an earlier one of ours', () => {
    expect(pauseNote({ paused: true, note: pauseNote(running, { since, by: 'ann' }) }, ours)).toBe(ourNote);
    const theirs = pauseNote({ paused: true, note: 'bob' }, { since, by: 'ann' });
    expect(pauseNote({ paused: true, note: theirs }, ours)).toBe(`bob | ${ourNote}`);
  });

  test('is read again, whatever people say', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(text, (reason) => {
        const pause = { ...ours, reason };
        expect(readSchedulePause({ paused: true, note: pauseNote(running, pause) })).toEqual({
          ours: pause,
          others: null,
        });
      }),
    );
  });
});

test('nobody has paused a Schedule that is not paused, whatever its note says', () => {
  expect(readSchedulePause({ paused: false, note: ourNote })).toBeNull();
});

test.each<[SchedulePaused | ScheduleResumed, string]>([
  [{ kind: 'paused' }, 'Its Schedule is paused, too.'],
  [{ kind: 'resumed' }, 'Its Schedule goes on, too.'],
  [
    { kind: 'paused-by-others', note: 'bob' },
    'Its Schedule had been paused by somebody else (note: bob); it stays so until they end that.',
  ],
  [
    { kind: 'left-paused', note: '', wasOurs: true },
    'Its Schedule stays paused: somebody else did that (without a note).',
  ],
  [{ kind: 'not-paused' }, ''],
  [{ kind: 'no-schedule' }, ''],
])('%j is said as %j', (found, sentence) => {
  expect(explainSchedule(found)).toBe(sentence);
});
