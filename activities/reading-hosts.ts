import type { AwsClients } from '../src/aws/clients.js';
import { Context } from '@temporalio/activity';
import type { DocumentRef } from '../src/model/names.js';
import type { Pace } from '../src/model/settings.js';
import { isAwsError } from '../src/aws/errors.js';
import { cancelCommand, isOver, readInvocations, sendNow, wholeOutput } from './commands.js';
import { beat } from './heartbeat.js';
import { type CheckOutput, parseCheckOutput } from './host-output.js';
import type { OnInstance } from './types.js';

/** Looks at the answer of a host this often before the host counts as silent; the next read asks anew. */
const looks = 20;

/**
 * Reads a host as it is, without a refresh: boot id, clock, version, update state. Null: it did not answer, or what it said was not
 * understood; it is called off then.
 */
export async function readHost(
  clients: AwsClients,
  on: OnInstance & { check: DocumentRef; pace: Pace },
  commandId: string,
  /** What heartbeats must go on to carry. */
  details?: () => unknown,
): Promise<CheckOutput | null> {
  const context = Context.current();
  const ids = [on.instance.ec2InstanceId];
  let sent: string;
  try {
    sent = await sendNow(clients, {
      installation: on.installation,
      command: { document: on.check, commandId },
      ec2InstanceIds: ids,
      parameters: { Refresh: 'false' },
      pace: on.pace,
    });
  } catch (err) {
    // SSM lost it, for example because it has just booted.
    if (isAwsError(err, 'InvalidInstanceId')) return null;
    throw err;
  }
  for (let look = 0; look < looks; look++) {
    await context.sleep(on.pace.quickMs);
    beat(details?.());
    const [invocation] = await readInvocations(clients.ssm, sent);
    if (!invocation || !isOver(invocation)) continue;
    const output = parseCheckOutput(await wholeOutput(clients.ssm, sent, invocation));
    return 'seen' in output ? null : output;
  }
  await cancelCommand(clients.ssm, sent, ids);
  return null;
}

/** Ids for reads of one activity, none used twice: they go into the comment of the command. */
export function readIds(commandId: string): () => string {
  const { attempt } = Context.current().info;
  let reads = 0;
  return () => {
    reads += 1;
    return `${commandId}.r${attempt}.${reads}`;
  };
}
