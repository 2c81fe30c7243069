import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planReplicas, type WeighedTask } from '../../../../src/simulator/ecs/replica-plan.js';

const running: WeighedTask = {
  healthy: true,
  starting: false,
  stopping: false,
  leaving: false,
  protected: false,
};
const leaving: WeighedTask = { ...running, leaving: true };
const stopping: WeighedTask = { ...running, stopping: true };

const service = (desiredCount: number, minimumHealthyPercent: number, maximumPercent: number) => ({
  desiredCount,
  minimumHealthyPercent,
  maximumPercent,
});

describe('a draining instance', () => {
  it('has its task replaced before it stops, at min 100 and max 200', () => {
    expect(planReplicas(service(1, 100, 200), [leaving])).toEqual({ stop: [], start: 1 });
    expect(planReplicas(service(1, 100, 200), [leaving, running])).toEqual({ stop: [leaving], start: 0 });
  });

  it('waits until the replacement is healthy', () => {
    const young = { ...running, healthy: false };
    expect(planReplicas(service(1, 100, 200), [leaving, young])).toEqual({ stop: [], start: 0 });
  });

  it('has its task stopped before it is replaced, at min 50 and max 100', () => {
    expect(planReplicas(service(2, 50, 100), [leaving, running])).toEqual({ stop: [leaving], start: 0 });
    expect(planReplicas(service(2, 50, 100), [stopping, running])).toEqual({ stop: [], start: 0 });
    expect(planReplicas(service(2, 50, 100), [running])).toEqual({ stop: [], start: 1 });
  });

  it('never drains at min = max = 100', () => {
    expect(planReplicas(service(3, 100, 100), [leaving, running, running])).toEqual({ stop: [], start: 0 });
  });

  it('never drains where the percentages round to one task', () => {
    expect(planReplicas(service(1, 50, 150), [leaving])).toEqual({ stop: [], start: 0 });
  });

  it('loses its tasks that have not started at once', () => {
    const pending = { ...leaving, healthy: false, starting: true };
    expect(planReplicas(service(1, 100, 100), [pending]).stop).toEqual([pending]);
  });

  it('keeps protected tasks, without a second copy of them', () => {
    const kept = { ...leaving, protected: true };
    expect(planReplicas(service(1, 0, 200), [kept])).toEqual({ stop: [], start: 0 });
  });
});

it('scales in and out', () => {
  expect(planReplicas(service(1, 100, 200), [running, running, running]).stop).toHaveLength(2);
  expect(planReplicas(service(3, 100, 200), [running])).toEqual({ stop: [], start: 2 });
  expect(planReplicas(service(0, 100, 200), [running])).toEqual({ stop: [running], start: 0 });
});

it('never goes below the minimum by what it stops, nor above the maximum by what it starts', () => {
  const task = fc.record({
    healthy: fc.boolean(),
    starting: fc.boolean(),
    stopping: fc.boolean(),
    leaving: fc.boolean(),
    protected: fc.boolean(),
  });
  const anyTask = task.map((drawn) => ({ ...drawn, healthy: drawn.healthy && !drawn.starting }));
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 8 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 100, max: 250 }),
      fc.array(anyTask, { maxLength: 12 }),
      (desiredCount, min, max, tasks) => {
        const plan = planReplicas(service(desiredCount, min, max), tasks);
        const healthy = tasks.filter((drawn) => drawn.healthy && !drawn.stopping);
        const left = healthy.filter((drawn) => !plan.stop.includes(drawn)).length;
        const fewest = Math.min(healthy.length, Math.ceil((desiredCount * min) / 100));
        expect(left).toBeGreaterThanOrEqual(fewest);
        const most = Math.max(tasks.length, Math.floor((desiredCount * max) / 100));
        expect(tasks.length + plan.start).toBeLessThanOrEqual(most);
        expect(plan.stop.some((drawn) => drawn.protected || drawn.stopping)).toBe(false);
      },
    ),
  );
});
