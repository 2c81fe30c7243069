import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Row } from '../../../../src/cli/shared/rows.js';
import { instanceTable } from '../../../../src/cli/shared/table.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const row = (given: Partial<Row>): Row => ({
  instance: 'i-0aa',
  zone: 'eu-central-1a',
  state: 'updated',
  version: '1.26.1',
  target: '1.26.1',
  since: '2026-03-01T11:59:18Z',
  reason: 'updated from 1.26.0 to 1.26.1.',
  ...given,
});

const long = 'still 2 tasks of service web after 25m. Add capacity, or lower its minimumHealthyPercent.';

const lines = (...args: Parameters<typeof instanceTable>): string[] =>
  stripVTControlCharacters(instanceTable(...args)).split('\n');

describe('the table of instances', () => {
  test('has a line per instance, in columns', () => {
    const rows = [
      row({}),
      row({ instance: 'i-0bbbb', state: 'agent-disconnected', version: '', target: '', since: '' }),
    ];
    expect(lines(rows, undefined, now)).toEqual([
      'INSTANCE  AZ             STATE               VERSION  TARGET  SINCE  REASON',
      'i-0aa     eu-central-1a  updated             1.26.1   1.26.1  42s    updated from 1.26.0 to 1.26.1.',
      'i-0bbbb   eu-central-1a  agent-disconnected  -        -       -      updated from 1.26.0 to 1.26.1.',
    ]);
  });

  test('keeps a long reason in its line where there is no terminal', () => {
    expect(lines([row({ reason: long })], undefined, now)[1]).toContain(long);
  });

  test('wraps a long reason on a narrow terminal, under its column, and cuts nothing', () => {
    const table = lines([row({ reason: long })], 100, now);
    expect(table.length).toBeGreaterThan(2);
    for (const line of table) expect(line.length).toBeLessThanOrEqual(100);
    const indent = table[0]?.indexOf('REASON') ?? 0;
    expect(
      table
        .slice(1)
        .map((line) => line.slice(indent))
        .join(' '),
    ).toBe(long);
    for (const line of table.slice(2)) expect(line.slice(0, indent).trim()).toBe('');
  });

  test('is readable on a terminal that is too narrow for its columns', () => {
    const indent = lines([row({})], 20, now)[0]?.indexOf('REASON') ?? 0;
    const reasons = lines([row({ reason: long })], 20, now).slice(1);
    expect(reasons.map((line) => line.slice(indent)).join(' ')).toBe(long);
  });

  test.each([
    ['2026-03-01T12:00:05Z', '0s'],
    ['2026-03-01T11:58:01Z', '119s'],
    ['2026-03-01T11:30:00Z', '30m'],
    ['2026-03-01T09:00:00Z', '3h'],
    ['2026-02-26T12:00:00Z', '3d'],
  ])('shows %s as %s', (since, age) => {
    expect(lines([row({ since })], undefined, now)[1]).toContain(`  ${age} `);
  });

  test('of no instances has its titles', () => {
    expect(lines([], 80, now)).toEqual(['INSTANCE  AZ  STATE  VERSION  TARGET  SINCE  REASON']);
  });
});
