import type { Standing } from '../../model/standing.js';
import type { Row } from '../../model/rows.js';
import type { Colors, Screen } from './screen.js';
import { type Column, layOut } from './table.js';

/** What of a table of instances is shown. */
export interface TableChoice {
  /** Also the Availability Zone. */
  wide?: boolean | undefined;
  /** Most lines that it may take: first its sentences are cut, then rows are left out. */
  lines?: number | undefined;
  /** Most rows. */
  rows?: number | undefined;
  /** Milliseconds since the epoch. */
  now?: number | undefined;
}

/** Rows that a terminal shows where nobody asks for all. */
export const mostRows = 60;

/** Where rows have to be left out, these are shown first. */
const order: readonly Standing[] = ['in-flight', 'not-well', 'waiting', 'updated', 'left-alone'];

/**
 * A table of instances, in the manner of `kubectl get bottlerocketshadows`. Rows stand in the order in which they are given; where not all
 * are shown, those come first that are in flight or not well, and the last line says what is left out.
 */
export function instanceTable(rows: readonly Row[], screen: Screen, choice: TableChoice = {}): string {
  const { lines = Infinity, rows: most = Infinity } = choice;
  const columns = columnsOf(choice);
  if (rows.length <= Math.min(most, lines - 1)) {
    const { head, rows: all } = layOut(rows, columns, screen);
    if (1 + all.flat().length <= lines) return [head, ...all.flat()].join('\n');
  }
  // One line for the titles, and one for what is left out.
  const fit = Math.max(1, rows.length + 1 <= lines ? lines - 1 : lines - 2);
  const shown = Math.min(rows.length, most, fit);
  const chosen = shown === rows.length ? rows : byUrgency(rows).slice(0, shown);
  const { head, rows: some } = layOut(chosen, columns, screen, lines !== Infinity);
  const left = shown === rows.length ? [] : [leftOut(byUrgency(rows).slice(shown))];
  return [head, ...some.flat(), ...left].join('\n');
}

const byUrgency = (rows: readonly Row[]): Row[] =>
  rows.toSorted((a, b) => order.indexOf(a.standing) - order.indexOf(b.standing));

/** How many rows are not shown, by their states. */
function leftOut(rows: readonly Row[]): string {
  const counts = new Map<string, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = [...counts].toSorted(([, a], [, b]) => b - a).map(([state, count]) => `${count} ${state}`);
  return `… and ${rows.length} more: ${parts.join(', ')}`;
}

function columnsOf({ wide, now = Date.now() }: TableChoice): Column<Row>[] {
  return [
    { title: 'NAME', text: ({ instance }) => instance },
    ...(wide ? [{ title: 'AZ', text: ({ zone }: Row) => zone || '-', spare: 4 }] : []),
    { title: 'STATE', text: ({ state }) => state, paint: painted },
    { title: 'VERSION', text: ({ version }) => version || '-' },
    { title: 'TARGET STATE', text: ({ targetState }) => targetState || '-', spare: 1 },
    { title: 'TARGET VERSION', text: ({ target }) => target || '-' },
    { title: 'SINCE', text: ({ since }) => (since ? age(since, now) : '-'), spare: 3 },
    { title: 'ATTEMPTS', text: ({ attempts }) => (attempts > 0 ? String(attempts) : '-'), spare: 2 },
    { title: 'REASON', text: ({ reason }) => reason },
  ];
}

function painted(state: string, { standing }: Row, colors: Colors): string {
  switch (standing) {
    case 'in-flight':
      return colors.cyan(state);
    case 'not-well':
      return state === 'failed' || state === 'check-failed' ? colors.red(state) : colors.yellow(state);
    case 'updated':
      return colors.green(state);
    case 'left-alone':
      return state === 'up-to-date' ? colors.green(state) : state;
    case 'waiting':
      return state;
  }
}

/** How long ago an instant (ISO 8601) was, as `42s`, `12m`, `3h` or `2d`. */
function age(since: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(since)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86_400)}d`;
}
