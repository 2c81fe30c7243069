import type { InstanceResult } from '../src/model/outcome.js';

/** A result in a few words: `updated`, or kind and reason code, as `skipped: up-to-date`. */
export const explainKindAndCode = (result: InstanceResult): string =>
  result.kind === 'updated'
    ? `updated${result.warning ? `, but ${result.warning.code}` : ''}`
    : `${result.kind}: ${result.reason.code}`;
