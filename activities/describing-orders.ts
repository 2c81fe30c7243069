import type { AwsClients } from '../src/aws/clients.js';
import { commandComment } from '../src/model/names.js';
import { listCommands, readInvocations } from './commands.js';
import { problemsNow } from './health.js';
import type { Activities } from './types.js';

/** What SSM says of an order, and what is not healthy, in words. */
export async function describeOrder(
  clients: AwsClients,
  input: Parameters<Activities['describeOrder']>[0],
): Promise<string> {
  return [await orderInWords(clients, input), ...(await problemsNow(clients, input))].join(', ');
}

async function orderInWords(
  { ssm }: AwsClients,
  { installation, instance, commandId, since }: Parameters<Activities['describeOrder']>[0],
): Promise<string> {
  if (commandId === null) return 'nothing was ordered';
  const comment = commandComment(installation, commandId);
  const commands = await listCommands(ssm, instance.ec2InstanceId, new Date(since));
  const sent = commands.find(({ Comment }) => Comment === comment)?.CommandId;
  if (!sent) return 'SSM knows no command for it';
  const [invocation] = await readInvocations(ssm, sent);
  return `SSM says ${invocation?.statusDetails ?? 'nothing'} of command ${sent}`;
}
