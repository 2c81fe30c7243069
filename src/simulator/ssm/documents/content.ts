import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { AwsError } from '../../kernel.js';

/** SSM refuses larger ones with MaxDocumentSizeExceeded. */
const maxContentLength = 65_536;

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const parameterSchema = z.strictObject({
  type: z.enum(['String', 'StringList', 'Boolean', 'Integer', 'MapList', 'StringMap']),
  description: z.string().optional(),
  default: z.unknown().optional(),
  displayType: z.string().optional(),
  allowedValues: z.array(scalar).min(1).optional(),
  allowedPattern: z.string().optional(),
  minChars: z.coerce.number().optional(),
  maxChars: z.coerce.number().optional(),
  minItems: z.coerce.number().optional(),
  maxItems: z.coerce.number().optional(),
});

const stepSchema = z.strictObject({
  action: z.string().regex(/^aws:\w+$/),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
  precondition: z.record(z.string(), z.array(z.string()).length(2)).optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  onFailure: z.enum(['exit', 'successAndExit']).optional(),
  finallyStep: z.boolean().optional(),
});

const documentSchema = z.strictObject({
  schemaVersion: z.enum(['2.0', '2.2']),
  description: z.string().optional(),
  parameters: z.record(z.string().regex(/^[a-zA-Z0-9_]+$/), parameterSchema).default({}),
  mainSteps: z.array(stepSchema).min(1),
});

export type DocumentParameter = z.infer<typeof parameterSchema>;
export type DocumentStep = z.infer<typeof stepSchema>;
export type CommandDocument = z.infer<typeof documentSchema>;

const knownActions = new Set([
  'aws:runShellScript',
  'aws:runPowerShellScript',
  'aws:runDocument',
  'aws:downloadContent',
  'aws:configurePackage',
  'aws:softwareInventory',
  'aws:runDockerAction',
  'aws:updateSsmAgent',
  'aws:refreshAssociation',
]);

/** Reads the content of a Command document; refuses what SSM refuses at creation. */
export function parseDocument(content: string, format: 'JSON' | 'YAML'): CommandDocument {
  if (content.length > maxContentLength) {
    throw new AwsError('MaxDocumentSizeExceeded', 'The size limit of a document is 64 KB.');
  }
  const raw = parse(content, format);
  const version = z.looseObject({ schemaVersion: z.string() }).safeParse(raw);
  if (!version.success) {
    throw invalidContent('The document has no schemaVersion.');
  }
  if (!['2.0', '2.2'].includes(version.data.schemaVersion)) {
    throw new AwsError(
      'InvalidDocumentSchemaVersion',
      `The version of the document schema is not supported: ${version.data.schemaVersion}`,
    );
  }
  const parsed = documentSchema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalidContent(`${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
  }
  checkSteps(parsed.data);
  return parsed.data;
}

function checkSteps({ mainSteps, parameters }: CommandDocument): void {
  const names = mainSteps.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw invalidContent(`The step name ${repeated} is not unique.`);
  }
  for (const step of mainSteps) {
    if (!knownActions.has(step.action)) {
      throw invalidContent(`The action ${step.action} is not known.`);
    }
    if (step.action === 'aws:runShellScript' && !isScript(step.inputs['runCommand'])) {
      throw invalidContent(`Step ${step.name}: runCommand is missing or is no list of strings.`);
    }
  }
  const used = JSON.stringify(mainSteps).matchAll(/\{\{\s*([a-zA-Z0-9_]+)\s*\}\}/g);
  for (const [, name = ''] of used) {
    if (!(name in parameters)) {
      throw invalidContent(`Parameter ${name} is used but not defined.`);
    }
  }
  for (const [name, { allowedPattern }] of Object.entries(parameters)) {
    if (allowedPattern !== undefined && !isPattern(allowedPattern)) {
      throw invalidContent(`The allowedPattern of parameter ${name} is no regular expression.`);
    }
  }
}

function isScript(value: unknown): boolean {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((line) => typeof line === 'string'))
  );
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function parse(content: string, format: 'JSON' | 'YAML'): unknown {
  try {
    return format === 'JSON' ? JSON.parse(content) : parseYaml(content);
  } catch (error) {
    throw invalidContent(`${format} not well-formed: ${String(error)}`);
  }
}

const invalidContent = (message: string): AwsError => new AwsError('InvalidDocumentContent', message);
