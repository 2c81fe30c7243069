import {
  CancelCommandCommand,
  type Command,
  GetCommandInvocationCommand,
  paginateListCommandInvocations,
  paginateListCommands,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { Context } from '@temporalio/activity';
import type { AwsClients } from '../src/aws/clients.js';
import { answerWasLost, isAwsError } from '../src/aws/errors.js';
import { commandComment } from '../src/model/names.js';
import type { Pace } from '../src/model/settings.js';
import type { HostCommand } from './types.js';

/** One host's part in a command. */
export interface Invocation {
  ec2InstanceId: string;
  /** Pending, InProgress, Delayed, Success, Cancelled, TimedOut, Failed or Cancelling. */
  status: string;
  statusDetails: string;
  exitCode: number | null;
  output: string;
}

/** Statuses after which SSM expects nothing more of a host. What the host does is another matter. */
const over: ReadonlySet<string> = new Set(['Success', 'Cancelled', 'TimedOut', 'Failed']);

export const isOver = ({ status }: Pick<Invocation, 'status'>): boolean => over.has(status);

/** `Details` of ListCommandInvocations hold at most so much of the output (API reference). */
const cutAt = 2500;

interface Sending {
  installation: string;
  command: HostCommand;
  ec2InstanceIds: readonly string[];
  parameters?: Record<string, string>;
  pace: Pace;
}

/** SSM gives up delivering after this long; 30 s is its least (API reference, SendCommand). */
const deliveryTimeoutSeconds = 60;

/**
 * Sends a command once, and returns its id. SSM knows no client token: after an attempt that may have sent it, it is looked for under
 * its comment first.
 */
export async function sendOnce({ ssm, ssmOnce }: AwsClients, sending: Sending): Promise<string> {
  const { installation, command, ec2InstanceIds, parameters = {}, pace } = sending;
  const comment = commandComment(installation, command.commandId);
  const context = Context.current();
  const find = async () => {
    // What was sent just now is not listed yet.
    await context.sleep(pace.quickMs);
    const since = new Date(context.info.scheduledTimestampMs - 60_000);
    return (await listCommands(ssm, ec2InstanceIds[0] ?? '', since)).find((sent) => sent.Comment === comment)
      ?.CommandId;
  };
  if (context.info.attempt > 1) {
    const sent = await find();
    if (sent) return sent;
  }
  try {
    const { Command: sent } = await ssmOnce.send(
      new SendCommandCommand({
        DocumentName: command.document.name,
        DocumentVersion: command.document.version,
        DocumentHash: command.document.hash,
        DocumentHashType: 'Sha256',
        InstanceIds: [...ec2InstanceIds],
        Comment: comment,
        TimeoutSeconds: deliveryTimeoutSeconds,
        Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
      }),
    );
    if (!sent?.CommandId) throw new TypeError('SSM answered SendCommand without a command id');
    return sent.CommandId;
  } catch (err) {
    if (!answerWasLost(err)) throw err;
    const sent = await find();
    if (sent) return sent;
    throw err;
  }
}

/** Commands sent to an instance after an instant, newest first. */
export async function listCommands(ssm: SSMClient, ec2InstanceId: string, since: Date): Promise<Command[]> {
  const commands: Command[] = [];
  const pages = paginateListCommands(
    { client: ssm, stopOnSameToken: true },
    {
      InstanceId: ec2InstanceId,
      // The filter takes whole seconds (API reference, CommandFilter).
      Filters: [{ key: 'InvokedAfter', value: since.toISOString().replace(/\.\d+Z$/, 'Z') }],
    },
  );
  for await (const { Commands = [] } of pages) commands.push(...Commands);
  return commands;
}

/** How a command stands on each of its hosts; those of which SSM does not tell yet are left out. */
export async function readInvocations(ssm: SSMClient, commandId: string): Promise<Invocation[]> {
  const invocations: Invocation[] = [];
  const pages = paginateListCommandInvocations(
    { client: ssm, stopOnSameToken: true },
    { CommandId: commandId, Details: true, MaxResults: 50 },
  );
  for await (const page of pages) {
    for (const { InstanceId, Status, StatusDetails, CommandPlugins } of page.CommandInvocations ?? []) {
      const plugin = CommandPlugins?.[0];
      invocations.push({
        ec2InstanceId: InstanceId ?? '',
        status: Status ?? '',
        statusDetails: StatusDetails ?? '',
        exitCode: plugin?.ResponseCode ?? null,
        output: plugin?.Output ?? '',
      });
    }
  }
  return invocations;
}

/** The whole output of a host, where the list has only its beginning. */
export async function wholeOutput(
  ssm: SSMClient,
  commandId: string,
  invocation: Invocation,
): Promise<string> {
  if (invocation.output.length < cutAt) return invocation.output;
  const { StandardOutputContent } = await ssm.send(
    new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: invocation.ec2InstanceId }),
  );
  return StandardOutputContent ?? '';
}

/** Calls off a command where it has not begun. One that is over, or unknown, needs none. */
export async function cancelCommand(
  ssm: SSMClient,
  commandId: string,
  ec2InstanceIds: readonly string[],
): Promise<void> {
  try {
    await ssm.send(new CancelCommandCommand({ CommandId: commandId, InstanceIds: [...ec2InstanceIds] }));
  } catch (err) {
    if (!isAwsError(err, 'InvalidCommandId', 'DuplicateInstanceId')) throw err;
  }
}
