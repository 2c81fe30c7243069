import picocolors from 'picocolors';

/** Where a command writes: a terminal or not. */
export type Out = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };

export type Colors = ReturnType<typeof picocolors.createColors>;

/** What can be shown there. */
export interface Screen {
  /** Characters in a line; null: no terminal, lines are as long as they are. */
  columns: number | null;
  /** Lines of the terminal; null: none. */
  rows: number | null;
  colors: Colors;
}

/** Looks at where a command writes. `NO_COLOR` (no-color.org) and `FORCE_COLOR` are heeded. */
export function screenOf(out: Out = process.stdout, env: NodeJS.ProcessEnv = process.env): Screen {
  const isTerminal = out.isTTY === true;
  const wanted = env['FORCE_COLOR'] ? env['FORCE_COLOR'] !== '0' : isTerminal && env['TERM'] !== 'dumb';
  return {
    // A terminal that does not tell its size has that of the first ones.
    columns: isTerminal ? out.columns || 80 : null,
    rows: isTerminal ? out.rows || 24 : null,
    colors: picocolors.createColors(wanted && !env['NO_COLOR']),
  };
}
