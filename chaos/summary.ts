import Table from 'cli-table3';
import { explainKindAndCode } from './outcomes.js';
import type { RunSummary } from './many.js';

const phases = [
  'checking',
  'draining',
  'updating',
  'rebooting',
  'verifying',
  'activating',
  'settling',
] as const;

function counted(names: Iterable<string>): [name: string, count: number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted(([a, i], [b, j]) => j - i || a.localeCompare(b));
}

const table = (head: string[]): InstanceType<typeof Table> =>
  new Table({ head, style: { head: [], border: [] } });

/** What was done and what came of it, as tables. */
export function summaryOf(results: readonly RunSummary[]): string {
  const ends = results.flatMap((result) => result.ends);
  const reports = ends.flatMap(({ report }) => report ?? []);
  const done = results.flatMap(({ fired }) => fired).filter(({ effect }) => effect !== 'in vain');

  const whole = table(['figure', 'value']);
  whole.push(
    ['runs', String(results.length)],
    ['rollouts', String(ends.length)],
    ...counted(ends.map(({ status }) => status)).map(([status, n]) => [
      `  ${status.toLowerCase()}`,
      String(n),
    ]),
    ['instances', String(results.reduce((sum, { instances }) => sum + instances, 0))],
    ['things done to them', String(done.length)],
    ['runs with a violation', String(results.filter(({ violations }) => violations.length > 0).length)],
    ['violations', String(results.reduce((sum, { violations }) => sum + violations.length, 0))],
  );

  const outcomes = table(['outcome', 'instances']);
  const rows = reports.flatMap(({ groups }) =>
    groups.flatMap(({ result, ec2InstanceIds }) => ec2InstanceIds.map(() => explainKindAndCode(result))),
  );
  for (const [outcome, n] of counted(rows)) outcomes.push([outcome, String(n)]);

  const all = phases.map((phase) => String(done.filter((one) => one.phase === phase).length));
  const deeds = table(['what', ...phases, 'all']);
  for (const [what, n] of counted(done.map((one) => one.what))) {
    const own = done.filter((one) => one.what === what).map(({ phase }) => phase);
    const within = (phase: string) => own.filter((one) => one === phase).length;
    deeds.push([what, ...phases.map((phase) => String(within(phase) || '')), String(n)]);
  }
  deeds.push(['all', ...all, String(done.length)]);
  return [whole, outcomes, deeds].map((one) => one.toString()).join('\n');
}
