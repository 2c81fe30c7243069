/** Compares two versions like `1.26.1` by their numbers; anything behind them counts as text. Negative when `a` is older. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Whether `a` is a later version than `b`. */
export const isNewer = (a: string, b: string): boolean => compareVersions(a, b) > 0;

/** First Bottlerocket version whose `apiclient` has the subcommand `get`, which our documents use; `update` is there since 1.0.5 (Bottlerocket's changelog). */
export const oldestUpdatableVersion = '1.5.0';
