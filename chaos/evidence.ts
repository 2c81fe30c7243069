import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from './run.js';

/** Writes what a failing run leaves to look at; returns the journal's path. */
export function keepEvidence(
  { draw, ends, fired, violations, simulator }: RunResult,
  workerLog: string,
): string {
  const folder = join(tmpdir(), 'ecs-updater-chaos');
  mkdirSync(folder, { recursive: true });
  const file = (what: string) => join(folder, `${draw.seed}-${draw.run}.${what}`);
  const journal = file('journal.jsonl');
  const lines = simulator.fleet.journal.entries.map((entry) => JSON.stringify(entry));
  writeFileSync(journal, `${lines.join('\n')}\n`);
  writeFileSync(file('run.json'), `${JSON.stringify({ draw, ends, fired, violations }, null, 2)}\n`);
  writeFileSync(file('worker.log'), workerLog);
  return journal;
}

/** How to run it again: the draw, not the way in which it interleaves. */
export const againCommand = ({ draw }: Pick<RunResult, 'draw'>): string =>
  `npm run chaos -- --seed ${draw.seed} --only ${draw.run}`;
