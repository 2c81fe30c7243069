import { expect, test } from 'vitest';
import { Live } from '../../../src/web/live.js';
import { eventually } from '../../support/eventually.js';

const pace = { everyMs: 1, slowestFactor: 4 };
const sentenceOf = (err: unknown): string => String(err);

/** Something to look at; each look waits until the test lets it go on. */
function looked(options = pace) {
  const seen = { looks: 0, atOnce: 0, mostAtOnce: 0, fails: false };
  const live = new Live(
    async () => {
      seen.looks += 1;
      seen.atOnce += 1;
      seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      seen.atOnce -= 1;
      if (seen.fails) throw new Error('away');
      return seen.looks;
    },
    sentenceOf,
    options,
  );
  return { live, seen };
}

test('looks once for all who watch, and not at all when nobody does', async () => {
  const { live, seen } = looked();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen.looks).toBe(0);

  const told = [0, 0, 0];
  const leave = told.map((_, i) => live.watch(() => (told[i] = (told[i] ?? 0) + 1)));
  await eventually('all were told of ten looks', () => told.every((count) => count >= 10));
  expect(seen.mostAtOnce).toBe(1);
  expect(Math.max(...told) - Math.min(...told)).toBeLessThanOrEqual(1);

  for (const one of leave) one();
  await eventually('the look in hand is over', () => seen.atOnce === 0);
  const { looks } = seen;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen.looks).toBe(looks);
});

test('looks once, too, for one who comes as the last one leaves', async () => {
  const { live, seen } = looked();
  for (let i = 0; i < 20; i++) {
    live.watch(() => {})();
    const leave = live.watch(() => {});
    await live.fresh();
    leave();
  }
  const leave = live.watch(() => {});
  await eventually('it was looked at', () => seen.looks > 50);
  leave();
  expect(seen.mostAtOnce).toBe(1);
});

test('keeps what was seen last while looks fail, says since when and why, and goes on by itself', async () => {
  const { live, seen } = looked();
  const leave = live.watch(() => {});
  await eventually('it was seen', () => live.sight.value !== null);
  seen.fails = true;
  await eventually('it is in trouble', () => live.sight.trouble !== null);
  const { trouble, value, seenAt } = live.sight;
  expect(trouble).toEqual({ since: expect.stringMatching(/Z$/), sentence: 'Error: away' });
  const { looks } = seen;
  await eventually('it was looked at again', () => seen.looks > looks + 3);
  expect(live.sight).toEqual({ trouble, value, seenAt });

  seen.fails = false;
  await eventually('the trouble is over', () => live.sight.trouble === null);
  expect(live.sight.value).toBeGreaterThan(looks);
  leave();
});

test('looks at once when it is told that something changed', async () => {
  const { live, seen } = looked({ everyMs: 3_600_000, slowestFactor: 1 });
  const leave = live.watch(() => {});
  await eventually('it was seen', () => live.sight.value !== null);
  live.hurry();
  await eventually('it was looked at again', () => live.sight.value === 2);
  expect(seen.looks).toBe(2);
  leave();
});

test('gives what is being watched as it was seen, and looks anew at what nobody watches', async () => {
  const { live, seen } = looked({ everyMs: 3_600_000, slowestFactor: 1 });
  expect(await live.current()).toMatchObject({ value: 1 });
  expect(await live.current()).toMatchObject({ value: 2 });
  const leave = live.watch(() => {});
  await eventually('it was seen', () => live.sight.value === 3);
  expect(await live.current()).toMatchObject({ value: 3 });
  expect(seen.looks).toBe(3);
  leave();
});
