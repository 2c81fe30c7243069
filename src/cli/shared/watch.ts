import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { createLogUpdate } from 'log-update';
import type { PastDurations } from '../../model/estimate.js';
import { isUnavailable } from '../../temporal/errors.js';
import { pastDurations } from '../../temporal/past-rollouts.js';
import { lastRollout, NoWorker } from '../../temporal/rollouts.js';
import { progressWords } from '../../model/explain-estimate.js';
import { footer, orderLine } from './footer.js';
import { instanceTable, mostRows, type TableChoice } from './instance-table.js';
import { plainText } from '../../worker/plain-text.js';
import { type RolloutView, viewRollout } from '../../temporal/rollout-view.js';
import type { Row } from '../../model/rows.js';
import { type Out, type Screen, screenOf } from './screen.js';
import { cut, wrap } from './table.js';

const everyMs = 1000;
const appearsWithinMs = 30_000;
/** A rollout that could be seen, and that nobody can tell of since, is waited for so long: workers and networks come back. */
const silentForMs = 300_000;

/** How a rollout is shown. */
export interface WatchOptions extends Pick<TableChoice, 'wide' | 'rows'> {
  /** Milliseconds between two looks. Default: 1 s. */
  intervalMs?: number;
}

/**
 * Shows a cluster's rollout until it has ended. A terminal gets a table that is redrawn in place and never larger than it, and at the end
 * the whole one; anything else gets a line for each change. Waits up to 30 s for a rollout that has just been started.
 */
export async function watchRollout(
  client: Client,
  cluster: string,
  out: Out,
  { intervalMs = everyMs, wide, rows = mostRows }: WatchOptions = {},
): Promise<RolloutView | null> {
  const choice = { wide, rows };
  const display = out.isTTY ? new Redrawn(out, choice) : new Lines(out, choice);
  const begun = Date.now();
  /** When it was last seen, milliseconds since the epoch; null: not yet. */
  let seenAt: number | null = null;
  let past: PastDurations[] | null = null;
  try {
    for (;;) {
      try {
        const rollout = await lastRollout(client, cluster);
        past ??= rollout && (await pastDurations(client, cluster));
        const view = rollout && (await viewRollout(client, cluster, rollout, past ?? []));
        if (view) {
          seenAt = Date.now();
          display.show(view);
          if (!view.running) return view;
        } else if (Date.now() - begun > appearsWithinMs) return null;
      } catch (err) {
        if (seenAt === null || !mayPass(err) || Date.now() - seenAt > silentForMs) throw err;
        display.note(`since ${new Date(seenAt).toISOString()} it cannot be asked: ${err.message}`);
      }
      await sleep(intervalMs);
    }
  } finally {
    display.end();
  }
}

/** Whether an error ends by itself, as when workers are replaced or the network is away. */
const mayPass = (err: unknown): err is Error => err instanceof NoWorker || isUnavailable(err);

interface Display {
  show(view: RolloutView): void;
  /** Says why there is nothing new to show. */
  note(text: string): void;
  end(): void;
}

/** Clears what is visible of a terminal and goes to its first line (ECMA-48: ED 2, CUP). */
const clearScreen = '\u001B[2J\u001B[H';

class Redrawn implements Display {
  readonly #update: ReturnType<typeof createLogUpdate>;
  #latest: RolloutView | null = null;

  constructor(
    private readonly out: Out,
    private readonly choice: TableChoice,
  ) {
    this.#update = createLogUpdate(out);
    out.on('resize', this.#resized);
  }

  show(view: RolloutView): void {
    this.#latest = view;
    const screen = screenOf(this.out);
    if (view.running) this.#update(frame(view, screen, this.choice));
    else {
      this.#update.clear();
      this.out.write(`${wholeView(view, screen, this.choice)}\n`);
    }
  }

  note(text: string): void {
    if (this.#latest) this.#update(frame(this.#latest, screenOf(this.out), this.choice, text));
  }

  end(): void {
    this.out.off('resize', this.#resized);
    this.#update.done();
  }

  /** The terminal has wrapped what stood there anew, so nobody knows how many lines that is. */
  readonly #resized = (): void => {
    if (!this.#latest?.running) return;
    this.#update.clear();
    this.out.write(clearScreen);
    this.show(this.#latest);
  };
}

/** A rollout's table with all that stands beneath it. */
export function wholeView(view: RolloutView, screen: Screen, choice: TableChoice): string {
  const { orders, summary } = footer(view, screen);
  const beneath = [...orders, ...summary].flatMap((line) => wrap(line, screen.columns ?? Infinity));
  // While hosts are asked there is nothing to show of them.
  return [...(view.rows.length > 0 ? [instanceTable(view.rows, screen, choice), ''] : []), ...beneath].join(
    '\n',
  );
}

/** In fewer lines there is no place for what operators ordered. */
const fewLines = 20;

/** The same, in no more lines than the terminal has. */
function frame(view: RolloutView, screen: Screen, choice: TableChoice, note?: string): string {
  const columns = screen.columns ?? Infinity;
  // The cursor stands in the line beneath.
  const lines = (screen.rows ?? Infinity) - 1;
  const { orders, summary } = footer(view, screen);
  const said = [...summary, ...(note === undefined ? [] : [plainText(note)])];
  const beneath = [
    ...(lines < fewLines ? [] : orders.map((line) => cut(line, columns))),
    // However long the reason of a pause is, most of the terminal is for the table.
    ...said.flatMap((line) => wrap(line, columns)).slice(0, Math.max(2, Math.floor(lines / 3))),
  ];
  const room = lines - beneath.length - 1;
  if (room < 3 || view.rows.length === 0) return beneath.slice(-lines).join('\n');
  const table = instanceTable(view.rows, screen, { ...choice, lines: room });
  // A terminal that is too narrow for the columns wraps them.
  const wrapped = table.split('\n').flatMap((line) => wrap(line, columns));
  return [...wrapped.slice(0, room), '', ...beneath].join('\n');
}

class Lines implements Display {
  readonly #seen = new Map<string, string>();

  constructor(
    private readonly out: Out,
    private readonly choice: TableChoice,
  ) {}

  show(view: RolloutView): void {
    const { rows, headline, progress, status } = view;
    this.#seen.delete('note');
    for (const row of this.#worthALine(rows)) this.#writeIfNew(row.instance, changeLine(row));
    for (const order of status.steering) {
      const line = orderLine(order);
      this.#writeIfNew(`order ${line}`, line);
    }
    // The estimate moves all the time: it is told when something is done.
    if (progress && progress.of > 0)
      this.#writeIfNew('progress', progressWords(view, Date.now()), `${progress.done} of ${progress.of}`);
    this.#writeIfNew('', plainText(headline));
  }

  note(text: string): void {
    this.#writeIfNew('note', plainText(text));
  }

  end(): void {
    // Everything is written.
  }

  /** In a large cluster only those with which something happens. */
  #worthALine(rows: readonly Row[]): readonly Row[] {
    return rows.length <= (this.choice.rows ?? Infinity)
      ? rows
      : rows.filter(({ standing }) => standing !== 'left-alone' && standing !== 'waiting');
  }

  #writeIfNew(key: string, line: string, what = line): void {
    if (this.#seen.get(key) === what) return;
    this.#seen.set(key, what);
    this.out.write(`${line}\n`);
  }
}

const changeLine = ({ instance, zone, state, version, target, reason }: Row): string =>
  [
    instance,
    zone,
    state,
    version && target && version !== target ? `${version} → ${target}` : version,
    reason,
  ]
    .filter((part) => part !== '')
    .map(plainText)
    .join('  ');
