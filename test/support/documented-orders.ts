import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = readFileSync(fileURLToPath(new URL('../../docs/operations.md', import.meta.url)), 'utf8');

/** Those in which every order can be given at any time, as `docs/operations.md` documents. */
export const commandLines = ['ecs-updater', 'temporal'] as const;

export type CommandLine = (typeof commandLines)[number];

const begins: Record<CommandLine, RegExp> = {
  'ecs-updater': /^ {4}(ecs-updater (\w+) .*--reason .*)$/,
  temporal: /^ {4}(temporal workflow execute .*"order": "(\w+)".*)$/,
};

/** The cluster and the instance in the page's examples. */
export const examples = { cluster: 'prod', instance: 'i-0abc1234def567890', version: '1.26.1' };

/** The lines for one of them, by what they order: `pause`, `pause instance`, `clear instance`, `clear version`. */
export function documentedOrders(way: CommandLine): Map<string, string> {
  const orders = new Map<string, string>();
  for (const text of page.split('\n')) {
    const [, line, order] = begins[way].exec(text) ?? [];
    if (line === undefined || order === undefined) continue;
    const { instance, version } = examples;
    const of = line.includes(instance) ? ' instance' : line.includes(version) ? ' version' : '';
    orders.set(`${order}${of}`, line);
  }
  return orders;
}

/** The reason in such an example. */
export function documentedReason(order: string): string {
  const line = documentedOrders('ecs-updater').get(order) ?? '';
  const [, reason] = /--reason '([^']*)'/.exec(line) ?? [];
  if (reason === undefined) throw new Error(`${order} has no reason in: ${line}`);
  return reason;
}

/** What the page has one send straight to a rollout, in its order. */
export const straightOrders = (): string[] =>
  page
    .split('\n')
    .flatMap((text) => /^ {4}(temporal workflow (?:update execute|signal) .*)$/.exec(text)?.[1] ?? []);
