import type { AwsClients } from '../src/aws/clients.js';
import { type Invocation, isOver, readInvocations, sendOnce } from './commands.js';
import { excerpt, hostStatusOf, isLocked } from './host-output.js';
import { type Look, poll } from './polling.js';
import { readHost, readIds } from './reading-hosts.js';
import { subjectOf } from './subject.js';
import type { Activities } from './types.js';

type Result = Awaited<ReturnType<Activities['applyUpdate']>>;

/** Applies the offered update. Whatever SSM says of the command, the host's own state decides. */
export async function applyUpdate(
  clients: AwsClients,
  input: Parameters<Activities['applyUpdate']>[0],
): Promise<Result> {
  const { installation, instance, command, pace } = input;
  const sent = await sendOnce(clients, {
    installation,
    command,
    ec2InstanceIds: [instance.ec2InstanceId],
    parameters: { CommandId: command.commandId },
    pace,
  });
  const nextId = readIds(command.commandId);
  return poll(pace, subjectOf(input), async (): Promise<Look<Result>> => {
    const [invocation] = await readInvocations(clients.ssm, sent);
    if (!invocation || !isOver(invocation)) {
      const status = invocation?.statusDetails ?? 'not listed yet';
      return { awaiting: `the update is being written (SSM: ${status})`, again: 'soon' };
    }
    const output = await readHost(clients, input, nextId());
    if (!output) return { awaiting: 'its state after the update', again: 'soon' };
    if (output.error && isLocked(output.error.stderr)) {
      return { awaiting: 'the update is still being written, its lock is held', again: 'soon' };
    }
    const host = hostStatusOf(output);
    if (host?.updateState === 'Ready') return { done: { kind: 'applied', host } };
    return { done: { kind: 'failed', detail: failureOf(invocation, host?.updateState) } };
  });
}

function failureOf({ output, statusDetails }: Invocation, state: string | undefined): string {
  return `SSM says ${statusDetails}, the update state is ${state ?? 'unknown'}; ${stderrOf(output)}`;
}

/** The apply document prints its `apiclient`'s errors as JSON. */
function stderrOf(output: string): string {
  const [, stderr] = /"stderr":"((?:[^"\\]|\\.)*)"/.exec(output) ?? [];
  return excerpt(stderr?.replaceAll('\\"', '"').replaceAll('\\n', ' ') || output);
}
