import ms from 'ms';

/** Reads a duration with its unit, as `90s`, `25m`, `1.5h` or `2d`, into milliseconds; undefined: it is none. */
export function parseDuration(text: string): number | undefined {
  return isDuration(text) ? Math.round(ms(text)) : undefined;
}

/** Writes milliseconds as {@link parseDuration} reads them, in the largest unit that gives a whole number. */
export function durationText(durationMs: number): string {
  const [unit, size] = units.find(([, size]) => durationMs >= size && durationMs % size === 0) ?? ['s', 1000];
  return durationMs % size === 0 ? `${durationMs / size}${unit}` : `${durationMs}ms`;
}

/** What a duration looks like. */
export const durationForm = /^\d+(\.\d+)?(ms|s|m|h|d)$/;

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

const isDuration = (text: string): text is ms.StringValue => durationForm.test(text);
