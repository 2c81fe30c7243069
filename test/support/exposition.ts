/** One series of a scrape. */
export interface Series {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** What a scrape of `/metrics` gives. */
export interface Scrape {
  /** Kind of each metric: a histogram once, under its own name. */
  types: Map<string, string>;
  /** Every series: those of a histogram under `_bucket`, `_sum` and `_count`. */
  series: Series[];
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const labelPair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads Prometheus's text format, as far as the SDK's exporter writes it. */
export function parseExposition(text: string): Scrape {
  const types = new Map<string, string>();
  const series: Series[] = [];
  for (const line of text.split('\n')) {
    const [, metric, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (metric && type) types.set(metric, type);
    if (line === '' || line.startsWith('#')) continue;
    const [, name, pairs = '', value] = sampleLine.exec(line) ?? [];
    if (!name) throw new Error(`not of Prometheus's text format: ${line}`);
    const labels = Object.fromEntries(
      [...pairs.matchAll(labelPair)].map(([, label = '', text = '']) => [label, unescaped(text)]),
    );
    series.push({ name, labels, value: Number(value) });
  }
  return { types, series };
}

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));

/** The metric that a series belongs to. */
export const metricOf = ({ types }: Scrape, name: string): string =>
  types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
