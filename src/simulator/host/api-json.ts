/** The same value with the members of every object in alphabetical order, as serde_json keeps an untyped value. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}

/** Both objects in one, the later one's values where both have some (apiclient/src/get/merge_json.rs). */
export function merge(into: unknown, from: unknown): unknown {
  if (typeof into !== 'object' || into === null || typeof from !== 'object' || from === null) {
    return from;
  }
  if (Array.isArray(into) || Array.isArray(from)) {
    return from;
  }
  const result: Record<string, unknown> = { ...into };
  for (const [key, value] of Object.entries(from)) {
    result[key] = key in result ? merge(result[key], value) : value;
  }
  return result;
}
