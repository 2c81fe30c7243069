import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, isNewer, oldestUpdatableVersion } from '../../../src/model/version.js';

describe('versions', () => {
  test.each([
    ['1.9.0', '1.10.0'],
    ['1.0.5', '1.0.10'],
    ['1.26.1', '2.0.0'],
    ['1.0.4', oldestUpdatableVersion],
  ])('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
    expect(isNewer(newer, older)).toBe(true);
    expect(isNewer(older, newer)).toBe(false);
  });

  test('a version is not newer than itself', () => {
    expect(isNewer('1.19.0', '1.19.0')).toBe(false);
  });

  test('they are ordered by their numbers', () => {
    const parts = fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100));
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const byNumbers = a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
        expect(Math.sign(compareVersions(a.join('.'), b.join('.')))).toBe(Math.sign(byNumbers));
      }),
    );
  });
});
