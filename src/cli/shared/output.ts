import { Option } from 'commander';
import { stringify } from 'yaml';

/** How a command prints its answer. */
export type OutputForm = 'table' | 'json' | 'yaml';

/** `-o table|json|yaml`. */
export const outputOption = (): Option =>
  new Option('-o, --output <form>', 'how to print it').choices(['table', 'json', 'yaml']).default('table');

/** An answer for programs. */
export const printed = (form: Exclude<OutputForm, 'table'>, answer: unknown): string =>
  form === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : stringify(answer);
