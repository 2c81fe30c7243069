import { stripVTControlCharacters } from 'node:util';

/** Marks that turn the direction of what follows: a text with them reads otherwise than it is (Unicode TR36, bidirectional text spoofing). */
const turnsText = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/**
 * What hosts, AWS and operators said, fit for a terminal and for a line of a log: without escape sequences, control characters and line
 * breaks. Whoever may write a reason must not be able to clear a screen, or to fake a line.
 */
export const plainText = (text: string): string =>
  stripVTControlCharacters(text)
    .replaceAll(turnsText, '')
    .replaceAll(/\p{Cc}+|[\u2028\u2029]/gu, ' ');
