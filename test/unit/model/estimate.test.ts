import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimate, type PastDurations } from '../../../src/model/estimate.js';
import { explainEstimate } from '../../../src/model/explain-estimate.js';

const minute = 60_000;
const oneAtATime = { outOfService: 0, allowed: 1 };

/** A rollout in which so many instances took so many minutes to drain and to reboot; the slowest twice as long. */
const rollout = (instances: number, drainMinutes: number, rebootMinutes: number): PastDurations => {
  const took = (minutes: number) => ({
    instances,
    totalMs: instances * minutes * minute,
    longestMs: 2 * minutes * minute,
  });
  return { phases: { draining: took(drainMinutes), rebooting: took(rebootMinutes) } };
};

const sentence = (...given: Parameters<typeof estimate>): string | null => {
  const made = estimate(...given);
  return made && explainEstimate(made);
};

describe('from past rollouts', () => {
  test('is what an instance took then, from the quickest rollout to the slowest', () => {
    expect(estimate(10, oneAtATime, [rollout(4, 3, 1), rollout(6, 5, 1)], null)).toEqual({
      updates: 10,
      atOnce: 1,
      instanceMs: { low: 4 * minute, high: 6 * minute },
      totalMs: { low: 40 * minute, high: 66 * minute },
      from: { kind: 'past', rollouts: 2, instances: 10 },
    });
    expect(sentence(10, oneAtATime, [rollout(4, 3, 1), rollout(6, 5, 1)], null)).toBe(
      'Estimate: 40m to 66m (1 at a time, 4m to 6m each; by the last 2 rollouts, in which 10 rebooted).',
    );
  });

  test('leaves out a rollout that rebooted nothing', () => {
    const idle: PastDurations = {
      phases: { draining: { instances: 3, totalMs: minute, longestMs: minute } },
    };
    expect(estimate(1, oneAtATime, [idle, rollout(2, 3, 1)], null)?.from).toEqual({
      kind: 'past',
      rollouts: 1,
      instances: 2,
    });
  });
});

test('takes as many at a time as may be out of service and are not', () => {
  const past = [rollout(4, 3, 1)];
  const atOnce = (outOfService: number, allowed: number) =>
    estimate(10, { outOfService, allowed }, past, null)?.atOnce;
  expect(atOnce(0, 5)).toBe(5);
  expect(atOnce(2, 5)).toBe(3);
  expect(atOnce(0, 50)).toBe(10);
  // Nothing is free now: by then others have brought theirs back.
  expect(atOnce(5, 5)).toBe(5);
  expect(atOnce(0, 0)).toBe(1);
});

test('says how many would be begun before nothing new may start', () => {
  const past = [rollout(4, 3, 1), rollout(6, 5, 1)];
  expect(estimate(10, oneAtATime, past, 30 * minute)?.begun).toEqual({ low: 5, high: 8 });
  expect(estimate(10, oneAtATime, past, 60 * minute)?.begun).toBeUndefined();
  expect(sentence(10, oneAtATime, past, 30 * minute)).toMatch(
    / Before nothing new may start, 5 to 8 of 10 would be begun\.$/,
  );
});

test('from typical figures says so', () => {
  expect(sentence(1, oneAtATime, [], null)).toMatch(
    /^Estimate: 3m to 16m \(1 at a time, 3m to 16m each; by typical figures, as no past rollout is known\)\.$/,
  );
  expect(sentence(1, oneAtATime, new Error('you may not list'), null)).toMatch(
    /by typical figures, as past rollouts could not be read: you may not list\)\.$/,
  );
});

test('is none where nothing would be updated', () => {
  expect(estimate(0, oneAtATime, [], null)).toBeNull();
});

test('is a range, and grows with the number of updates', () => {
  const counts = fc.integer({ min: 1, max: 5000 });
  const allowed = fc.integer({ min: 0, max: 500 });
  const past = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 100 }), fc.nat({ max: 30 }), fc.integer({ min: 1, max: 30 })),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(counts, allowed, past, (updates, may, rollouts) => {
      const capacity = { outOfService: 0, allowed: may };
      const before = rollouts.map((args) => rollout(...args));
      const made = estimate(updates, capacity, before, null);
      const more = estimate(updates + 1, capacity, before, null);
      if (!made || !more) throw new Error('nothing to update');
      expect(made.totalMs.low).toBeLessThanOrEqual(made.totalMs.high * (1 + 1e-9));
      expect(made.totalMs.low).toBeGreaterThanOrEqual(made.instanceMs.low);
      fc.pre(more.atOnce === made.atOnce);
      expect(more.totalMs.low).toBeGreaterThanOrEqual(made.totalMs.low);
      expect(more.totalMs.high).toBeGreaterThan(made.totalMs.high);
    }),
  );
});
