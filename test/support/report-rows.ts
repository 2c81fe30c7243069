import type { InstanceResult } from '../../src/model/outcome.js';
import type { RolloutReport } from '../../src/model/report.js';

/** A result in a word or two: `updated`, `skipped: up-to-date`. */
const brief = (result: InstanceResult): string =>
  result.kind === 'updated'
    ? `updated${result.warning ? `, but ${result.warning.code}` : ''}`
    : `${result.kind}: ${result.reason.code}`;

/** Each instance's result in brief. An instance that stands in two groups shows both. */
export function rowsOf(report: RolloutReport): Record<string, string> {
  const rows: Record<string, string> = {};
  for (const { result, ec2InstanceIds } of report.groups) {
    for (const id of ec2InstanceIds) rows[id] = rows[id] ? `${rows[id]} AND ${brief(result)}` : brief(result);
  }
  return rows;
}
