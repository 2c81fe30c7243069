import { readFile } from 'node:fs/promises';
import { parseDocument } from '../../../src/simulator/ssm/documents/content.js';
import type { CommandDocument } from '../../../src/simulator/ssm/documents/content.js';
import { resolveParameters, scriptOf } from '../../../src/simulator/ssm/documents/parameters.js';

export type Role = 'check' | 'apply' | 'reboot';

/** Content of one of the product's documents. */
export const contentOf = (role: Role): Promise<string> =>
  readFile(new URL(`../../../deploy/ssm/ecs-updater-${role}.json`, import.meta.url), 'utf8');

export const documentOf = async (role: Role): Promise<CommandDocument> =>
  parseDocument(await contentOf(role), 'JSON');

/** The script of a document with its parameters put in, as a host gets it. */
export async function scriptWith(role: Role, parameters: Record<string, string>): Promise<string> {
  const document = await documentOf(role);
  const values = resolveParameters(
    document,
    Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
  );
  return document.mainSteps.map((step) => scriptOf(step, values)).join('\n');
}
