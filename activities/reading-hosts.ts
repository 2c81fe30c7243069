import type { AwsClients } from '../src/aws/clients.js';
import { Context } from '@temporalio/activity';
import type { DocumentRef } from '../src/model/names.js';
import type { Pace } from '../src/model/settings.js';
import { isAwsError } from '../src/aws/errors.js';
import { cancelCommand, isOver, readInvocations, sendNow, wholeOutput } from './commands.js';
import { beat } from './heartbeat.js';
import { type CheckOutput, parseCheckOutput } from './host-output.js';
import { pauseMs } from './polling.js';
import type { OnInstance } from './types.js';

/** How long a host may take to answer: some seconds if its agent is up, minutes if the host is booting. */
export type Patience = 'up' | 'booting';

/** Looks at the answer before the host counts as silent. */
const looks: Record<Patience, number> = { up: 18, booting: 45 };

/** So many of them come quickly. After a boot SSM's agent is there 5 to 30 s after the system (aws-facts, timings). */
const quickLooks: Record<Patience, number> = { up: 3, booting: 1 };

/** A command waits in SSM for an agent that is starting, and is there at once when it has. */
const deliverySeconds: Record<Patience, number> = { up: 60, booting: 180 };

/**
 * Reads a host as it is, without a refresh: boot id, clock, version, update state. Null: it did not answer, or what it said was not
 * understood; it is called off then.
 */
export async function readHost(
  clients: AwsClients,
  on: OnInstance & { check: DocumentRef; pace: Pace },
  commandId: string,
  patience: Patience = 'up',
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
      deliverySeconds: deliverySeconds[patience],
      pace: on.pace,
    });
  } catch (err) {
    // SSM lost it, for example because it has just booted.
    if (isAwsError(err, 'InvalidInstanceId')) return null;
    throw err;
  }
  let isAnswered = false;
  try {
    for (let look = 0; look < looks[patience]; look++) {
      await context.sleep(pauseMs(on.pace, look < quickLooks[patience] ? 'quickly' : 'soon'));
      beat(details?.());
      const [invocation] = await readInvocations(clients.ssm, sent);
      if (!invocation || !isOver(invocation)) continue;
      isAnswered = true;
      const output = parseCheckOutput(await wholeOutput(clients.ssm, sent, invocation));
      return 'seen' in output ? null : output;
    }
    return null;
  } finally {
    // Also when the wait was called off: no command of ours is left waiting for the host.
    if (!isAnswered) await cancelCommand(clients.ssm, sent, ids);
  }
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
