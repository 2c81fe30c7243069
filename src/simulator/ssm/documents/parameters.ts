import { AwsError } from '../../kernel.js';
import type { CommandDocument, DocumentParameter, DocumentStep } from './content.js';

/** Values of a document's parameters: a list for `StringList`, else one text. */
export type ParameterValues = Record<string, string | string[]>;

/** Checks what SendCommand gave against what the document declares, and fills in the defaults. */
export function resolveParameters(
  { parameters }: CommandDocument,
  given: Record<string, string[]>,
): ParameterValues {
  const unknown = Object.keys(given).find((name) => !(name in parameters));
  if (unknown !== undefined) {
    throw invalid(`Parameter ${unknown} is not defined in the document.`);
  }
  return Object.fromEntries(
    Object.entries(parameters).map(([name, declared]) => [name, resolve(name, declared, given[name])]),
  );
}

function resolve(name: string, declared: DocumentParameter, given: string[] | undefined): string | string[] {
  const values = given ?? defaultsOf(declared);
  if (values === undefined) {
    throw invalid(`Parameter ${name} is required.`);
  }
  if (declared.type === 'StringList') {
    checkCount(name, declared, values);
  } else if (values.length !== 1) {
    throw invalid(`Parameter ${name} takes one value.`);
  }
  for (const value of values) {
    checkValue(name, declared, value);
  }
  return declared.type === 'StringList' ? values : (values[0] ?? '');
}

function defaultsOf({ default: value }: DocumentParameter): string[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  return Array.isArray(value) ? value.map(asText) : [asText(value)];
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function checkCount(
  name: string,
  { minItems = 0, maxItems = Infinity }: DocumentParameter,
  values: string[],
): void {
  if (values.length < minItems || values.length > maxItems) {
    throw invalid(`Parameter ${name} has ${values.length} items.`);
  }
}

function checkValue(name: string, declared: DocumentParameter, value: string): void {
  const { type, allowedValues, allowedPattern, minChars = 0, maxChars = Infinity } = declared;
  const isOfType =
    type === 'Boolean' ? /^(true|false)$/i.test(value) : type === 'Integer' ? /^-?\d+$/.test(value) : true;
  if (!isOfType) {
    throw invalid(`Parameter ${name} is no ${type}.`);
  }
  if (allowedValues && !allowedValues.map(String).includes(value)) {
    throw invalid(`Parameter ${name} has a value that is not allowed.`);
  }
  // The service matches the whole value.
  if (allowedPattern !== undefined && !new RegExp(`^(?:${allowedPattern})$`).test(value)) {
    throw invalid(`Parameter ${name} does not match the pattern ${allowedPattern}.`);
  }
  if (value.length < minChars || value.length > maxChars) {
    throw invalid(`Parameter ${name} has ${value.length} characters.`);
  }
}

const invalid = (message: string): AwsError => new AwsError('InvalidParameters', message);

/** The script of an `aws:runShellScript` step, parameters put in textually, as SSM does. */
export function scriptOf(step: DocumentStep, values: ParameterValues): string {
  return linesOf(step.inputs['runCommand'], values).join('\n');
}

/** Limit of the step itself, seconds; SSM's default is an hour. */
export function stepTimeout(step: DocumentStep, values: ParameterValues): number {
  const [text = ''] = linesOf(step.inputs['timeoutSeconds'], values);
  const seconds = Number(text);
  return text === '' || !Number.isFinite(seconds) ? 3600 : seconds;
}

function linesOf(input: unknown, values: ParameterValues): string[] {
  if (input === undefined) {
    return [];
  }
  const texts: unknown[] = Array.isArray(input) ? input : [input];
  return texts.flatMap((text) => expand(asText(text), values));
}

function expand(text: string, values: ParameterValues): string[] {
  const whole = /^\{\{\s*([a-zA-Z0-9_]+)\s*\}\}$/.exec(text.trim());
  const list = whole ? values[whole[1] ?? ''] : undefined;
  if (Array.isArray(list)) {
    return list;
  }
  const replaced = text.replace(/\{\{\s*([a-zA-Z0-9_]+)\s*\}\}/g, (match, name: string) => {
    const value = values[name];
    return value === undefined ? match : asText(value);
  });
  return [replaced];
}
