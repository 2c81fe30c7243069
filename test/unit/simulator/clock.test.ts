import { describe, expect, it } from 'vitest';
import { createClock, createManualClock } from '../../../src/simulator/clock.js';

describe('manual clock', () => {
  it('runs events in virtual order, each at its own instant', async () => {
    const clock = createManualClock({ startAt: 1000 });
    const seen: [string, number][] = [];
    const note = (name: string) => () => seen.push([name, clock.now()]);
    clock.after(30, note('c'));
    clock.after(10, () => {
      note('a')();
      clock.after(5, note('b'));
    });
    clock.after(30, note('d'));
    clock.after(20, note('cancelled')).cancel();
    await clock.advance(40);
    expect(seen).toEqual([
      ['a', 1010],
      ['b', 1015],
      ['c', 1030],
      ['d', 1030],
    ]);
    expect(clock.now()).toBe(1040);
  });

  it('lets what slept go on before the next event', async () => {
    const clock = createManualClock({ startAt: 0 });
    const seen: [string, number][] = [];
    const sleeper = async (): Promise<void> => {
      await clock.sleep(10);
      seen.push(['slept', clock.now()]);
      await clock.sleep(10);
      seen.push(['slept again', clock.now()]);
    };
    const done = sleeper();
    clock.after(15, () => seen.push(['timer', clock.now()]));
    await clock.advance(100);
    await done;
    expect(seen).toEqual([
      ['slept', 10],
      ['timer', 15],
      ['slept again', 20],
    ]);
  });

  it('moves on until something holds, and says when it never will', async () => {
    const clock = createManualClock({ startAt: 0 });
    let ready = false;
    clock.after(5000, () => {
      ready = true;
    });
    await clock.advanceUntil(() => ready);
    expect(clock.now()).toBe(5000);
    await expect(clock.advanceUntil(() => false, 1000)).rejects.toThrow('not reached');
  });
});

describe('running clock', () => {
  it('keeps virtual order at high speed', async () => {
    const clock = createClock({ speed: 5000, startAt: 0 });
    const seen: number[] = [];
    const instants: number[] = [];
    const delays = [400, 3, 250, 90, 91, 92, 7];
    await new Promise<void>((resolve) => {
      const setAll = (): void => {
        for (const delay of delays) {
          clock.after(delay, () => {
            seen.push(delay);
            instants.push(clock.now());
            if (seen.length === delays.length) resolve();
          });
        }
      };
      clock.after(0, setAll);
    });
    expect(seen).toEqual(delays.toSorted((a, b) => a - b));
    expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    clock.stop();
  });
});
