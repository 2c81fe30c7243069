import { type FailureMark, type FailureRules, forbiddenBy, parseFailure } from '../src/model/failures.js';
import { drainedAttribute, failedAttribute } from '../src/model/names.js';
import { parseMark } from '../src/model/ownership.js';
import type { RequestEntry } from '../src/simulator/kernel.js';
import type { Simulator } from '../src/simulator/simulator.js';
import { workerPrincipal } from './phases.js';

interface Attribute {
  name?: string;
  value?: string;
  targetId?: string;
}

/** Invariant 9: drains for a version that had failed on the instance before its back-off had passed. */
export function judgeMemory({ fleet }: Simulator, rules: FailureRules): string[] {
  const failures = new Map<string, FailureMark>();
  const found: string[] = [];
  for (const entry of fleet.journal.entries) {
    if (entry.kind !== 'request' || entry.principal !== workerPrincipal || entry.status !== 200) continue;
    const attributes = attributesIn(entry);
    if (entry.action === 'DeleteAttributes') {
      for (const { name, targetId = '' } of attributes)
        if (name === failedAttribute) failures.delete(targetId);
    } else if (entry.action === 'PutAttributes') {
      for (const { name, value = '', targetId = '' } of attributes) {
        if (name === failedAttribute) failures.set(targetId, parseFailure(value));
        if (name !== drainedAttribute) continue;
        const { target, since, held } = parseMark(value);
        const forbidden =
          target !== undefined && !held
            ? forbiddenBy(failures.get(targetId) ?? null, target, rules, Date.parse(since))
            : null;
        if (forbidden) found.push(`invariant 9: ${targetId} was taken for ${target} while ${forbidden.code}`);
      }
    }
  }
  return found;
}

function attributesIn({ parameters }: RequestEntry): Attribute[] {
  if (typeof parameters !== 'object' || parameters === null || !('attributes' in parameters)) return [];
  return Array.isArray(parameters.attributes) ? parameters.attributes : [];
}
