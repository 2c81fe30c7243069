import Table from 'cli-table3';
import colors from 'picocolors';
import type { Row } from './rows.js';

const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** A table of instances. On a terminal of `columns` its reasons are wrapped; else each row is one line. */
export function instanceTable(rows: readonly Row[], columns: number | undefined, now = Date.now()): string {
  const head = ['INSTANCE', 'AZ', 'STATE', 'VERSION', 'TARGET', 'SINCE', 'REASON'];
  const cells = rows.map((row) => [
    row.instance,
    row.zone,
    row.state,
    row.version || '-',
    row.target || '-',
    row.since ? age(row.since, now) : '-',
    row.reason,
  ]);
  return textTable(head, cells, columns, (cell, i) => (i === 2 ? colored(cell) : cell));
}

/** A table whose last column holds sentences: on a terminal of `columns` they are wrapped; else each row is one line. */
export function textTable(
  head: readonly string[],
  cells: readonly string[][],
  columns: number | undefined,
  colour: (cell: string, column: number) => string = (cell) => cell,
): string {
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i]?.length ?? 0)));
  const lastAt = head.length - 1;
  const before = widths.slice(0, lastAt).reduce((sum, width) => sum + width + 2, 0);
  const room = columns === undefined ? (widths[lastAt] ?? 0) : Math.max(24, columns - before - 1);
  const table = new Table({
    head: head.map((title) => colors.bold(title)),
    chars: borderless,
    colWidths: [...widths.slice(0, lastAt), Math.min(widths[lastAt] ?? 0, room)],
    wordWrap: true,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const line of cells) table.push(line.map(colour));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function colored(state: string): string {
  if (state === 'updated' || state === 'up-to-date') return colors.green(state);
  if (state === 'failed' || state === 'check-failed') return colors.red(state);
  if (state === 'rolled-back' || state === 'gone' || state === 'not-started') return colors.yellow(state);
  return /^(draining|updating|rebooting|verifying|activating|settling|starting)$/.test(state)
    ? colors.cyan(state)
    : state;
}

/** How long ago an instant (ISO 8601) was, as `42s`, `12m`, `3h` or `2d`. */
function age(since: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(since)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86_400)}d`;
}
