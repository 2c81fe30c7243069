import ms from 'ms';

/** Reads a duration with its unit, as `90s`, `25m`, `1.5h` or `2d`, into milliseconds; undefined: it is none. */
export function parseDuration(text: string): number | undefined {
  return isDuration(text) ? Math.round(ms(text)) : undefined;
}

/** What a duration looks like. */
export const durationForm = /^\d+(\.\d+)?(ms|s|m|h|d)$/;

const isDuration = (text: string): text is ms.StringValue => durationForm.test(text);
