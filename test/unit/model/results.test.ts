import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundedReason } from '../../../src/model/bounds.js';
import type { InstanceResult } from '../../../src/model/outcome.js';
import type { Reason } from '../../../src/model/reason.js';
import { countResults } from '../../../src/model/report.js';
import { Results } from '../../../src/model/results.js';

const version = fc.constantFrom('1.18.0', '1.19.0', '1.20.0');
const text = fc.string({ maxLength: 40 });

const result: fc.Arbitrary<InstanceResult> = fc.oneof(
  fc.record({ kind: fc.constant('updated' as const), from: version, to: version }),
  fc.record({
    kind: fc.constant('skipped' as const),
    reason: fc.record({ code: fc.constant('up-to-date' as const), version }),
  }),
  fc.record({
    kind: fc.constantFrom('rolled-back' as const, 'failed' as const),
    reason: fc.record({ code: fc.constant('apply-failed' as const), detail: text }),
  }),
  fc.record({
    kind: fc.constant('gone' as const),
    reason: fc.record({ code: fc.constant('terminated' as const), detail: text }),
  }),
);

const resultsOf = (all: readonly InstanceResult[], limit?: number): Results => {
  const results = new Results([], limit);
  for (const [index, one] of all.entries()) results.add(`i-${index}`, one);
  return results;
};

const codeOf = (one: InstanceResult) => (one.kind === 'updated' ? one.kind : [one.kind, one.reason.code]);

describe('the groups of a report', () => {
  test('hold each instance once, under its own result, and the counts add up', () => {
    fc.assert(
      fc.property(fc.array(result), (all) => {
        const { groups } = resultsOf(all);
        const ids = groups.flatMap((group) => group.ec2InstanceIds);
        expect(ids.toSorted()).toEqual(all.map((_, index) => `i-${index}`).toSorted());
        for (const group of groups) {
          for (const id of group.ec2InstanceIds) expect(all[Number(id.slice(2))]).toEqual(group.result);
        }
        const total = Object.values(countResults(groups)).reduce((a, b) => a + b, 0);
        expect(total).toBe(all.length);
        expect(new Set(groups.map((group) => JSON.stringify(group.result))).size).toBe(groups.length);
      }),
    );
  });

  test('go on where an earlier run ended', () => {
    fc.assert(
      fc.property(
        fc.array(result),
        fc.array(result),
        fc.constantFrom(300, undefined),
        (before, more, limit) => {
          const results = new Results(resultsOf(before, limit).groups, limit);
          for (const [index, one] of more.entries()) results.add(`j-${index}`, one);
          const ids = results.groups.flatMap((group) => group.ec2InstanceIds);
          expect(new Set(ids).size).toBe(before.length + more.length);
          expect(ids).toHaveLength(before.length + more.length);
        },
      ),
    );
  });

  test('hold each instance once under its kind and code where they would become too large', () => {
    fc.assert(
      fc.property(fc.array(result, { minLength: 5 }), (all) => {
        for (const group of resultsOf(all, 100).groups) {
          for (const id of group.ec2InstanceIds) {
            const own = all[Number(id.slice(2))];
            expect(own && codeOf(own)).toEqual(codeOf(group.result));
          }
        }
      }),
    );
  });

  test('of 5000 instances with one result are one group', () => {
    const all = Array.from({ length: 5000 }, () => ({
      kind: 'skipped' as const,
      reason: { code: 'up-to-date' as const, version: '1.20.0' },
    }));
    const { groups } = resultsOf(all);
    expect(groups).toHaveLength(1);
    expect(JSON.stringify(groups).length).toBeLessThan(100_000);
  });

  test('of 5000 instances with reasons of their own stay far below what Temporal takes', () => {
    const tasks = Array.from({ length: 50 }, (_, n) => ({
      taskArn: `arn:aws:ecs:eu-west-1:111122223333:task/prod/${'f'.repeat(24)}${n}`,
      group: 'service:web',
      lastStatus: 'RUNNING',
    }));
    const all = Array.from({ length: 5000 }, (_, n): InstanceResult => {
      const kind = n % 2 === 0 ? 'rolled-back' : 'failed';
      return n % 3 === 0
        ? {
            kind,
            from: '1.19.0',
            to: '1.20.0',
            reason: { code: 'apply-failed', detail: `${n} ${'x'.repeat(900)}` },
          }
        : { kind, reason: { code: 'drain-limit', limitMs: n, tasks, serviceEvents: [`${n}`] } };
    });
    const { groups } = resultsOf(all);
    expect(JSON.stringify(groups).length).toBeLessThan(1_000_000);
    expect(groups.map(({ reasons }) => reasons)).toEqual(
      groups.map(({ ec2InstanceIds }) => ec2InstanceIds.length),
    );
    expect(new Set(groups.flatMap((group) => group.ec2InstanceIds)).size).toBe(5000);
    expect(countResults(groups)).toMatchObject({ 'rolled-back': 2500, failed: 2500 });
  });

  test('keep apart what is still out of service', () => {
    const reasons: Reason[] = [
      { code: 'verify-limit', limitMs: 1, detail: 'a'.repeat(300) },
      { code: 'verify-limit', limitMs: 2, detail: 'b', afterwards: { did: 'hold' } },
      { code: 'held', by: 'ann' },
      { code: 'held', drained: true, since: 'x' },
    ];
    const { groups } = resultsOf(
      reasons.map((reason) => ({ kind: 'failed', reason })),
      100,
    );
    expect(groups).toHaveLength(4);
  });
});

test('a reason names a few of many tasks, and how many more there are, however often it is cut', () => {
  const tasks = Array.from({ length: 12 }, (_, n) => ({
    taskArn: `t/${n}`,
    group: 'g',
    lastStatus: 'RUNNING',
  }));
  const once = boundedReason({ code: 'standalone-task', tasks });
  expect(once).toMatchObject({ tasks: tasks.slice(0, 5), more: 7 });
  expect(boundedReason(once)).toEqual(once);
  expect(boundedReason({ code: 'cannot-drain', services: ['a', 'b'] })).toEqual({
    code: 'cannot-drain',
    services: ['a', 'b'],
  });
});
