import type { Client } from '@temporalio/client';
import { requiredTsToDate } from '@temporalio/common/lib/time.js';
import { z } from 'zod';
import { type Outcome, phases } from '../model/outcome.js';
import type { RolloutReport } from '../model/report.js';
import type { ChildEnding, ChildFacts, RunEnd, RunFacts } from '../model/run-facts.js';
import type { InstanceInput, RolloutCarry, RolloutInput } from '../model/steering.js';
import { messageOf, valuesOf } from './payloads.js';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];

/** Workers of a rollout that moves from one to the other each minute need not all be named. */
const mostWorkers = 20;

/** Reads what one run of `updateCluster` did from its history. Throws an error that is one of `isNotFound` where the server has it no more. */
export async function readRun(client: Client, workflowId: string, runId: string): Promise<RunFacts> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return factsOf(client, runId, events ?? []);
}

async function factsOf(client: Client, runId: string, events: readonly Event[]): Promise<RunFacts> {
  const facts: RunFacts = {
    runId,
    firstRunId: runId,
    previousRunId: null,
    startedAt: events[0] ? timeOf(events[0]) : '',
    startedBy: null,
    input: null,
    carry: null,
    workers: [],
    children: [],
    end: { kind: 'running' },
  };
  /** By the id of the event that ordered them. */
  const children = new Map<string, ChildFacts>();
  for (const event of events) {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) {
      const [input, carry] = await valuesOf(client, started.input?.payloads);
      facts.firstRunId = started.firstExecutionRunId || runId;
      facts.previousRunId = started.continuedExecutionRunId || null;
      facts.startedBy = started.parentWorkflowExecution?.workflowId || null;
      facts.input = isInput(input) ? input : null;
      facts.carry = isCarry(carry) ? carry : null;
    }
    const worker = event.workflowTaskCompletedEventAttributes?.identity;
    if (worker && !facts.workers.includes(worker) && facts.workers.length < mostWorkers)
      facts.workers.push(worker);
    await readChild(client, event, children);
    facts.end = (await endOf(client, event)) ?? facts.end;
  }
  facts.children = [...children.values()].filter(({ runId }) => runId !== '');
  return facts;
}

/** Takes down what an event tells of a child. */
async function readChild(client: Client, event: Event, children: Map<string, ChildFacts>): Promise<void> {
  const ordered = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (ordered) {
    const [input] = await valuesOf(client, ordered.input?.payloads);
    if (!isInstanceInput(input)) return;
    const { instance, work } = input;
    children.set(String(event.eventId), {
      ec2InstanceId: instance.ec2InstanceId,
      zone: instance.availabilityZone,
      workflowId: ordered.workflowId ?? '',
      runId: '',
      updates: work.mode === 'update',
      from: work.from ?? null,
      to: work.to ?? null,
      startedAt: timeOf(event),
      endedAt: null,
      ending: null,
    });
    return;
  }
  const started = event.childWorkflowExecutionStartedEventAttributes;
  const child = children.get(String(started?.initiatedEventId));
  if (started && child) {
    child.runId = started.workflowExecution?.runId ?? '';
    child.startedAt = timeOf(event);
  }
  const end = await childEndOf(client, event);
  const ended = end && children.get(end.initiatedEventId);
  if (ended) {
    ended.endedAt = timeOf(event);
    ended.ending = end.ending;
  }
}

async function childEndOf(
  client: Client,
  event: Event,
): Promise<{ initiatedEventId: string; ending: ChildEnding } | null> {
  const completed = event.childWorkflowExecutionCompletedEventAttributes;
  if (completed) {
    const [ending] = await valuesOf(client, completed.result?.payloads);
    return { initiatedEventId: String(completed.initiatedEventId), ending: endingFrom(ending) };
  }
  const broken = [
    ['failed', event.childWorkflowExecutionFailedEventAttributes],
    ['cancelled', event.childWorkflowExecutionCanceledEventAttributes],
    ['terminated', event.childWorkflowExecutionTerminatedEventAttributes],
    ['timed-out', event.childWorkflowExecutionTimedOutEventAttributes],
  ] as const;
  for (const [how, attributes] of broken) {
    if (!attributes) continue;
    const detail = await messageOf(client, event.childWorkflowExecutionFailedEventAttributes?.failure);
    const ending: ChildEnding = { kind: 'broke-off', how, detail };
    return { initiatedEventId: String(attributes.initiatedEventId), ending };
  }
  return null;
}

/** What an event says of the end of the run; null: nothing. */
async function endOf(client: Client, event: Event): Promise<RunEnd | null> {
  const continued = event.workflowExecutionContinuedAsNewEventAttributes;
  if (continued)
    return { kind: 'continued', at: timeOf(event), nextRunId: continued.newExecutionRunId ?? '' };
  const completed = event.workflowExecutionCompletedEventAttributes;
  if (completed) {
    const [report] = await valuesOf(client, completed.result?.payloads);
    return { kind: 'completed', at: timeOf(event), report: isReport(report) ? report : null };
  }
  const { failure } = event.workflowExecutionFailedEventAttributes ?? {};
  if (failure) {
    let innermost = failure;
    while (innermost.cause) innermost = innermost.cause;
    return { kind: 'failed', at: timeOf(event), detail: await messageOf(client, innermost) };
  }
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated) {
    const by = terminated.identity ? ` (by ${terminated.identity})` : '';
    return { kind: 'terminated', at: timeOf(event), detail: `${terminated.reason ?? ''}${by}`.trim() };
  }
  if (event.workflowExecutionCanceledEventAttributes)
    return { kind: 'cancelled', at: timeOf(event), detail: '' };
  if (event.workflowExecutionTimedOutEventAttributes)
    return { kind: 'timed-out', at: timeOf(event), detail: '' };
  return null;
}

const timeOf = (event: Event): string => requiredTsToDate(event.eventTime, 'eventTime').toISOString();

const endings = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ended'),
    outcome: z.custom<Outcome>((value) => hasKeys(value, 'kind')),
    entered: z.array(z.object({ phase: z.enum(phases), at: z.iso.datetime() })).catch([]),
    tasksMoved: z.number().optional().catch(undefined),
  }),
  z.object({ kind: z.literal('paused') }).transform(({ kind }) => ({ kind })),
]);

/** What `updateInstance` returned, of this release or another one. */
export function endingFrom(result: unknown): ChildEnding {
  const { data } = endings.safeParse(result);
  if (!data) return { kind: 'broke-off', how: 'failed', detail: 'its result cannot be read' };
  if (data.kind === 'paused') return data;
  const { tasksMoved, ...ending } = data;
  return { ...ending, ...(tasksMoved !== undefined && { tasksMoved }) };
}

const hasKeys = (value: unknown, ...keys: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && keys.every((key) => key in value);

// Written by our own workflows: what is asked is whether it is that, and not something else.
const isInput = (value: unknown): value is RolloutInput => hasKeys(value, 'cluster', 'documents', 'settings');
const isCarry = (value: unknown): value is RolloutCarry => hasKeys(value, 'rolloutId', 'attempted');
const isInstanceInput = (value: unknown): value is InstanceInput => hasKeys(value, 'instance', 'work');
const isReport = (value: unknown): value is RolloutReport => hasKeys(value, 'rolloutId', 'groups', 'counts');
