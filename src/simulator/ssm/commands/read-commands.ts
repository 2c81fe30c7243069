import { z } from 'zod';
import { AwsError } from '../../kernel.js';
import type { Operation } from '../../kernel.js';
import type { SsmContext } from '../context.js';
import { shapes, ssmOperation, validationError } from '../operation.js';
import { newestFirst, page } from '../pages.js';
import { commandStatus, isOver } from './command.js';
import type { Command, Invocation } from './command.js';
import type { Dispatcher } from './dispatcher.js';
import { commandShape, invocationShape, resultShape } from './shapes.js';

const filters = z
  .array(
    z.object({
      key: z.enum(['InvokedAfter', 'InvokedBefore', 'Status', 'ExecutionStage', 'DocumentName']),
      value: z.string().min(1).max(128),
    }),
  )
  .min(1)
  .max(5)
  .optional();

const listInput = {
  CommandId: shapes.commandId.optional(),
  InstanceId: shapes.instanceId.optional(),
  MaxResults: shapes.pageSize.optional(),
  NextToken: shapes.nextToken.optional(),
  Filters: filters,
};

type Filter = NonNullable<z.infer<typeof filters>>[number];

/** The actions that read commands. All lag behind SendCommand by about a second. */
export function readOperations(
  { clock, pageSize = 50 }: SsmContext,
  dispatcher: Dispatcher,
): Record<string, Operation> {
  const visible = (): Command[] =>
    dispatcher.commands.filter(({ visibleFrom }) => visibleFrom <= clock.now());
  return {
    GetCommandInvocation: ssmOperation(
      z.object({
        CommandId: shapes.commandId,
        InstanceId: shapes.instanceId,
        PluginName: z.string().min(4).optional(),
      }),
      (input) => {
        const command = visible().find(({ id }) => id === input.CommandId);
        const invocation = command?.invocations.find(({ instanceId }) => instanceId === input.InstanceId);
        if (!invocation) {
          throw new AwsError('InvocationDoesNotExist', '');
        }
        return resultShape(invocation, stepOf(invocation, input.PluginName));
      },
    ),
    ListCommandInvocations: ssmOperation(
      z.object({ ...listInput, Details: z.boolean().default(false) }),
      ({ Details: details, ...input }) => {
        checkFilters(input.Filters, ['InvokedAfter', 'InvokedBefore', 'Status']);
        const invocations = visible()
          .filter(({ id }) => input.CommandId === undefined || id === input.CommandId)
          .flatMap((command) => command.invocations)
          .filter(({ instanceId }) => input.InstanceId === undefined || instanceId === input.InstanceId)
          .filter((invocation) =>
            (input.Filters ?? []).every((filter) => invocationMatches(invocation, filter)),
          );
        const { items, ...more } = page(
          invocations,
          ({ command, instanceId }) =>
            newestFirst(command.requestedAt.getTime(), `${command.id}/${instanceId}`),
          input,
          pageSize,
        );
        return { CommandInvocations: items.map((item) => invocationShape(item, details)), ...more };
      },
    ),
    ListCommands: ssmOperation(z.object(listInput), (input) => {
      checkFilters(input.Filters);
      const commands = visible()
        .filter(({ id }) => input.CommandId === undefined || id === input.CommandId)
        .filter(
          ({ invocations }) =>
            input.InstanceId === undefined ||
            invocations.some(({ instanceId }) => instanceId === input.InstanceId),
        )
        .filter((command) => (input.Filters ?? []).every((filter) => commandMatches(command, filter)));
      const { items, ...more } = page(
        commands,
        ({ requestedAt, id }) => newestFirst(requestedAt.getTime(), id),
        input,
        pageSize,
      );
      return { Commands: items.map(commandShape), ...more };
    }),
  };
}

/** CancelCommand: best effort. */
export function cancelCommand(dispatcher: Dispatcher): Operation {
  return ssmOperation(
    z.object({
      CommandId: shapes.commandId,
      InstanceIds: z.array(shapes.instanceId).max(50).default([]),
    }),
    (input) => {
      const command = dispatcher.commands.find(({ id }) => id === input.CommandId);
      if (!command) {
        throw new AwsError('InvalidCommandId', '');
      }
      const targets = new Set(command.invocations.map(({ instanceId }) => instanceId));
      if (input.InstanceIds.some((id) => !targets.has(id))) {
        throw new AwsError('InvalidInstanceId', 'The instance is no target of the command.');
      }
      if (new Set(input.InstanceIds).size < input.InstanceIds.length) {
        throw new AwsError('DuplicateInstanceId', 'An instance is named twice.');
      }
      dispatcher.cancel(command, input.InstanceIds);
      return {};
    },
  );
}

function stepOf({ steps }: Invocation, name: string | undefined): Invocation['steps'][number] {
  const [first, ...others] = steps;
  const step = name === undefined && others.length === 0 ? first : steps.find((each) => each.name === name);
  if (!step) {
    throw new AwsError('InvalidPluginName', 'The plugin name is not valid.');
  }
  return step;
}

/** Before anything is looked up, as a wrong filter is an error on an empty list, too. */
function checkFilters(given: Filter[] = [], allowedKeys?: Filter['key'][]): void {
  for (const { key, value } of given) {
    if (allowedKeys && !allowedKeys.includes(key)) {
      throw new AwsError('InvalidFilterKey', `The filter key ${key} is not valid for invocations.`);
    }
    if (key === 'InvokedAfter' || key === 'InvokedBefore') {
      instant(value);
    }
  }
}

function invocationMatches(invocation: Invocation, { key, value }: Filter): boolean {
  switch (key) {
    case 'InvokedAfter':
      return invocation.command.requestedAt.getTime() > instant(value);
    case 'InvokedBefore':
      return invocation.command.requestedAt.getTime() < instant(value);
    case 'Status':
      return value === invocation.status || value === invocation.statusDetails;
    case 'ExecutionStage':
    case 'DocumentName':
      return false;
  }
}

function commandMatches(command: Command, { key, value }: Filter): boolean {
  const { status, details } = commandStatus(command);
  switch (key) {
    case 'InvokedAfter':
      return command.requestedAt.getTime() > instant(value);
    case 'InvokedBefore':
      return command.requestedAt.getTime() < instant(value);
    case 'Status':
      return value === status || value === details;
    case 'ExecutionStage':
      return isOver({ status }) === isComplete(value);
    case 'DocumentName':
      return command.documentName === value;
  }
}

function isComplete(stage: string): boolean {
  if (stage !== 'Executing' && stage !== 'Complete') {
    throw validationError('ExecutionStage is Executing or Complete.');
  }
  return stage === 'Complete';
}

function instant(text: string): number {
  const value = Date.parse(text);
  if (Number.isNaN(value)) {
    throw validationError(`${text} is no timestamp like 2021-07-07T00:00:00Z.`);
  }
  return value;
}
