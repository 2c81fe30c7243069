import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { conditionOf, type Condition } from './conditions.js';
import { likeAction, likeResource } from './patterns.js';
import type { AccessRequest } from './request.js';

/** A policy that cannot be enforced here; the message says which field, and why. */
export class PolicyError extends Error {
  override name = 'PolicyError';
}

const texts = z
  .union([z.string(), z.array(z.string()).min(1, 'must hold a text')], 'must be a text, or a list of texts')
  .transform((given) => (typeof given === 'string' ? [given] : given));

const statementSchema = z.strictObject({
  Sid: z
    .string()
    .regex(/^[A-Za-z0-9]+$/, 'must be of letters and digits')
    .optional(),
  Effect: z.enum(['Allow', 'Deny'], 'must be Allow or Deny'),
  Action: texts.refine(
    (all) => all.every((one) => /^(\*|[a-z0-9-]+:[a-z0-9*?]+)$/i.test(one)),
    'must be like ecs:ListTasks',
  ),
  Resource: texts.refine(
    (all) => all.every((one) => /^(\*|arn:([^:]*:){4}.+)$/.test(one)),
    'must be an ARN or *',
  ),
  Condition: z.record(z.string(), z.record(z.string(), texts)).default({}),
});

const documentSchema = z.strictObject({
  Version: z.literal('2012-10-17', "must be '2012-10-17'"),
  Id: z.string().optional(),
  Statement: z.array(statementSchema, 'must be a list of statements').min(1, 'must hold a statement'),
});

/** An IAM policy document as it stands in a file, its placeholders not filled in. */
export type PolicyDocument = z.input<typeof documentSchema>;

/** What the placeholders of a policy stand for: those that CloudFormation's Fn::Sub would fill in. */
export interface PolicyPlace {
  region: string;
  accountId: string;
  clusterName: string;
}

interface Statement {
  effect: 'Allow' | 'Deny';
  actions: readonly RegExp[];
  resources: readonly RegExp[];
  conditions: readonly Condition[];
}

/** A policy that requests can be held against. */
export type Policy = readonly Statement[];

/** Reads a policy document from a JSON file and checks it; throws {@link PolicyError} with the file's name. */
export async function loadPolicy(file: string): Promise<PolicyDocument> {
  try {
    const document: PolicyDocument = JSON.parse(await readFile(file, 'utf8'));
    // With any values: what they are is known once there is a fleet.
    parsePolicy(document, { region: 'eu-central-1', accountId: '123456789012', clusterName: 'any' });
    return document;
  } catch (error) {
    throw new PolicyError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Fills in the placeholders of a policy document and checks it; throws {@link PolicyError} also for what is right and not understood here. */
export function parsePolicy(document: unknown, place: PolicyPlace): Policy {
  const parsed = documentSchema.safeParse(filled(document, place));
  if (!parsed.success) throw new PolicyError(parsed.error.issues.map(problem).join('; '));
  return parsed.data.Statement.map(({ Effect, Action, Resource, Condition }, index) => ({
    effect: Effect,
    actions: Action.map(likeAction),
    resources: Resource.map(likeResource),
    conditions: Object.entries(Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, wanted]) => {
        const condition = conditionOf(operator, key, wanted);
        if (typeof condition === 'string')
          throw new PolicyError(`Statement[${index}].Condition: ${condition}`);
        return condition;
      }),
    ),
  }));
}

function problem({ code, path, message, ...issue }: z.core.$ZodIssue): string {
  const where = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  const keys = code === 'unrecognized_keys' && 'keys' in issue ? issue.keys : undefined;
  if (Array.isArray(keys))
    return `${where || 'policy'}: ${keys.join(', ')} is nothing that the simulator understands`;
  return `${where || 'policy'}: ${message}`;
}

function filled(value: unknown, place: PolicyPlace): unknown {
  if (typeof value === 'string') return fill(value, place);
  if (Array.isArray(value)) return value.map((item) => filled(item, place));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, filled(member, place)]));
}

function fill(text: string, { region, accountId, clusterName }: PolicyPlace): string {
  const values: Record<string, string> = {
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::AccountId': accountId,
    ClusterName: clusterName,
  };
  return text.replaceAll(/\$\{([^}]*)\}/g, (placeholder, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      throw new PolicyError(
        `${placeholder} is none of the placeholders ${Object.keys(values)
          .map((one) => `\${${one}}`)
          .join(', ')}`,
      );
    }
    return value;
  });
}

/** What policies say of a request: `denied` by a statement, or not allowed by any. */
export type Decision = 'allowed' | 'denied' | 'not-allowed';

/** Decides as IAM does for identity-based policies: a Deny stands above every Allow, and what nothing allows is refused (IAM user guide, policy evaluation logic). */
export function decide(policies: readonly Policy[], request: AccessRequest): Decision {
  const applying = policies.flat().filter((statement) => applies(statement, request));
  if (applying.some(({ effect }) => effect === 'Deny')) return 'denied';
  return applying.length > 0 ? 'allowed' : 'not-allowed';
}

const applies = ({ actions, resources, conditions }: Statement, request: AccessRequest): boolean =>
  actions.some((action) => action.test(request.action)) &&
  resources.some((resource) => resource.test(request.resource)) &&
  conditions.every((isMet) => isMet(request));
