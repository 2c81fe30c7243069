import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InstanceResult } from '../../../src/model/outcome.js';
import {
  addPhases,
  addResult,
  countResults,
  exitCodeOf,
  type ResultGroup,
  type RolloutReport,
} from '../../../src/model/report.js';

const version = fc.constantFrom('1.18.0', '1.19.0', '1.20.0');

const result: fc.Arbitrary<InstanceResult> = fc.oneof(
  fc.record({ kind: fc.constant('updated' as const), from: version, to: version }),
  fc.record({
    kind: fc.constant('skipped' as const),
    reason: fc.record({ code: fc.constant('up-to-date' as const), version }),
  }),
  fc.record({
    kind: fc.constantFrom('rolled-back' as const, 'failed' as const),
    reason: fc.record({ code: fc.constant('apply-failed' as const), detail: fc.string() }),
  }),
  fc.record({
    kind: fc.constant('gone' as const),
    reason: fc.record({ code: fc.constant('terminated' as const), detail: fc.string() }),
  }),
);

describe('the groups of a report', () => {
  test('hold each instance once, under its own result, and the counts add up', () => {
    fc.assert(
      fc.property(fc.array(result), (results) => {
        const groups: ResultGroup[] = [];
        for (const [index, one] of results.entries()) addResult(groups, `i-${index}`, one);
        const ids = groups.flatMap((group) => group.ec2InstanceIds);
        expect(new Set(ids)).toEqual(new Set(results.map((_, index) => `i-${index}`)));
        expect(ids).toHaveLength(results.length);
        for (const { result, ec2InstanceIds } of groups) {
          for (const id of ec2InstanceIds) expect(results[Number(id.slice(2))]).toEqual(result);
        }
        const total = Object.values(countResults(groups)).reduce((a, b) => a + b, 0);
        expect(total).toBe(results.length);
        expect(new Set(groups.map((group) => JSON.stringify(group.result))).size).toBe(groups.length);
      }),
    );
  });

  test('of 5000 instances with one result are one group', () => {
    const groups: ResultGroup[] = [];
    for (let n = 0; n < 5000; n++) {
      addResult(groups, `i-${n}`, { kind: 'skipped', reason: { code: 'up-to-date', version: '1.20.0' } });
    }
    expect(groups).toHaveLength(1);
    expect(JSON.stringify(groups).length).toBeLessThan(100_000);
  });
});

test('phases add up, with the longest', () => {
  const statistics: RolloutReport['phases'] = {};
  addPhases(statistics, { draining: 10, rebooting: 5 });
  addPhases(statistics, { draining: 30 });
  addPhases(statistics, {});
  expect(statistics).toEqual({
    draining: { instances: 2, totalMs: 40, longestMs: 30 },
    rebooting: { instances: 1, totalMs: 5, longestMs: 5 },
  });
});

const report = (
  counts: Partial<RolloutReport['counts']>,
  stopped: RolloutReport['stopped'] = null,
): RolloutReport => ({
  cluster: 'prod',
  rolloutId: 'r',
  startedAt: '',
  endedAt: '',
  counts: { updated: 0, skipped: 0, 'rolled-back': 0, failed: 0, gone: 0, 'not-started': 0, ...counts },
  groups: [],
  phases: {},
  stopped,
  failures: 0,
});

describe('the exit code', () => {
  test.each<[string, RolloutReport, number]>([
    ['all is well', report({ updated: 3, skipped: 2 }), 0],
    ['an instance failed', report({ failed: 1 }), 1],
    ['an instance was rolled back', report({ 'rolled-back': 1 }), 1],
    ['an instance went away', report({ gone: 1 }), 0],
    ['an error stopped it', report({}, { by: 'error', message: 'access denied' }), 1],
    ['the budget stopped it', report({}, { by: 'failure-budget', failures: 2, budget: 1 }), 1],
    ['its time was over', report({ 'not-started': 4 }, { by: 'stop-starting-after', afterMs: 1 }), 0],
    ['it was cancelled', report({ 'not-started': 4 }, { by: 'cancelled' }), 0],
  ])('%s', (_, report, code) => {
    expect(exitCodeOf(report)).toBe(code);
  });
});
