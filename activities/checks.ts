import { type InstanceInformation, paginateDescribeInstanceInformation } from '@aws-sdk/client-ssm';
import { Context } from '@temporalio/activity';
import { everyPage } from '../src/aws/pages.js';
import type { AwsClients } from '../src/aws/clients.js';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { classify, isAwsError } from '../src/aws/errors.js';
import { formatMs } from '../src/model/explain.js';
import type { CheckResult } from '../src/model/host.js';
import { hostNowAfter, type Pace } from '../src/model/settings.js';
import { isNewer, oldestUpdatableVersion } from '../src/model/version.js';
import {
  cancelCommand,
  type Invocation,
  isOver,
  readInvocations,
  sendOnce,
  wholeOutput,
} from './commands.js';
import { beat } from './heartbeat.js';
import { checkResultOf, excerpt, isPassing, parseCheckOutput } from './host-output.js';
import { type Look, pauseMs, poll } from './polling.js';
import type { Activities } from './types.js';

type Input = Parameters<Activities['checkForUpdates']>[0];

/** A check that failed for a cause that passes, as a held update lock, is made this often in all. */
const tries = 3;

/** What a later attempt needs of an earlier one. */
interface Kept {
  /** When the limit passes, ms since the epoch; counted from the first time that SSM could be asked. */
  until: number;
}

const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' && value !== null && 'until' in value && typeof value.until === 'number';

/** Asks up to 50 hosts for an update with one command; every id has an answer. */
export async function checkForUpdates(
  clients: AwsClients,
  input: Input,
): Promise<Record<string, CheckResult>> {
  const context = Context.current();
  const before: unknown = context.info.heartbeatDetails;
  const kept: Kept = isKept(before) ? before : { until: Date.now() + input.limitMs };
  beat(kept);
  const results: Record<string, CheckResult> = {};
  const answeredAt = new Map<string, number>();
  let asked = input.ec2InstanceIds;
  try {
    asked = await reachable(clients, asked, results);
    for (let round = 1; asked.length > 0; round++) {
      const commandId = round === 1 ? input.command.commandId : `${input.command.commandId}.${round}`;
      const command = { ...input.command, commandId };
      Object.assign(results, await ask(clients, { ...input, command }, asked, kept, answeredAt));
      asked = asked.filter((id) => {
        const answer = results[id];
        return answer?.kind === 'check-failed' && isPassing(answer.seen);
      });
      const { slowMs } = input.pace;
      if (round === tries || Date.now() + slowMs > kept.until) break;
      if (asked.length > 0) await context.sleep(slowMs);
    }
    return aged(results, answeredAt, input.pace);
  } catch (err) {
    // Trouble on the side of AWS is waited out, but not beyond the limit.
    if (classify(err) !== 'retry' || err instanceof CancelledFailure || err instanceof ApplicationFailure)
      throw err;
    if (Date.now() < kept.until) throw err;
    const seen = `SSM could not be asked within ${formatMs(input.limitMs)}: ${excerpt(String(err))}`;
    const open = input.ec2InstanceIds.filter((id) => !results[id]);
    return { ...aged(results, answeredAt, input.pace), ...failed(open, seen) };
  }
}

/** The answers with what the clocks of their hosts show by now, rather too early than too late: a host had answered when that was first seen. */
function aged(
  results: Record<string, CheckResult>,
  answeredAt: ReadonlyMap<string, number>,
  pace: Pace,
): Record<string, CheckResult> {
  const now = Date.now();
  return Object.fromEntries(
    Object.entries(results).map(([id, result]) => {
      if (result.kind !== 'checked') return [id, result];
      const hostNow = hostNowAfter(result.host.now, now - (answeredAt.get(id) ?? now), pace);
      return [id, { ...result, host: { ...result.host, now: hostNow } }];
    }),
  );
}

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
  for await (const { InstanceInformationList = [] } of everyPage(pages)) {
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

/** Asks these hosts with one command, or with several where SSM refuses one of them, and waits for their answers. */
async function ask(
  clients: AwsClients,
  input: Input,
  ids: readonly string[],
  kept: Kept,
  /** Gets when each host was first seen to have answered, ms since the epoch. */
  answeredAt: Map<string, number>,
): Promise<Record<string, CheckResult>> {
  const { sent, refused } = await sendChecks(clients, input, ids);
  const asked = [...sent.values()].flat();
  const subject = `${input.cluster.name}: check of ${asked.length === 1 ? asked[0] : `${asked.length} hosts`}`;
  for (const id of ids) answeredAt.delete(id);
  // No host has answered yet, and SSM does not list what was sent just now.
  if (sent.size > 0) await Context.current().sleep(pauseMs(input.pace, 'quickly'));
  const look = async (): Promise<Look<Record<string, CheckResult>>> => {
    const answers: Record<string, CheckResult> = { ...refused };
    let openHosts = 0;
    const isLate = Date.now() >= kept.until;
    for (const [commandId, hosts] of sent) {
      const invocations = await readInvocations(clients.ssm, commandId);
      const byId = new Map(invocations.map((invocation) => [invocation.ec2InstanceId, invocation]));
      const open = hosts.filter((id) => !isOverAt(byId.get(id)));
      for (const id of hosts) {
        if (!open.includes(id) && !answeredAt.has(id)) answeredAt.set(id, Date.now());
      }
      openHosts += open.length;
      if (open.length > 0 && !isLate) continue;
      if (open.length > 0) await cancelCommand(clients.ssm, commandId, open);
      for (const id of hosts) answers[id] = await answerOf(clients, commandId, byId.get(id), input.limitMs);
    }
    return openHosts > 0 && !isLate
      ? { awaiting: `${openHosts} hosts have not answered`, again: 'quickly' }
      : { done: answers };
  };
  return poll(input.pace, subject, look, () => kept);
}

const isOverAt = (invocation: Invocation | undefined): boolean =>
  invocation !== undefined && isOver(invocation);

interface Sent {
  /** Hosts by SSM's id of the command that asks them. */
  sent: Map<string, readonly string[]>;
  refused: Record<string, CheckResult>;
}

/** SSM refuses a whole command for one host that it does not know any more: that one is found by halving. */
async function sendChecks(
  clients: AwsClients,
  input: Input,
  ids: readonly string[],
  part = '',
): Promise<Sent> {
  const { installation, pace } = input;
  const command = { ...input.command, commandId: `${input.command.commandId}${part}` };
  const parameters = { Refresh: 'true' };
  try {
    const commandId = await sendOnce(clients, {
      installation,
      command,
      ec2InstanceIds: ids,
      parameters,
      pace,
    });
    return { sent: new Map([[commandId, ids]]), refused: {} };
  } catch (err) {
    if (!isAwsError(err, 'InvalidInstanceId', 'UnsupportedPlatformType')) throw err;
    if (ids.length === 1) {
      return { sent: new Map(), refused: failed(ids, `SSM refused the command: ${excerpt(String(err))}`) };
    }
    const middle = Math.ceil(ids.length / 2);
    const left = await sendChecks(clients, input, ids.slice(0, middle), `${part}l`);
    const right = await sendChecks(clients, input, ids.slice(middle), `${part}r`);
    return {
      sent: new Map([...left.sent, ...right.sent]),
      refused: { ...left.refused, ...right.refused },
    };
  }
}

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
