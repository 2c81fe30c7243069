import type { z } from 'zod';

/** One sentence on what is wrong with which field: `instances[2].az: 'x1' is wrong: a zone like a or eu-central-1a`. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  const where = path.replace(/^\./, '') || 'input';
  const hasValue = issue.input !== undefined && (typeof issue.input !== 'object' || issue.input === null);
  const value = hasValue ? `${JSON.stringify(issue.input)}: ` : '';
  return `${where}: ${value}${issue.message}`;
}
