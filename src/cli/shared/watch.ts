import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { createLogUpdate } from 'log-update';
import { lastRollout } from '../../temporal/rollouts.js';
import { type RolloutView, viewRollout } from './rollout-view.js';
import type { Row } from './rows.js';
import { instanceTable } from './table.js';

/** Where it is shown: a terminal or not. */
type Screen = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

const everyMs = 1000;
const appearsWithinMs = 30_000;

/**
 * Shows a cluster's rollout until it has ended. A terminal gets a table that is redrawn in place, anything else a line for each
 * change. Waits up to 30 s for a rollout that has just been started.
 */
export async function watchRollout(
  client: Client,
  cluster: string,
  out: Screen,
  intervalMs = everyMs,
): Promise<RolloutView | null> {
  const draw = out.isTTY ? redraw(out) : writeChanges(out);
  const deadline = Date.now() + appearsWithinMs;
  for (;;) {
    const rollout = await lastRollout(client, cluster);
    if (rollout) {
      const view = await viewRollout(client, cluster, rollout);
      draw(view);
      if (!rollout.running) return view;
    } else if (Date.now() > deadline) return null;
    await sleep(intervalMs);
  }
}

function redraw(out: Screen): (view: RolloutView) => void {
  const update = createLogUpdate(out);
  return ({ rows, headline, running }) => {
    update(`${instanceTable(rows, out.columns)}\n\n${headline}\n`);
    if (!running) update.done();
  };
}

function writeChanges(out: Screen): (view: RolloutView) => void {
  const seen = new Map<string, string>();
  const writeIfNew = (key: string, line: string): void => {
    if (seen.get(key) === line) return;
    seen.set(key, line);
    out.write(`${line}\n`);
  };
  return ({ rows, headline }) => {
    for (const row of rows) writeIfNew(row.instance, changeLine(row));
    writeIfNew('', headline);
  };
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
    .join('  ');
