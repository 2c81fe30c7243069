import type { z } from 'zod';
import { closest } from './closest.js';
import { type FileJsonSchema, fileJsonSchema } from './file-schema.js';
import { type Problem, quoted } from './problem.js';
import type { FieldPath, ReadFile } from './yaml-file.js';

/**
 * Says in a sentence each what the schema finds wrong with a file, in the order of the file. `filledIn`: what is missing is missing in the
 * defaults, too.
 */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  file: ReadFile,
  { filledIn = false } = {},
): Problem[] {
  const problems = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(fieldPath(issue.path), key, file))
      : [wrongValue(issue, file, filledIn ? ', here and in defaults' : '')],
  );
  return problems.toSorted((a, b) => a.offset - b.offset);
}

/** `clusters[0].schedule.cron`; empty for the whole file. What is no common word is quoted: a file may hold anything. */
export const pathText = (path: FieldPath): string =>
  path
    .map((part) =>
      typeof part === 'number' ? `[${part}]` : `.${/^[\w-]{1,80}$/.test(part) ? part : quoted(part)}`,
    )
    .join('')
    .replace(/^\./, '');

const fieldPath = (path: readonly PropertyKey[]): FieldPath =>
  path.map((part) => (typeof part === 'number' ? part : String(part)));

function wrongValue(issue: z.core.$ZodIssue, file: ReadFile, everywhere: string): Problem {
  const path = fieldPath(issue.path);
  const offset = file.offsetOf(path);
  const value = valueAt(file.data, path);
  const field = pathText(path) || 'the file';
  if (value === undefined) return { offset, message: `${field} is missing${everywhere}.` };
  if (value === null) return { offset, message: emptyField(path) };
  // Whoever writes a secret where its name belongs must not find it in a log.
  const shown = field.endsWith('FromEnv') ? '' : quoted(value);
  return { offset, message: sentence([field, shown, faultOf(issue)].filter(Boolean).join(' ')) };
}

function emptyField(path: FieldPath): string {
  if (path.length === 0) return 'nothing but comments stands here. Write a file with: ecs-updater init';
  const remedy = path.length === 1 ? 'Name one.' : 'Give it a value, or leave it out.';
  return `${pathText(path)} is empty. ${remedy}`;
}

function faultOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union' && 'options' in issue) {
    return `is none of ${(issue.options ?? []).map((option) => `'${String(option)}'`).join(', ')}`;
  }
  return issue.message;
}

const sentence = (text: string): string => (/[.?]$/.test(text) ? text : `${text}.`);

/** More make no sentence. */
const fewKeys = 8;

/** Which keys there are, and where. */
const known = fileJsonSchema();

function unknownKey(parent: FieldPath, key: string, file: ReadFile): Problem {
  const path = [...parent, key];
  const keys = keysAt(known, parent);
  const near = closest(key, keys);
  const elsewhere = placesOf(known, key).find((place) => pathText(place) !== pathText(parent));
  const hint =
    near !== undefined
      ? ` Did you mean ${near}?`
      : elsewhere !== undefined
        ? ` It belongs to ${pathText(elsewhere)}.`
        : ` ${keys.length > fewKeys ? 'docs/configuration.md has all that are' : `Known here are ${keys.join(', ')}`}.`;
  return { offset: file.offsetOf(path, 'key'), message: `${pathText(path)} is not known.${hint}` };
}

function valueAt(data: unknown, path: FieldPath): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Object.entries(value).find(([name]) => name === String(part))?.[1];
  }
  return value;
}

type Properties = [name: string, schema: FileJsonSchema][];

/** Schemas that a schema offers as choices, itself among them. */
const choices = (schema: FileJsonSchema): FileJsonSchema[] => [
  schema,
  ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((choice) =>
    isSchema(choice) ? choices(choice) : [],
  ),
];

const isSchema = (schema: unknown): schema is FileJsonSchema =>
  typeof schema === 'object' && schema !== null && !Array.isArray(schema);

const propertiesOf = (schema: FileJsonSchema): Properties =>
  choices(schema).flatMap(({ properties = {} }) =>
    Object.entries(properties).flatMap(([name, property]): Properties =>
      isSchema(property) ? [[name, property]] : [],
    ),
  );

const itemsOf = (schema: FileJsonSchema): FileJsonSchema[] =>
  choices(schema).flatMap(({ items }) => (isSchema(items) ? [items] : []));

/** Keys that a map at this place may have. */
function keysAt(schema: FileJsonSchema, path: FieldPath): string[] {
  let here = [schema];
  for (const part of path) {
    here = here.flatMap((one) =>
      typeof part === 'number'
        ? itemsOf(one)
        : propertiesOf(one).flatMap(([name, property]) => (name === part ? [property] : [])),
    );
  }
  return [...new Set(here.flatMap(propertiesOf).map(([name]) => name))].filter((name) => name !== '$schema');
}

/** Where a key belongs: the maps that may have it. */
function placesOf(schema: FileJsonSchema, key: string, path: FieldPath = []): FieldPath[] {
  const properties = propertiesOf(schema);
  return [
    ...(path.length > 0 && properties.some(([name]) => name === key) ? [path] : []),
    ...properties.flatMap(([name, property]) => placesOf(property, key, [...path, name])),
  ];
}
