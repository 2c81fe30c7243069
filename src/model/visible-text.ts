/** Marks that turn the direction of what follows: a text with them reads otherwise than it is (Unicode TR36, bidirectional text spoofing). */
const turnsText = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** A text that others wrote, or with parts that they wrote, without what cannot be seen and changes how it is read; its lines are kept. */
export const visibleLines = (text: string): string =>
  text.replaceAll(turnsText, '').replaceAll(/[^\P{Cc}\n]+|[\u2028\u2029]/gu, ' ');

/** The same in one line. */
export const visibleText = (text: string): string => visibleLines(text).replaceAll(/ *\n+ */g, ' ');
