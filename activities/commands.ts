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
import { everyPage } from '../src/aws/pages.js';
import type { AwsClients } from '../src/aws/clients.js';
import { answerWasLost, isAwsError } from '../src/aws/errors.js';
import { commandComment } from '../src/model/names.js';
import type { Pace } from '../src/model/settings.js';
import { refuseForeign } from './own-documents.js';
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
  /** How long SSM tries to deliver it. Default: 60. */
  deliverySeconds?: number;
  pace: Pace;
}

/** SSM gives up delivering after this long; 30 s is its least (API reference, SendCommand). */
const defaultDeliverySeconds = 60;

/** Sends a command that an earlier attempt of this activity may have sent: then it is found again, not sent twice. Returns its id. */
export async function sendOnce(clients: AwsClients, sending: Sending): Promise<string> {
  const mayBeSent = Context.current().info.attempt > 1;
  return (mayBeSent ? await findSent(clients, sending) : null) ?? sendNow(clients, sending);
}

/** Sends a command that was not sent before, at once, and returns its id. */
export async function sendNow(clients: AwsClients, sending: Sending): Promise<string> {
  const { installation, command, ec2InstanceIds, parameters = {} } = sending;
  const { deliverySeconds = defaultDeliverySeconds } = sending;
  refuseForeign(command.document, ec2InstanceIds.join(', '));
  try {
    const { Command: sent } = await clients.ssmOnce.send(
      new SendCommandCommand({
        DocumentName: command.document.name,
        DocumentVersion: command.document.version,
        DocumentHash: command.document.hash,
        DocumentHashType: 'Sha256',
        InstanceIds: [...ec2InstanceIds],
        Comment: commandComment(installation, command.commandId),
        TimeoutSeconds: deliverySeconds,
        // One host that fails must not keep the command from the others.
        MaxErrors: '100%',
        Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
      }),
    );
    if (!sent?.CommandId) throw new TypeError('SSM answered SendCommand without a command id');
    return sent.CommandId;
  } catch (err) {
    const sent = answerWasLost(err) ? await findSent(clients, sending) : null;
    if (sent) return sent;
    throw err;
  }
}

/** Our clocks and that of SSM may differ by so much, in ms. */
const clockSkewMs = 300_000;

/** A command that an activity waits for was sent at most this long before, in ms. */
const lookBackMs = 900_000;

/** SSM's id of a command that was sent under our id; null: SSM has none. SSM knows no client token, so its comment is what tells. */
export async function findSent(
  { ssm }: AwsClients,
  { installation, command, ec2InstanceIds, pace }: Omit<Sending, 'parameters'>,
): Promise<string | null> {
  const context = Context.current();
  // What was sent just now is not listed yet.
  await context.sleep(pace.quickMs);
  const comment = commandComment(installation, command.commandId);
  const since = new Date(context.info.scheduledTimestampMs - lookBackMs);
  const commands = await listCommands(ssm, ec2InstanceIds[0] ?? '', since);
  return commands.find(({ Comment }) => Comment === comment)?.CommandId ?? null;
}

/** Commands sent to an instance after an instant of our clock, some older ones too; newest first. */
export async function listCommands(ssm: SSMClient, ec2InstanceId: string, since: Date): Promise<Command[]> {
  const after = new Date(since.getTime() - clockSkewMs);
  const commands: Command[] = [];
  const pages = paginateListCommands(
    { client: ssm, stopOnSameToken: true },
    {
      InstanceId: ec2InstanceId,
      // The filter takes whole seconds (API reference, CommandFilter).
      Filters: [{ key: 'InvokedAfter', value: after.toISOString().replace(/\.\d+Z$/, 'Z') }],
    },
  );
  for await (const { Commands = [] } of everyPage(pages)) commands.push(...Commands);
  return commands;
}

/** How a command stands on each of its hosts; those of which SSM does not tell yet are left out. */
export async function readInvocations(ssm: SSMClient, commandId: string): Promise<Invocation[]> {
  const invocations: Invocation[] = [];
  const pages = paginateListCommandInvocations(
    { client: ssm, stopOnSameToken: true },
    { CommandId: commandId, Details: true, MaxResults: 50 },
  );
  for await (const page of everyPage(pages)) {
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
    // An instance that SSM knows no more carries out nothing.
    if (!isAwsError(err, 'InvalidCommandId', 'InvalidInstanceId')) throw err;
  }
}
