import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { AwsClients } from '../src/aws/clients.js';
import { failureTypes } from '../src/model/failure-types.js';
import { awaitingDetail } from '../src/model/names.js';
import { ApplyWatch } from './applies.js';
import { cancelCommand, type Invocation, isOver, readInvocations, sendOnce } from './commands.js';
import { readInstance } from './container-instances.js';
import { beat } from './heartbeat.js';
import { excerpt, hostStatusOf, lastWords, parseApplyOutput } from './host-output.js';
import { type Look, pauseMs, poll } from './polling.js';
import { readHost, readIds } from './reading-hosts.js';
import { subjectOf } from './subject.js';
import type { Activities } from './types.js';

type Input = Parameters<Activities['applyUpdate']>[0];
type Result = Awaited<ReturnType<Activities['applyUpdate']>>;

/** Exit code by which the guard of the document refuses an order that comes too late. It looks first whether the order ran before. */
const tooLate = 10;

/** Every so many looks ECS is asked whether the instance is there still: SSM would not say. */
const looksPerInstance = 8;

/** An apply that SSM still calls under way after so many slow looks' time may be over: its end gets lost. Most take less. */
const slowLooksPerRead = 12;

/** Applies the offered update. Whatever SSM says of the command, the host's own state decides. */
export async function applyUpdate(clients: AwsClients, input: Input): Promise<Result> {
  const { installation, instance, command, notAfter, pace } = input;
  const ids = [instance.ec2InstanceId];
  await refuseIfGone(clients, input);
  const sent = await sendOnce(clients, {
    installation,
    command,
    ec2InstanceIds: ids,
    parameters: { CommandId: command.commandId, NotAfter: String(notAfter) },
    pace,
  });
  const nextId = readIds(command.commandId);
  const applyWatch = new ApplyWatch();
  let looks = 0;
  const context = Context.current();
  let readAt = context.info.scheduledTimestampMs;
  // An image takes 20 s and more to download and write.
  if (context.info.attempt === 1) {
    beat({ [awaitingDetail]: 'the update is being written' });
    await context.sleep(pauseMs(pace, 'slowly'));
  }
  return poll(pace, subjectOf(input), async (): Promise<Look<Result>> => {
    looks += 1;
    if (looks % looksPerInstance === 0) await refuseIfGone(clients, input);
    const [invocation] = await readInvocations(clients.ssm, sent);
    if (!invocation || !isOver(invocation)) {
      const status = invocation?.statusDetails ?? 'not listed yet';
      if (invocation && Date.now() - readAt > slowLooksPerRead * pace.slowMs) {
        readAt = Date.now();
        const output = await readHost(clients, input, nextId());
        const host = output && hostStatusOf(output);
        if (host?.updateState === 'Ready') {
          await cancelCommand(clients.ssm, sent, ids);
          return { done: { kind: 'applied', host } };
        }
      }
      return { awaiting: `the update is being written (SSM: ${status})`, again: 'soon' };
    }
    const told = parseApplyOutput(invocation.output);
    const ready = told && hostStatusOf(told);
    if (ready?.updateState === 'Ready') return { done: { kind: 'applied', host: ready } };
    if (told?.exitCode === tooLate) return { done: { kind: 'too-late' } };
    const output = await readHost(clients, input, nextId());
    if (!output) return { awaiting: 'its state after the update', again: 'soon' };
    const over = applyWatch.read([invocation], output);
    const host = hostStatusOf(output);
    if (host?.updateState === 'Ready') return { done: { kind: 'applied', host } };
    if (over !== 'over') return { ...over, again: 'soon' };
    return { done: { kind: 'failed', detail: failureOf(invocation, host?.updateState) } };
  });
}

/** There is nothing left to update; giving back will find out, too, and say that the instance is gone. */
async function refuseIfGone({ ecs }: AwsClients, input: Input): Promise<void> {
  const { cluster, instance } = input;
  if (await readInstance(ecs, cluster.arn, instance)) return;
  throw ApplicationFailure.nonRetryable(
    `${subjectOf(input)}: it was deregistered before its update was written`,
    failureTypes.failsInstance,
  );
}

function failureOf({ output, statusDetails }: Invocation, state: string | undefined): string {
  const { stderr } = parseApplyOutput(output) ?? {};
  const said = stderr ? lastWords(stderr) : excerpt(output);
  return `SSM says ${statusDetails}, the update state is ${state ?? 'unknown'}; ${said}`;
}
