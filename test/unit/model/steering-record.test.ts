import { expect, test } from 'vitest';
import { type SteeringRecord, withRecord } from '../../../src/model/steering-record.js';

const record = (n: number): SteeringRecord => ({
  at: new Date(n * 60_000).toISOString(),
  what: 'pause',
  by: `operator ${n}`,
});

test('records stand in the order in which they came', () => {
  expect(withRecord(withRecord([], record(1)), record(2))).toEqual([record(1), record(2)]);
});

test('the newest are kept where somebody steers without end', () => {
  let records: SteeringRecord[] = [];
  for (let n = 1; n <= 250; n++) records = withRecord(records, record(n));
  expect(records).toHaveLength(100);
  expect(records.at(-1)).toEqual(record(250));
  expect(records[0]).toEqual(record(151));
});
