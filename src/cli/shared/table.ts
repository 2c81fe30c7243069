import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { plainText } from '../../worker/plain-text.js';
import type { Colors, Screen } from './screen.js';

const between = '  ';
const indent = '    ';
/** Sentences in a narrower column are hard to read: they go beneath their rows. */
const leastRoom = 36;

/** A column of a table; its text is shown as {@link plainText}. The last one of a table holds sentences. */
export interface Column<Row> {
  title: string;
  text: (row: Row) => string;
  paint?: (text: string, row: Row, colors: Colors) => string;
  /** On a terminal that has no room for all columns, those with this are left out, the lowest first. */
  spare?: number;
}

/** A table in its lines: whoever has not room for all of it chooses among its rows. */
export interface TableLines {
  head: string;
  rows: string[][];
}

/**
 * Lays out a table. On a terminal its sentences are wrapped, in their column or, where that would be too narrow, beneath their rows;
 * elsewhere each row is one line. `brief`: each row is one line there, too, and its sentence is cut.
 */
export function layOut<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  screen: Screen,
  brief = false,
): TableLines {
  const { colors } = screen;
  const end = screen.columns ?? Infinity;
  const measured = columns.map((column) => {
    const texts = rows.map((row) => plainText(column.text(row)).trim());
    return {
      ...column,
      texts,
      width: Math.max(...[column.title, ...texts].map(widthOfText)),
    };
  });
  const sentences = measured.pop();
  if (!sentences) throw new TypeError('a table without columns');
  const shown = fitting(measured, end);
  const titles = shown.map(({ title, width }) => pad(colors.bold(title), width)).join(between);
  const lines = rows.map((row, n) =>
    shown
      .map(({ texts, paint, width }) => {
        const text = texts[n] ?? '';
        return pad(paint ? paint(text, row, colors) : text, width);
      })
      .join(between),
  );

  const margin = widthOf(shown) + between.length;
  const room = end - margin;
  if (room < Math.min(leastRoom, sentences.width)) {
    const beneath = remembering((text) =>
      brief || text === '' ? [] : wrap(text, end - indent.length).map((line) => `${indent}${line}`),
    );
    return {
      head: titles.trimEnd(),
      rows: sentences.texts.map((text, n) => [(lines[n] ?? '').trimEnd(), ...beneath(text)]),
    };
  }
  const beside = remembering((text) => (brief ? [cut(text, room)] : wrap(text, room)));
  return {
    head: `${titles}${between}${colors.bold(sentences.title)}`,
    rows: sentences.texts.map((text, n) => {
      const [first = '', ...more] = beside(text);
      return [
        `${lines[n] ?? ''}${between}${first}`.trimEnd(),
        ...more.map((line) => `${' '.repeat(margin)}${line}`),
      ];
    }),
  };
}

/** A whole table as text. */
export function textTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  screen: Screen,
): string {
  const { head, rows: lines } = layOut(rows, columns, screen);
  return [head, ...lines.flat()].join('\n');
}

/** Wraps a text to so many columns, at least one; words that are longer are broken. */
export const wrap = (text: string, columns: number): string[] =>
  widthOfText(text) <= columns ? [text] : wrapAnsi(text, Math.max(1, columns), { hard: true }).split('\n');

/** Measuring and wrapping is slow, and most texts are plain, or stand in many rows. */
const widthOfText = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : stringWidth(text));

const remembering = <T>(work: (text: string) => T): ((text: string) => T) => {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text) ?? work(text);
    known.set(text, found);
    return found;
  };
};

/** The first line of a text that is wrapped so; that there is more is shown by an ellipsis. */
export function cut(text: string, columns: number): string {
  const [first = '', ...more] = wrap(text, columns);
  return more.length === 0 ? first : `${wrap(text, columns - 1)[0] ?? ''}…`;
}

const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - widthOfText(text)));

const widthOf = (columns: readonly { width: number }[]): number =>
  columns.reduce((sum, { width }) => sum + width + between.length, -between.length);

/** The columns for which there is room. */
function fitting<C extends { width: number; spare?: number }>(columns: readonly C[], end: number): C[] {
  let shown = [...columns];
  const spare = columns.filter((column) => column.spare !== undefined);
  for (const column of spare.toSorted((a, b) => (a.spare ?? 0) - (b.spare ?? 0))) {
    if (widthOf(shown) <= end) break;
    shown = shown.filter((other) => other !== column);
  }
  return shown;
}
