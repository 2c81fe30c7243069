import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allowedFailures, allowedUnavailable, installationName } from '../../../src/model/settings.js';

describe('how many may be out of service', () => {
  test.each([
    [10, 25, 2],
    [10, 5, 1],
    [3, 100, 3],
    [0, 50, 1],
    [999, 10, 99],
  ])('of %i, %i percent are %i', (registered, percent, allowed) => {
    expect(allowedUnavailable({ kind: 'percent', percent }, registered)).toBe(allowed);
  });

  test('a number is that number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.nat(), (count, registered) => {
        expect(allowedUnavailable({ kind: 'count', count }, registered)).toBe(count);
      }),
    );
  });

  test('a percentage is never more than its share, but for the one that there is always', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(10_000), (percent, registered) => {
        const allowed = allowedUnavailable({ kind: 'percent', percent }, registered);
        expect(Number.isInteger(allowed)).toBe(true);
        expect(allowed).toBeGreaterThanOrEqual(1);
        expect(allowed === 1 || allowed * 100 <= registered * percent).toBe(true);
      }),
    );
  });

  test('unlimited leaves one in service', () => {
    fc.assert(
      fc.property(fc.nat(10_000), (registered) => {
        const allowed = allowedUnavailable({ kind: 'unlimited' }, registered);
        expect(registered === 0 ? allowed : registered - allowed).toBe(registered === 0 ? 0 : 1);
      }),
    );
  });
});

describe('how many failures a rollout bears', () => {
  test.each([
    [10, 25, 2],
    [10, 9, 0],
    [100, 7, 7],
    [0, 999, 0],
  ])('%i percent of %i planned are %i', (percent, planned, failures) => {
    expect(allowedFailures({ kind: 'percent', percent }, planned)).toBe(failures);
  });

  const percentage = fc.nat(100);
  const updates = fc.nat(10_000);

  test('a percentage is the most whole failures that are not above it', () => {
    fc.assert(
      fc.property(percentage, updates, (percent, planned) => {
        const allowed = allowedFailures({ kind: 'percent', percent }, planned);
        expect(Number.isInteger(allowed)).toBe(true);
        expect(allowed * 100).toBeLessThanOrEqual(planned * percent);
        expect((allowed + 1) * 100).toBeGreaterThan(planned * percent);
      }),
    );
  });

  test('a higher percentage or more updates never bear fewer', () => {
    fc.assert(
      fc.property(percentage, percentage, updates, updates, (percent, higher, planned, more) => {
        fc.pre(percent <= higher && planned <= more);
        expect(allowedFailures({ kind: 'percent', percent }, planned)).toBeLessThanOrEqual(
          allowedFailures({ kind: 'percent', percent: higher }, more),
        );
      }),
    );
  });

  test('a number is that number, and unlimited has none, whatever is planned', () => {
    fc.assert(
      fc.property(fc.nat(), updates, (count, planned) => {
        expect(allowedFailures({ kind: 'count', count }, planned)).toBe(count);
        expect(allowedFailures({ kind: 'unlimited' }, planned)).toBe(Infinity);
      }),
    );
  });
});

test.each([
  ['default', true],
  ['eu.prod-1_a', true],
  ['', false],
  ['with/slash', false],
  ['with space', false],
  ['a'.repeat(33), false],
])('%j as the name of an installation: %s', (name, valid) => {
  expect(installationName.test(name)).toBe(valid);
});
