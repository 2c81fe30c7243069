import { Option } from 'commander';
import { stringify } from 'yaml';

/** How a command prints its answer. */
export type OutputForm = 'table' | 'json' | 'yaml';

/** `-o table|json|yaml`, and what else a command knows. */
export const outputOption = (...more: readonly string[]): Option =>
  new Option('-o, --output <form>', 'how to print it')
    .choices(['table', ...more, 'json', 'yaml'])
    .default('table');

/** An answer for programs. What would steer a terminal, and JSON need not escape, is escaped all the same. */
export const printed = (form: Exclude<OutputForm, 'table'>, answer: unknown): string =>
  (form === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : stringify(answer)).replaceAll(
    /[\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
