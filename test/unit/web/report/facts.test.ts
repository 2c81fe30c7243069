import { expect, test } from 'vitest';
import type { RolloutRecord } from '../../../../src/model/rollout-record.js';
import { parseSettings } from '../../../../src/config/settings.js';
import { summaryOf } from '../../../../src/web/report/facts.js';
import { lanesOf } from '../../../../src/web/report/work.js';
import { recordOf } from '../../../support/rollout-records.js';

const at = (minutes: number): string => new Date(Date.UTC(2026, 2, 1, 3, minutes)).toISOString();

/** Instances that drained from one minute to the other. */
const drained = (...times: [number, number | null][]): RolloutRecord => {
  const [one] = recordOf(1).instances;
  if (!one) throw new Error('no instance');
  return recordOf(1, 1, {
    instances: times.map(([from, to], i) => ({
      ...one,
      ec2InstanceId: `i-${i}`,
      spans: [
        { phase: 'draining', from: at(from), to: to === null ? null : at(to) },
        // Back in service: that does not count.
        ...(to === null ? [] : [{ phase: 'settling' as const, from: at(to), to: at(to + 50) }]),
      ],
    })),
  });
};

test.each([
  [
    'one after the other',
    [
      [0, 5],
      [5, 9],
    ],
    1,
  ],
  [
    'overlapping',
    [
      [0, 5],
      [4, 9],
      [8, 12],
    ],
    2,
  ],
  [
    'all at once',
    [
      [0, 5],
      [1, 4],
      [2, 3],
    ],
    3,
  ],
  [
    'still away',
    [
      [0, null],
      [50, 51],
    ],
    2,
  ],
] as const)('counts how many were out of service together: %s', (_, times, most) => {
  const record = drained(...times.map(([from, to]): [number, number | null] => [from, to]));
  expect(summaryOf(record).join(' ')).toContain(
    `At most ${most} instance${most === 1 ? ' was' : 's were'} out of`,
  );
});

test('says how many might be, by the settings of the rollout', () => {
  const record = { ...drained([0, 1]), settings: parseSettings({ maxUnavailable: '50%' }) };
  expect(summaryOf(record).join(' ')).toContain('(1 might be)');
});

test('puts instances that followed each other into one line', () => {
  const { instances } = drained([0, 5], [1, 4], [56, 60], [58, 62]);
  const lanes = lanesOf(instances, Date.parse(at(70)));
  expect(lanes.map((lane) => lane.map(({ ec2InstanceId }) => ec2InstanceId))).toEqual([
    ['i-0', 'i-2'],
    ['i-1', 'i-3'],
  ]);
});

test('tells what else became of those that were not updated, and why nothing more was started', () => {
  const stopped = { by: 'failure-budget', failures: 2, budget: 1 } as const;
  const sentences = summaryOf(recordOf(40, 2, { stopped }));
  expect(sentences[0]).toMatch(/^\d+ of \d+ planned updates succeeded, from 1\.26\.0 to 1\.26\.1\.$/);
  expect(sentences[1]).toMatch(/^Failed: \d+, given back as they were: \d+, left as they were: \d+\.$/);
  expect(sentences[2]).toBe('Nothing new was started any more: 2 failures passed the failure budget of 1.');
});
