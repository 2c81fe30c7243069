import { parser } from '@prometheus-io/lezer-promql';
import type { Scrape, Series } from './exposition.js';

interface Matcher {
  label: string;
  operator: string;
  value: string;
}

/** What a query of Prometheus asks for. */
export interface Query {
  selectors: { metric: string; matchers: Matcher[] }[];
  /** Labels by which it groups or joins. */
  groupings: string[];
}

/** Reads a query with Prometheus's own grammar. Throws where it is none. */
export function parseQuery(text: string): Query {
  const query: Query = { selectors: [], groupings: [] };
  const parents: string[] = [];
  let matcher: Matcher = { label: '', operator: '', value: '' };
  parser.parse(text).iterate({
    enter: ({ type, from, to }) => {
      const own = text.slice(from, to);
      if (type.isError) throw new Error(`no PromQL at ${from}: ${text}`);
      if (type.name === 'Identifier' && parents.at(-1) === 'VectorSelector')
        query.selectors.push({ metric: own, matchers: [] });
      if (type.name === 'UnquotedLabelMatcher') {
        matcher = { label: '', operator: '', value: '' };
        query.selectors.at(-1)?.matchers.push(matcher);
      }
      if (type.name === 'LabelName' && parents.at(-1) === 'UnquotedLabelMatcher') matcher.label = own;
      if (type.name === 'LabelName' && parents.at(-1) === 'GroupingLabels') query.groupings.push(own);
      if (type.name === 'MatchOp') matcher.operator = own;
      if (type.name === 'StringLiteral') matcher.value = own.slice(1, -1);
      parents.push(type.name);
    },
    leave: () => void parents.pop(),
  });
  return query;
}

/** What Prometheus itself adds to the series of a scrape. */
const prometheusLabels: ReadonlySet<string> = new Set(['instance', 'job']);

/** Why a query would find nothing in a Prometheus that has made these scrapes; none: each part of it finds a series. */
export function misses(text: string, scrapes: readonly Scrape[]): string[] {
  const series = scrapes.flatMap((scrape) => scrape.series);
  const { selectors, groupings } = parseQuery(text);
  const found = selectors.flatMap(({ metric, matchers }) => {
    const own = series.filter(({ name }) => name === metric);
    return own.filter((one) => matchers.every((matcher) => meets(one, matcher)));
  });
  const known = new Set(found.flatMap(({ labels }) => Object.keys(labels)));
  return [
    ...selectors
      .filter(
        ({ metric, matchers }) =>
          !found.some((one) => one.name === metric && matchers.every((m) => meets(one, m))),
      )
      .map(
        ({ metric, matchers }) =>
          `no series ${metric}{${matchers.map(({ label, operator, value }) => label + operator + value).join()}}`,
      ),
    ...groupings
      .filter((label) => !known.has(label) && !prometheusLabels.has(label))
      .map((label) => `no series with the label ${label}`),
  ];
}

/** A label that is missing is no series' empty one here: a misspelt label is to be found. */
function meets({ labels }: Series, { label, operator, value }: Matcher): boolean {
  const own = labels[label];
  if (own === undefined) return false;
  const isLike = new RegExp(`^(?:${value})$`).test(own);
  switch (operator) {
    case '=':
      return own === value;
    case '!=':
      return own !== value;
    case '=~':
      return isLike;
    case '!~':
      return !isLike;
    default:
      throw new Error(`unknown operator ${operator}`);
  }
}
