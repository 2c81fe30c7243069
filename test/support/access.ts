import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { nobodys } from '../../src/aws/nobody.js';
import type { PolicyDocument } from '../../src/simulator/iam/policy.js';
import type { AccessRequest } from '../../src/simulator/iam/request.js';
import type { SimulatorOptions } from '../../src/simulator/simulator.js';
import { kindOf, type PolicyName } from './access-records.js';
import { principals } from './installation.js';

const files: Record<PolicyName, string> = { worker: 'iam-policy.json', operator: 'iam-policy-operator.json' };

/** Reads one of the policies that we ship. */
export async function shippedPolicy(name: PolicyName): Promise<PolicyDocument> {
  const text = await readFile(new URL(`../../deploy/${files[name]}`, import.meta.url), 'utf8');
  const document: PolicyDocument = JSON.parse(text);
  return document;
}

/** Sessions of a role that a cluster names are the worker's and those of whoever types commands; it has both policies. */
const role = 'assumed-role/ecs-updater';
/** Another, that has what deploy/cross-account-role.yaml gives it. */
const roleOfStack = 'assumed-role/ecs-updater-stack';
const workers: readonly string[] = [principals.worker, principals.otherWorker];

/** What makes a simulator enforce the policies that we ship, and record what is asked, for all but the access keys that are `free`; `refuse` is told what they refuse. */
export async function underPolicies(
  free: readonly string[],
  refuse: (action: string) => void,
): Promise<Pick<SimulatorOptions, 'policies' | 'observeAccess'>> {
  const operator = await shippedPolicy('operator');
  return {
    policies: [
      {
        document: await shippedPolicy('worker'),
        principals: [...workers.filter((key) => !free.includes(key)), role, roleOfStack],
      },
      {
        document: operator,
        principals: [...[principals.commands].filter((key) => !free.includes(key)), role],
      },
      {
        document: {
          ...operator,
          Statement: operator.Statement.filter(
            ({ Sid }) => Sid === 'FindAttributes' || Sid === 'ReadDocuments',
          ),
        },
        principals: [roleOfStack],
      },
    ],
    observeAccess: (principal, request, decision, input) => {
      if (decision !== 'allowed') refuse(request.action);
      else if (!isProbe(input)) record(principal, request);
    },
  };
}

/**
 * Whether a call only tries whether it is allowed: it asks about what nobody has, for a page of at most five, or for nothing to be done. It proves no
 * need of a permission, since every permission is tried.
 */
function isProbe(input: Readonly<Record<string, unknown>>): boolean {
  const pageSize = input['maxResults'] ?? input['MaxResults'] ?? input['MaxRecords'];
  if (Number(pageSize ?? Infinity) <= 5 || String(input['DryRun']) === 'true') return true;
  const text = JSON.stringify(input);
  return Object.values(nobodys).some((one) => text.includes(JSON.stringify(one)));
}

const recorded = new Set<string>();

/** Notes once what an access key with one of the policies was allowed; what a role was is of both. */
function record(principal: string, request: AccessRequest): void {
  if (principal.startsWith(role)) return;
  const line = JSON.stringify({
    by: workers.includes(principal) ? 'worker' : 'operator',
    ...kindOf(request),
  });
  if (recorded.has(line)) return;
  recorded.add(line);
  // The recording of histories keeps none.
  const folder: string | undefined = inject('accessRecords');
  if (folder !== undefined) appendFileSync(join(folder, `${process.pid}.jsonl`), `${line}\n`);
}
