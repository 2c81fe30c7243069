import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = readFileSync(fileURLToPath(new URL('../../docs/operations.md', import.meta.url)), 'utf8');

/** The ways to give every order that `docs/operations.md` documents, at any time. */
export const ways = ['ecs-updater', 'temporal'] as const;

export type Way = (typeof ways)[number];

const begins: Record<Way, RegExp> = {
  'ecs-updater': /^ {4}(ecs-updater (\w+) .*--reason .*)$/,
  temporal: /^ {4}(temporal workflow execute .*"order": "(\w+)".*)$/,
};

/** The cluster and the instance in the page's examples. */
export const examples = { cluster: 'prod', instance: 'i-0abc1234def567890', version: '1.26.1' };

/** The command lines of a way, by what they order: `pause`, `pause instance`, `clear instance`, `clear version`. */
export function documentedOrders(way: Way): Map<string, string> {
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

/** What the page has one send straight to a rollout, in its order. */
export const straightOrders = (): string[] =>
  page
    .split('\n')
    .flatMap((text) => /^ {4}(temporal workflow (?:update execute|signal) .*)$/.exec(text)?.[1] ?? []);
