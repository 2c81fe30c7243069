import { readFileSync } from 'node:fs';

/** A row of the tables in `docs/metrics.md`. */
export interface DocumentedMetric {
  name: string;
  type: string;
  labels: string[];
  unit: string;
  meaning: string;
}

/** What `docs/metrics.md` says of metrics, by name. */
export function documentedMetrics(): Map<string, DocumentedMetric> {
  const rows = readFileSync('docs/metrics.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return new Map(
    rows.map(([, name = '', type = '', labels = '', unit = '', meaning = '']) => [
      name.replaceAll('`', ''),
      {
        name: name.replaceAll('`', ''),
        type,
        labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
        unit,
        meaning,
      },
    ]),
  );
}

/** What the SDK adds to what workflows tell. */
export const addedLabels: ReadonlySet<string> = new Set(['namespace', 'taskQueue', 'workflowType']);
