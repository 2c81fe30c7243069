import { AwsError } from '../kernel.js';

/** A filter of a Describe call: any of its values, all of the filters. */
export interface Filter {
  name: string;
  values: readonly string[];
}

/** The filters that an action knows, and an item's values for each. */
export interface FilterSet<T> {
  knows(name: string): boolean;
  valuesOf(item: T, name: string): readonly string[];
}

const escape = (text: string): string => text.replace(/[.+^${}()|[\]\\]/g, '\\$&');

/** EC2's wildcards: `*` any text, `?` one character. */
const toPattern = (value: string): RegExp =>
  new RegExp(`^${escape(value).replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');

/** The items that pass every filter; an unknown filter is refused, as by EC2, even if there are no items. */
export function applyFilters<T>(items: readonly T[], filters: readonly Filter[], set: FilterSet<T>): T[] {
  for (const { name } of filters) {
    if (!set.knows(name)) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
  }
  const tests = filters.map(({ name, values }) => ({ name, patterns: values.map(toPattern) }));
  return items.filter((item) =>
    tests.every(({ name, patterns }) => {
      const own = set.valuesOf(item, name);
      return patterns.some((pattern) => own.some((value) => pattern.test(value)));
    }),
  );
}
