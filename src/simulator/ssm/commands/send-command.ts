import { z } from 'zod';
import { draw } from '../../host/timings.js';
import { uuid } from '../../host/uuid.js';
import { AwsError } from '../../kernel.js';
import type { Caller, Operation } from '../../kernel.js';
import type { SsmContext } from '../context.js';
import { resolveParameters, stepTimeout } from '../documents/parameters.js';
import type { DocumentStore, DocumentVersion } from '../documents/store.js';
import { isReachableNode, nodesOf } from '../nodes.js';
import { shapes, ssmOperation, validationError } from '../operation.js';
import type { Command } from './command.js';
import type { Dispatcher } from './dispatcher.js';
import { pendingSteps } from './run-document.js';
import { commandShape } from './shapes.js';

const schema = z.object({
  InstanceIds: z.array(shapes.instanceId).max(50).optional(),
  Targets: z
    .array(
      z.object({
        Key: z
          .string()
          .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u)
          .min(1)
          .max(163),
        Values: z.array(z.string()).max(50).default([]),
      }),
    )
    .max(5)
    .optional(),
  DocumentName: shapes.documentName,
  DocumentVersion: shapes.documentVersion.optional(),
  DocumentHash: z.string().max(256).optional(),
  DocumentHashType: z.enum(['Sha256', 'Sha1']).optional(),
  TimeoutSeconds: z.int().min(30).max(2_592_000).default(3600),
  Comment: z.string().max(100).default(''),
  Parameters: z.record(z.string(), z.array(z.string())).default({}),
  MaxConcurrency: z
    .string()
    .regex(/^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$/)
    .default('50'),
  MaxErrors: z
    .string()
    .regex(/^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$/)
    .default('0'),
});

type Input = z.infer<typeof schema>;

/** SendCommand. */
export function sendCommand(
  context: SsmContext,
  documents: DocumentStore,
  dispatcher: Dispatcher,
): Operation {
  return ssmOperation(schema, (input, caller) => {
    const version = pinnedVersion(documents, input);
    const values = resolveParameters(version.parsed, input.Parameters);
    const instanceIds = targetsOf(context, input);
    const command = newCommand(context, caller, input, version, values, instanceIds);
    dispatcher.send(command);
    return { Command: commandShape(command) };
  });
}

function pinnedVersion(documents: DocumentStore, input: Input): DocumentVersion {
  const version = documents.version(documents.get(input.DocumentName), input.DocumentVersion);
  if (!documents.isActive(version)) {
    throw new AwsError('InvalidDocument', `Document ${input.DocumentName} is not active yet.`);
  }
  const isOther = input.DocumentHash !== undefined && input.DocumentHash.toLowerCase() !== version.hash;
  if (isOther || input.DocumentHashType === 'Sha1') {
    throw new AwsError(
      'InvalidDocument',
      `The hash of document ${input.DocumentName} version ${version.version} is not the one that was given.`,
    );
  }
  return version;
}

function targetsOf(context: SsmContext, { InstanceIds: ids = [], Targets: targets = [] }: Input): string[] {
  if (ids.length === 0 && targets.length === 0) {
    throw validationError('Either InstanceIds or Targets has to be given.');
  }
  if (ids.length > 0 && targets.length > 0) {
    throw validationError('InstanceIds and Targets cannot be given together.');
  }
  if (targets.length > 0) {
    return nodesOf(context, targets);
  }
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) {
    throw new AwsError(
      'DuplicateInstanceId',
      'You cannot specify an instance ID in more than one association.',
    );
  }
  const invalid = ids.filter((id) => !isReachableNode(context, id));
  if (invalid.length > 0) {
    throw new AwsError(
      'InvalidInstanceId',
      `Instances [[${invalid.join(', ')}]] not in a valid state for account ${context.accountId}`,
    );
  }
  return ids;
}

function newCommand(
  { clock, random, timings }: SsmContext,
  { principal }: Caller,
  input: Input,
  { parsed }: DocumentVersion,
  values: Command['values'],
  instanceIds: string[],
): Command {
  const now = clock.now();
  const deliverUntil = now + input.TimeoutSeconds * 1000;
  const runTime = parsed.mainSteps.reduce((sum, step) => sum + stepTimeout(step, values), 0);
  const command: Command = {
    id: uuid(random),
    principal,
    documentName: input.DocumentName,
    documentVersion: input.DocumentVersion ?? '$DEFAULT',
    document: parsed,
    comment: input.Comment,
    parameters: input.Parameters,
    values,
    instanceIds: input.InstanceIds ?? [],
    targets: input.Targets ?? [],
    timeoutSeconds: input.TimeoutSeconds,
    maxConcurrency: input.MaxConcurrency,
    maxErrors: input.MaxErrors,
    requestedAt: new Date(now),
    deliverUntil,
    expiresAfter: new Date(deliverUntil + runTime * 1000),
    visibleFrom: now + draw(random, timings.visibility),
    invocations: [],
  };
  command.invocations = instanceIds.map((instanceId) => ({
    command,
    instanceId,
    status: 'Pending',
    statusDetails: 'Pending',
    steps: pendingSteps({ command }),
  }));
  return command;
}
