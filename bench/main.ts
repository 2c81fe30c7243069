import { writeFile } from 'node:fs/promises';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { checkFiveHundred } from './check.js';
import type { Figure } from './figure.js';
import { rollTwenty } from './roll.js';

const parts = { roll: rollTwenty, check: checkFiveHundred };

await new Command('bench')
  .description(
    'Measures what the product adds to the time of hosts, and what it costs. Takes about six minutes.',
  )
  .addOption(new Option('--only <part>', 'one part of it').choices(Object.keys(parts)))
  .option('--json <file>', 'write the figures there, too')
  .action(async ({ only, json }: { only?: string; json?: string }) => {
    const figures: Figure[] = [];
    for (const [name, measure] of Object.entries(parts)) {
      if (only !== undefined && only !== name) continue;
      process.stderr.write(`measuring: ${name}\n`);
      figures.push(...(await measure()));
    }
    const table = new Table({ head: ['figure', 'value', 'unit', 'aim'], style: { head: [], border: [] } });
    for (const { what, value, unit, aim } of figures) {
      table.push([what, value === null ? '-' : value.toFixed(value < 100 ? 1 : 0), unit, aim ?? '']);
    }
    process.stdout.write(`${table.toString()}\n`);
    const text = JSON.stringify({ at: new Date().toISOString(), figures });
    if (json === undefined) process.stdout.write(`${text}\n`);
    else await writeFile(json, `${text}\n`);
  })
  .parseAsync();
process.exit(0);
