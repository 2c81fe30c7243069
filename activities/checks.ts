import { type InstanceInformation, paginateDescribeInstanceInformation } from '@aws-sdk/client-ssm';
import { Context } from '@temporalio/activity';
import type { AwsClients } from '../src/aws/clients.js';
import { isAwsError } from '../src/aws/errors.js';
import { formatMs } from '../src/model/explain.js';
import type { CheckResult } from '../src/model/host.js';
import { isNewer, oldestUpdatableVersion } from '../src/model/version.js';
import {
  cancelCommand,
  type Invocation,
  isOver,
  readInvocations,
  sendOnce,
  wholeOutput,
} from './commands.js';
import { checkResultOf, excerpt, isPassing, parseCheckOutput } from './host-output.js';
import { type Look, poll } from './polling.js';
import type { Activities } from './types.js';

type Input = Parameters<Activities['checkForUpdates']>[0];

/** A check that failed for a cause that passes, as a held update lock, is made this often in all. */
const tries = 3;

/** Asks up to 50 hosts for an update with one command; every id has an answer. */
export async function checkForUpdates(
  clients: AwsClients,
  input: Input,
): Promise<Record<string, CheckResult>> {
  const results: Record<string, CheckResult> = {};
  let asked = await reachable(clients, input.ec2InstanceIds, results);
  for (let attempt = 1; asked.length > 0; attempt++) {
    const commandId = attempt === 1 ? input.command.commandId : `${input.command.commandId}.${attempt}`;
    const command = { ...input.command, commandId };
    const answers = await ask(clients, { ...input, command }, asked, results);
    Object.assign(results, answers);
    asked =
      attempt < tries && timeLeft(input) > 0
        ? Object.entries(answers).flatMap(([id, answer]) =>
            answer.kind === 'check-failed' && isPassing(answer.seen) ? [id] : [],
          )
        : [];
  }
  return results;
}

/** Milliseconds until the limit, counted from when the workflow asked. */
const timeLeft = ({ limitMs }: Input): number =>
  Context.current().info.scheduledTimestampMs + limitMs - Date.now();

/** Ids that SSM can reach; the others get their result. One id that SSM does not know would fail the whole command. */
async function reachable(
  { ssm }: AwsClients,
  ids: readonly string[],
  results: Record<string, CheckResult>,
): Promise<string[]> {
  const known = new Map<string, InstanceInformation>();
  const pages = paginateDescribeInstanceInformation(
    { client: ssm, stopOnSameToken: true },
    { Filters: [{ Key: 'InstanceIds', Values: [...ids] }], MaxResults: 50 },
  );
  for await (const { InstanceInformationList = [] } of pages) {
    for (const node of InstanceInformationList) known.set(node.InstanceId ?? '', node);
  }
  return ids.filter((id) => {
    const result = unreachable(known.get(id));
    if (result) results[id] = result;
    return result === null;
  });
}

function unreachable(node: InstanceInformation | undefined): CheckResult | null {
  if (!node) return { kind: 'not-managed-by-ssm' };
  if (node.PingStatus !== 'Online') {
    return {
      kind: 'ssm-offline',
      pingStatus: node.PingStatus ?? 'unknown',
      lastPing: node.LastPingDateTime?.toISOString() ?? null,
    };
  }
  const version = node.PlatformVersion ?? '';
  return node.PlatformName === 'Bottlerocket' && isNewer(oldestUpdatableVersion, version)
    ? { kind: 'too-old', version }
    : null;
}

async function ask(
  clients: AwsClients,
  input: Input,
  ids: readonly string[],
  results: Record<string, CheckResult>,
): Promise<Record<string, CheckResult>> {
  let asked = ids;
  let commandId: string;
  try {
    commandId = await sendCheck(clients, input, asked);
  } catch (err) {
    if (!isAwsError(err, 'InvalidInstanceId')) throw err;
    // One of them was deregistered since it was listed.
    asked = await reachable(clients, ids, results);
    if (asked.length === 0) return {};
    if (asked.length === ids.length) return failed(ids, `SSM refused the command: ${excerpt(String(err))}`);
    commandId = await sendCheck(clients, input, asked);
  }
  const subject = `${input.cluster.name}: check of ${asked.length === 1 ? asked[0] : `${asked.length} hosts`}`;
  return poll(input.pace, subject, async (): Promise<Look<Record<string, CheckResult>>> => {
    const invocations = await readInvocations(clients.ssm, commandId);
    const open = asked.filter((id) => !invocations.some((one) => one.ec2InstanceId === id && isOver(one)));
    if (open.length > 0 && timeLeft(input) > 0) {
      return { awaiting: `${open.length} hosts have not answered`, again: 'quickly' };
    }
    if (open.length > 0) await cancelCommand(clients.ssm, commandId, open);
    const answers: Record<string, CheckResult> = {};
    for (const id of asked) {
      const invocation = invocations.find((one) => one.ec2InstanceId === id);
      answers[id] = await answerOf(clients, commandId, invocation, input.limitMs);
    }
    return { done: answers };
  });
}

const sendCheck = (clients: AwsClients, { installation, command, pace }: Input, ids: readonly string[]) =>
  sendOnce(clients, { installation, command, ec2InstanceIds: ids, parameters: { Refresh: 'true' }, pace });

const failed = (ids: readonly string[], seen: string): Record<string, CheckResult> =>
  Object.fromEntries(ids.map((id) => [id, { kind: 'check-failed', seen }]));

async function answerOf(
  { ssm }: AwsClients,
  commandId: string,
  invocation: Invocation | undefined,
  limitMs: number,
): Promise<CheckResult> {
  if (!invocation || !isOver(invocation)) {
    const status = invocation ? `SSM says ${invocation.statusDetails}` : 'SSM does not list it';
    return { kind: 'check-failed', seen: `no answer within ${formatMs(limitMs)}; ${status}` };
  }
  const first = parseCheckOutput(invocation.output);
  const output = 'seen' in first ? parseCheckOutput(await wholeOutput(ssm, commandId, invocation)) : first;
  if (!('seen' in output)) return checkResultOf(output);
  return {
    kind: 'check-failed',
    seen:
      invocation.status === 'Success' ? output.seen : `SSM says ${invocation.statusDetails}; ${output.seen}`,
  };
}
