/** Something in a file that cannot be used. */
export interface Problem {
  /** Where it begins: characters from the start of the file. */
  offset: number;
  /** The fact, with field and value, and what to do. One line. */
  message: string;
}

/** A file that cannot be used. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';

  /** `lines`: one for each problem, as `ecs-updater.yaml:7:5: …`. */
  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'));
  }
}

/** Longer values are cut where they are quoted. */
const longestValue = 80;

/** A value as it is quoted; nothing for a list or a map, which would be long. */
export function quoted(value: unknown): string {
  if (typeof value === 'object' && value !== null) return '';
  const text = JSON.stringify(value) ?? '';
  return text.length <= longestValue ? text : `${text.slice(0, longestValue - 1)}…`;
}
