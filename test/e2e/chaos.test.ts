import { expect, test } from 'vitest';
import { againCommand } from '../../chaos/evidence.js';
import { runMany } from '../../chaos/many.js';

test('ten rollouts under chaos, always the same ten draws, violate no invariant', async () => {
  const results = await runMany({
    seed: 1,
    runs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    parallel: 10,
    tell: () => {},
  });
  const violated = results
    .filter(({ violations }) => violations.length > 0)
    .map((result) => ({ violations: result.violations, again: againCommand(result) }));
  expect(violated).toEqual([]);
  expect(results).toHaveLength(10);
  const deeds = results.flatMap(({ fired }) => fired).filter(({ effect }) => effect !== 'in vain');
  expect(deeds.some(({ what }) => what === 'kill-worker')).toBe(true);
});
