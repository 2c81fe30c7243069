import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DefaultLogger } from '@temporalio/worker';
import { keepBeating } from '../../../activities/heartbeat.js';
import { type Look, poll } from '../../../activities/polling.js';
import { failureTypes } from '../../../src/model/failure-types.js';

const pace = { quickMs: 2000, slowMs: 10_000, readsApartMs: 10_000, capacityMs: 60_000, hostSecondMs: 1000 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const environment = (info: ConstructorParameters<typeof MockActivityEnvironment>[0] = {}) =>
  new MockActivityEnvironment(
    { heartbeatTimeoutMs: 30_000, ...info },
    { logger: new DefaultLogger('ERROR') },
  );

test('looks at once, and again at the pace that each look asks for', async () => {
  const looks: number[] = [];
  const began = Date.now();
  const answers: Look<string>[] = [
    { awaiting: 'a', again: 'quickly' },
    { awaiting: 'b', again: 'slowly' },
    { done: 'there' },
  ];
  const end = environment().run(() =>
    poll(pace, 'prod/i-1', () => {
      looks.push(Date.now() - began);
      return Promise.resolve(answers[looks.length - 1] ?? { done: 'late' });
    }),
  );
  await vi.runAllTimersAsync();
  expect(await end).toBe('there');
  expect(looks[0]).toBe(0);
  expect(looks[1]).toBeGreaterThanOrEqual(1800);
  expect(looks[1]).toBeLessThanOrEqual(2200);
  expect((looks[2] ?? 0) - (looks[1] ?? 0)).toBeGreaterThanOrEqual(9000);
});

test('hands its slot back after a minute, benignly, saying what is awaited', async () => {
  const began = Date.now();
  const end = environment()
    .run(() =>
      poll(pace, 'prod/i-1', () => Promise.resolve({ awaiting: '2 tasks left', again: 'soon' as const })),
    )
    .catch((err: unknown) => err);
  await vi.runAllTimersAsync();
  const failure = await end;
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({
    type: failureTypes.stillWaiting,
    category: 'BENIGN',
    nonRetryable: false,
    message: 'prod/i-1: 2 tasks left',
  });
  expect(failure).toHaveProperty('nextRetryDelay', expect.any(Number));
  expect(Date.now() - began).toBeLessThanOrEqual(60_000);
});

test('a cancel ends it at once and is passed on', async () => {
  const env = environment();
  const end = env
    .run(() => poll(pace, 'prod/i-1', () => Promise.resolve({ awaiting: 'x', again: 'slowly' as const })))
    .catch((err: unknown) => err);
  await vi.advanceTimersByTimeAsync(100);
  env.cancel();
  await vi.advanceTimersByTimeAsync(0);
  expect(await end).toBeInstanceOf(CancelledFailure);
});

test('heartbeats with what it waits for and what a later attempt needs, also while AWS does not answer', async () => {
  const env = environment({ heartbeatDetails: { before: true } });
  const beats: unknown[] = [];
  env.on('heartbeat', (details: unknown) => beats.push(details));
  const end = env.run(() =>
    keepBeating(() =>
      poll(
        pace,
        'prod/i-1',
        async (): Promise<Look<true>> => {
          if (beats.length > 6) return { done: true };
          await new Promise((resolve) => setTimeout(resolve, 3500));
          return { awaiting: 'x', again: 'quickly' };
        },
        () => ({ seen: 'away' }),
      ),
    ),
  );
  expect(beats, 'at once').toEqual([{ before: true }]);
  await vi.runAllTimersAsync();
  await end;
  expect(beats.slice(1, 4)).toEqual([{ before: true }, { before: true }, { before: true }]);
  expect(beats.slice(4)).toContainEqual({ seen: 'away', awaiting: 'x' });
  expect(beats.slice(4)).not.toContainEqual({ before: true });
});
