import { describe, expect, test } from 'vitest';
import { addPhases, exitCodeOf, type RolloutReport } from '../../../src/model/report.js';

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
  failureBudget: 1,
  behind: { instances: 0, oldestSince: null },
  quarantined: {},
  steering: [],
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
