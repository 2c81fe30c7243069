import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './dockerfile.js';

/** A command of a page, its continued lines joined, and what stands under it. */
export interface Documented {
  command: string;
  output: string[];
}

/** The commands that a page of docs shows with their outputs, in their order. */
export function documentedCommands(name: string): Documented[] {
  const page = readFileSync(join(projectFolder, 'docs', name), 'utf8');
  const found: Documented[] = [];
  for (const [, block = ''] of page.matchAll(/^```console\n(.*?)^```$/gms)) {
    let continues = false;
    for (const line of block.trimEnd().split('\n')) {
      const last = found.at(-1);
      if (continues && last) last.command += ` ${line.trim()}`;
      else if (line.startsWith('$ ')) found.push({ command: line.slice(2), output: [] });
      else last?.output.push(line);
      continues = /(\\|\|)$/.test(line) && (continues || line.startsWith('$ '));
    }
  }
  return found.map(({ command, output }) => ({ command: command.replaceAll(/ *\\ /g, ' '), output }));
}
