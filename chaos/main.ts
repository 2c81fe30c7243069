import { Command, InvalidArgumentError } from 'commander';
import { runMany } from './many.js';
import { summaryOf } from './summary.js';

const count = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is no number from 1 on.');
  return Number(text);
};

interface Flags {
  runs: number;
  seed: number;
  parallel: number;
  only?: number;
}

await new Command('chaos')
  .description(
    'Rolls out over drawn clusters while workers and Temporal are killed, AWS fails, and others lay hands on the instances; then ' +
      'judges by the invariants. Exit code 1 if one was violated.',
  )
  .option('--runs <number>', 'how many runs', count, 10)
  .option('--seed <number>', 'what is drawn; the same seed draws the same', count, 1)
  .option('--parallel <number>', 'runs at a time', count, 10)
  .option('--only <run>', 'this run alone', count)
  .action(async ({ runs, seed, parallel, only }: Flags) => {
    const startedAt = Date.now();
    const numbers = only === undefined ? Array.from({ length: runs }, (_, i) => i + 1) : [only];
    const results = await runMany({
      seed,
      runs: numbers,
      parallel,
      tell: (line) => void process.stdout.write(`${line}\n`),
    });
    process.stdout.write(`${summaryOf(results)}\n`);
    const minutes = ((Date.now() - startedAt) / 60_000).toFixed(1);
    process.stdout.write(`seed ${seed}, ${minutes} minutes, ${new Date().toISOString()}\n`);
    process.exitCode = results.some(({ violations }) => violations.length > 0) ? 1 : 0;
  })
  .parseAsync();
process.exit();
