import { oneLine } from './one-line.js';

/** Texts of such characters alone mean themselves in any Markdown, wherever they stand behind a word of ours. */
const plain = /^[\p{L}\p{N} .,:;()%=×…-]*$/u;

/** What renderers make links of, or other characters, without being asked. */
const isTurned = /\p{L}\.\p{L}|:[^\s\d]|--|\.\./u;

/**
 * A text that others wrote, or with parts that they wrote, for Markdown: on one line, and as code where it has anything that a renderer could
 * take for a cell, a link, a formula or HTML. In code nothing means anything but what ends it, and no escape is needed: renderers differ in these.
 */
export function markdownText(text: string, longest: number): string {
  const line = oneLine(text, longest).replaceAll(/\p{Cs}/gu, '\uFFFD');
  if (plain.test(line) && !isTurned.test(line)) return line;
  return `\`${line.replaceAll('`', "'").replaceAll('|', '¦')}\``;
}

/** A row of a table; its cells are Markdown already. */
export const markdownRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The head of a table. */
export const markdownHead = (titles: readonly string[]): string =>
  `${markdownRow(titles)}\n${markdownRow(titles.map(() => '---'))}`;

/** Commands as they are to be typed. */
export const markdownCommands = (commands: readonly string[]): string =>
  commands.map((command) => `    ${oneLine(command, longestCommand)}`).join('\n');

const longestCommand = 300;

/** Bytes of a Markdown text in an address: so Temporal's UI hands it to its renderer. */
export const sizeInAddress = (text: string): number => encodeURIComponent(text).length;

/** Most of these bytes that a workflow shows: proxies before Temporal's UI, as nginx, take 8 KB for a request line. */
export const mostInAddress = 7000;
