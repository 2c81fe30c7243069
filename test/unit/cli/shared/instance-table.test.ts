import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { instanceTable, type TableChoice } from '../../../../src/cli/shared/instance-table.js';
import type { Row } from '../../../../src/model/rows.js';
import type { Screen } from '../../../../src/cli/shared/screen.js';

const now = Date.parse('2026-03-01T12:00:00Z');
const row = (given: Partial<Row> = {}): Row => ({
  instance: 'i-0aa',
  zone: 'eu-central-1a',
  state: 'updated',
  standing: 'updated',
  version: '1.26.1',
  targetState: '',
  target: '1.26.1',
  since: '2026-03-01T11:59:18Z',
  attempts: 1,
  reason: 'updated from 1.26.0 to 1.26.1.',
  ...given,
});

const long = 'still 2 tasks of service web after 25m. Add capacity, or lower its minimumHealthyPercent.';

const screen = (columns: number | null = null): Screen => ({
  columns,
  rows: null,
  colors: picocolors.createColors(false),
});

const lines = (rows: readonly Row[], columns?: number, choice: TableChoice = {}): string[] =>
  instanceTable(rows, screen(columns), { now, ...choice }).split('\n');

const head = (columns: number): string => lines([row()], columns)[0] ?? '';

describe('the table of instances', () => {
  test('has a line per instance, in columns', () => {
    const rows = [
      row(),
      row({
        instance: 'i-0bbbb',
        state: 'draining',
        targetState: 'updating',
        version: '',
        attempts: 0,
        since: '',
      }),
    ];
    expect(lines(rows)).toEqual([
      'NAME     STATE     VERSION  TARGET STATE  TARGET VERSION  SINCE  ATTEMPTS  REASON',
      'i-0aa    updated   1.26.1   -             1.26.1          42s    1         updated from 1.26.0 to 1.26.1.',
      'i-0bbbb  draining  -        updating      1.26.1          -      -         updated from 1.26.0 to 1.26.1.',
    ]);
  });

  test('has the zone where it is wide', () => {
    expect(lines([row()], undefined, { wide: true })[1]).toContain('i-0aa  eu-central-1a  updated  ');
  });

  test('keeps a long reason in its line where there is no terminal', () => {
    expect(lines([row({ reason: long })])[1]).toContain(long);
  });

  test('wraps a long reason under its column, and cuts nothing', () => {
    const table = lines([row({ reason: long })], 120);
    expect(table.length).toBeGreaterThan(2);
    for (const line of table) expect(line.length).toBeLessThanOrEqual(120);
    const indent = table[0]?.indexOf('REASON') ?? 0;
    expect(
      table
        .slice(1)
        .map((line) => line.slice(indent))
        .join(' '),
    ).toBe(long);
    for (const line of table.slice(2)) expect(line.slice(0, indent).trim()).toBe('');
  });

  test('puts it beneath its row where its column would be too narrow', () => {
    const table = lines([row({ reason: long }), row()], 90);
    expect(table[0]).toMatch(/ATTEMPTS$/);
    expect(table[1]).toMatch(/ 1$/);
    for (const line of table) expect(line.length).toBeLessThanOrEqual(90);
    const beneath = table.slice(2, -2);
    for (const line of beneath) expect(line).toMatch(/^ {4}\S/);
    expect(beneath.map((line) => line.trim()).join(' ')).toBe(long);
    expect(table.slice(-2)).toEqual([expect.stringMatching(/^i-0aa /), `    ${row().reason}`]);
  });

  test('leaves out what matters least where a terminal has no room for all columns', () => {
    expect(head(70)).toBe('NAME   STATE    VERSION  TARGET STATE  TARGET VERSION  SINCE  ATTEMPTS');
    expect(head(69)).toBe('NAME   STATE    VERSION  TARGET VERSION  SINCE  ATTEMPTS');
    expect(head(50)).toBe('NAME   STATE    VERSION  TARGET VERSION  SINCE');
    expect(head(40)).toBe('NAME   STATE    VERSION  TARGET VERSION');
  });

  test.each([
    ['2026-03-01T12:00:05Z', '0s'],
    ['2026-03-01T11:58:01Z', '119s'],
    ['2026-03-01T11:30:00Z', '30m'],
    ['2026-03-01T09:00:00Z', '3h'],
    ['2026-02-26T12:00:00Z', '3d'],
  ])('shows %s as %s', (since, age) => {
    expect(lines([row({ since })])[1]).toContain(`  ${age} `);
  });

  test('of no instances has its titles', () => {
    expect(lines([], 120)).toEqual([
      'NAME  STATE  VERSION  TARGET STATE  TARGET VERSION  SINCE  ATTEMPTS  REASON',
    ]);
  });

  test('colours states by how the instance stands, and nothing where that is not wanted', () => {
    const rows = [row(), row({ state: 'failed', standing: 'not-well' })];
    const coloured = instanceTable(rows, { ...screen(), colors: picocolors.createColors(true) }, { now });
    expect(coloured).toContain(picocolors.createColors(true).green('updated'));
    expect(coloured).toContain(picocolors.createColors(true).red('failed'));
    expect(stripVTControlCharacters(coloured)).toBe(lines(rows).join('\n'));
  });

  test('passes no control character on that a host or an operator said', () => {
    const evil = '\u001B[2J\u001B]0;owned\u0007gone\r\ni-0ff  updated\u009B31m \u202Etxt';
    const [, line = '', ...more] = lines([row({ reason: evil, version: '1.0\u001B[31m' })], 400);
    expect(more).toEqual([]);
    expect(line).not.toMatch(/\p{Cc}|\u202E/u);
    expect(line).toContain('gone i-0ff  updated');
  });

  test('measures characters that take two columns', () => {
    for (const line of lines([row({ reason: '再起動に失敗しました。'.repeat(8) })], 120).slice(1))
      expect(stringWidth(line)).toBeLessThanOrEqual(120);
  });
});

describe('a table of more instances than there is room for', () => {
  const rows = [
    ...Array.from({ length: 3000 }, (_, i) =>
      row({ instance: `i-${i + 1000}`, state: 'up-to-date', standing: 'left-alone', reason: long }),
    ),
    ...Array.from({ length: 20 }, (_, i) =>
      row({ instance: `i-${i + 5000}`, state: 'queued', standing: 'waiting', reason: '' }),
    ),
    row({ instance: 'i-7000', state: 'failed', standing: 'not-well', reason: long }),
    row({ instance: 'i-8000', state: 'draining', standing: 'in-flight', reason: '' }),
  ];

  test('shows first those in flight and those that are not well, and counts the others', () => {
    const table = lines(rows, 200, { rows: 5 });
    expect(table.map((line) => line.split(/ +/).slice(0, 2).join(' ')).slice(1)).toEqual([
      'i-8000 draining',
      'i-7000 failed',
      'i-5000 queued',
      'i-5001 queued',
      'i-5002 queued',
      '… and',
    ]);
    expect(table.at(-1)).toBe('… and 3017 more: 3000 up-to-date, 17 queued');
  });

  test('takes no more lines than it is given, whatever these are', () => {
    for (const given of [3, 4, 10, 24, 3022, 3023, 10_000]) {
      const table = lines(rows, 100, { lines: given });
      expect(table.length).toBeLessThanOrEqual(given);
      expect(table.at(-1)?.startsWith('…')).toBe(given < 1 + rows.length);
    }
  });

  test('cuts its sentences before it leaves out rows', () => {
    const few = rows.slice(-3);
    expect(lines(few, 120, { lines: 4 })).toEqual([
      expect.stringMatching(/REASON$/),
      expect.stringMatching(/^i-5019/),
      expect.stringMatching(/^i-7000 .* still 2 tasks of service .*…$/),
      expect.stringMatching(/^i-8000/),
    ]);
    expect(lines(few, 80, { lines: 4 }).map((line) => line.slice(0, 6))).toEqual([
      'NAME  ',
      'i-5019',
      'i-7000',
      'i-8000',
    ]);
    expect(lines(few, 120, { lines: 10 }).join('\n')).not.toContain('…');
  });
});
