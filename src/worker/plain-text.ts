import { stripVTControlCharacters } from 'node:util';
import { visibleText } from '../model/visible-text.js';

/**
 * What hosts, AWS and operators said, fit for a terminal and for a line of a log: without escape sequences, control characters and line
 * breaks. Whoever may write a reason must not be able to clear a screen, or to fake a line.
 */
export const plainText = (text: string): string => visibleText(stripVTControlCharacters(text));
