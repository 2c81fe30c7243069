import { expect, test } from 'vitest';
import { planMemo } from '../../../src/model/memo.js';

test('the memo of a plan says how many instances are updated to which version', () => {
  expect(planMemo(5, [{ to: '1.26.1' }, { to: '1.26.0' }, { to: '1.26.1' }])).toEqual({
    instances: 5,
    updates: 3,
    targets: { '1.26.1': 2, '1.26.0': 1 },
  });
});

test('the memo of a plan stays small whatever hosts offer', () => {
  const queue = Array.from({ length: 500 }, (_, n) => ({ to: `1.${n}.0` }));
  expect(Object.keys(planMemo(500, queue).targets)).toHaveLength(10);
});
