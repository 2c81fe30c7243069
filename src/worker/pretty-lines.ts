import { Writable } from 'node:stream';
import pc from 'picocolors';
import { plainText } from './plain-text.js';

const dull = new Set([
  'level',
  'time',
  'name',
  'msg',
  'err',
  'sdkComponent',
  'namespace',
  'attempt',
  'isLocal',
]);

/** Turns JSON log lines into lines for people: time, level, message, then the fields that tell lines apart. */
export function prettyLines(out: { write(text: string): unknown }): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      for (const line of String(chunk).split('\n')) {
        if (line !== '') out.write(`${prettyLine(line)}\n`);
      }
      done();
    },
  });
}

/**
 * One JSON log line as a line for people, with the stack of its error in lines below; anything else stays as it is. Either way without what
 * would steer a terminal: JSON escapes it, and reading JSON brings it back.
 */
export function prettyLine(json: string): string {
  const entry = parsed(json);
  if (entry === undefined) return plainText(json);
  const time = pc.dim(text(entry['time']).slice(11, 19));
  const fields = Object.entries(entry).filter(([name]) => !dull.has(name));
  const details = fields.map(([name, value]) => pc.dim(`${plainText(name)}=${text(value)}`)).join(' ');
  return [time, coloured(text(entry['level'])), text(entry['msg']), details, errorOf(entry['err'])]
    .filter((part) => part !== '')
    .join(' ');
}

function parsed(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function errorOf(err: unknown): string {
  if (!isRecord(err)) return '';
  // Indented, so that none of them looks like a line of the log.
  const lines = rawText(err['stack'] ?? err['message']).split('\n');
  return lines.map((line) => `\n  ${plainText(line)}`).join('');
}

function coloured(level: string): string {
  const padded = level.toUpperCase().padEnd(5);
  if (level === 'error' || level === 'fatal') return pc.red(padded);
  if (level === 'warn') return pc.yellow(padded);
  return pc.dim(padded);
}

const rawText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

const text = (value: unknown): string => plainText(rawText(value));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
