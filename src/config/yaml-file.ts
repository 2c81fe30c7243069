import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { ConfigFileError, type Problem, quoted } from './problem.js';

/** A configuration file as text. */
export interface SourceText {
  /** As messages name it. */
  file: string;
  text: string;
}

/** A field: keys and positions in lists. */
export type FieldPath = readonly (string | number)[];

/** What a file says, and where it says it. */
export interface ReadFile {
  data: unknown;
  /** Where a field stands, or the nearest that stands there of those that hold it; `key`: its name rather than its value. Characters from the start. */
  offsetOf(path: FieldPath, of?: 'key' | 'value'): number;
  /** As `ecs-updater.yaml:7:5`. */
  place(offset: number): string;
}

/** An anchor that is used so often is no configuration: a few lines could fill the memory. */
const mostAliases = 100;

/** Reads YAML, or JSON. Throws {@link ConfigFileError} for what is neither. */
export function readYaml({ file, text }: SourceText): ReadFile {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  if (text.trim() === '') {
    throw new ConfigFileError([`${file} is empty. Write one with: ecs-updater init`]);
  }
  // The lines are known once it was parsed; only then can a problem be placed.
  const document = parse(text, lines, file);
  const isJson = file.endsWith('.json');
  const problems = isJson ? jsonProblems(document, text) : yamlProblems(document, text);
  if (problems.length > 0) {
    throw new ConfigFileError(problems.map(({ offset, message }) => `${place(offset)}: ${message}`));
  }
  const data: unknown = isJson ? JSON.parse(text) : plain(document, file);
  return {
    data,
    offsetOf: (path, of = 'value') => offsetOf(document, path, of),
    place,
  };
}

function parse(text: string, lineCounter: LineCounter, file: string): Document.Parsed {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false, merge: true });
  } catch (err) {
    throw tooDeep(err, file);
  }
}

function plain(document: Document, file: string): unknown {
  try {
    const data: unknown = document.toJS({ maxAliasCount: mostAliases });
    return data;
  } catch (err) {
    if (err instanceof ReferenceError) {
      throw new ConfigFileError([
        `${file} uses its anchors more than ${mostAliases} times. Write out what they stand for.`,
      ]);
    }
    throw tooDeep(err, file);
  }
}

/** The parser calls itself for each level. */
function tooDeep(err: unknown, file: string): unknown {
  return err instanceof RangeError ? new ConfigFileError([`${file} is nested too deeply.`]) : err;
}

/** JSON is judged by who knows it best; the YAML parser takes more. */
function jsonProblems(document: Document.Parsed, text: string): Problem[] {
  try {
    JSON.parse(text);
    return doubles(document, text);
  } catch (err) {
    const comment = /\/[/*]/.exec(text.replaceAll(/"(\\.|[^"\\\n])*"/g, (found) => '"'.repeat(found.length)));
    if (comment) {
      return [
        {
          offset: comment.index,
          message: 'JSON has no comments. Leave this one out, or call the file .yaml and begin it with #.',
        },
      ];
    }
    const message = err instanceof Error ? err.message : String(err);
    // Some of Node's sentences have a position, and some quote the whole file.
    const [, fact = message, position] =
      /^(.*?)(?:, (?:\.{3})?".*| (?:in JSON )?at position (\d+).*)?$/s.exec(message) ?? [];
    const offset = position === undefined ? (document.errors[0]?.pos[0] ?? 0) : Number(position);
    return [{ offset, message: `is no JSON: ${fact.replaceAll(/\s+/g, ' ')}.` }];
  }
}

function yamlProblems(document: Document.Parsed, text: string): Problem[] {
  const [first] = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (first?.code === 'DUPLICATE_KEY') return doubles(document, text);
  // One slip makes several errors: the first is the one to mend.
  if (first) return [problemOf(first, text)];
  const problems: Problem[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return;
      const message = `${quoted(alias.source)} is an alias without an anchor. ${quoteIt}`;
      problems.push({ offset: alias.range?.[0] ?? 0, message });
    },
  });
  return problems;
}

const doubles = ({ errors }: Document.Parsed, text: string): Problem[] =>
  errors.filter(({ code }) => code === 'DUPLICATE_KEY').map((error) => problemOf(error, text));

const problemOf = (error: YAMLError, text: string): Problem => ({
  offset: error.pos[0],
  message: sentence(error, text),
});

const quoteIt = `A value that begins with *, @ or % has to stand in quotes, as '*/5 * * * *'.`;

function sentence({ code, message, pos: [offset] }: YAMLError, text: string): string {
  if (isQuotingSlip(text, offset)) return `is no YAML. ${quoteIt}`;
  if (code === 'DUPLICATE_KEY') return `${keyAt(text, offset)} is there twice. Leave one out.`;
  if (/without - indicator|at the same column/.test(message)) return misaligned;
  return sentences[code] ?? `is no YAML: ${(message.split('\n')[0] ?? '').replace(/[:.]$/, '')}.`;
}

const misaligned =
  'is no YAML: this line is indented neither as the one before nor as any that holds it. Indent the fields of one thing alike, by blanks.';

/** Errors that the parser words for people who know YAML. */
const sentences: Partial<Record<ErrorCode, string>> = {
  BLOCK_AS_IMPLICIT_KEY: `is no YAML: a field begins here in a value that is there already. Indent fields of one thing alike; a value that has ': ' in it has to stand in quotes.`,
  TAB_AS_INDENT: 'is indented by a tab, which YAML forbids. Use blanks.',
  MULTIPLE_DOCS: 'a second document begins here. Leave one: several clusters stand in one list.',
  RESOURCE_EXHAUSTION: 'is nested too deeply.',
};

/** The key that begins here. */
const keyAt = (text: string, offset: number): string =>
  /^("[^"\n]*"|'[^'\n]*'|[^\s:,{}]+)/.exec(text.slice(offset))?.[0] ?? 'a key';

/** Whether the line of an error has a value that begins as a cron expression does and YAML values must not. */
function isQuotingSlip(text: string, offset: number): boolean {
  const begin = text.lastIndexOf('\n', offset - 1) + 1;
  const [line = ''] = text.slice(begin).split('\n');
  return /^\s*(-\s+)?([\w-]+:\s+)?[*@%]/.test(line);
}

/** Walks to a field, through aliases and merged maps, as far as it stands there. */
function offsetOf(document: Document, path: FieldPath, of: 'key' | 'value'): number {
  let offset = 0;
  let node: unknown = document.contents;
  for (const [depth, part] of path.entries()) {
    const here = isAlias(node) ? node.resolve(document) : node;
    const isLast = depth === path.length - 1;
    if (isMap(here)) {
      const pair = here.items.find(
        ({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(part),
      );
      if (!pair) return offset;
      const key = startOf(pair.key) ?? offset;
      offset = isLast && of === 'key' ? key : (startOf(pair.value) ?? key);
      node = pair.value;
    } else if (isSeq(here)) {
      node = here.items[Number(part)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  if (!isNode(node) || !node.range) return undefined;
  // What is left empty has no place of its own.
  const [start, end] = node.range;
  return isScalar(node) && node.value === null && start === end ? undefined : start;
}
