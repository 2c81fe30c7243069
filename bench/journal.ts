import type { FleetEvent, JournalEntry, RequestEntry } from '../src/simulator/kernel.js';

/** How long an instance was out of service, in seconds, and how much of it its host and its tasks took. */
export interface OutOfService {
  ec2InstanceId: string;
  seconds: number;
  neededSeconds: number;
}

/** Reads from the journal how long each instance was DRAINING, and what of that its tasks, its update and its boot needed. */
export function outOfService(journal: readonly JournalEntry[]): OutOfService[] {
  const events = journal.filter((entry): entry is FleetEvent => entry.kind === 'event');
  const ids = new Set(events.flatMap(({ ec2InstanceId }) => ec2InstanceId ?? []));
  return [...ids].flatMap((ec2InstanceId) => {
    const own = events.filter((event) => event.ec2InstanceId === ec2InstanceId);
    const from = timeOf(own.find(({ event, to }) => event === 'instance-status' && to === 'DRAINING'));
    const to = timeOf(own.find(({ event, to }) => event === 'instance-status' && to === 'ACTIVE'));
    if (from === null || to === null) return [];
    const within = own.filter(({ time }) => Date.parse(time) >= from && Date.parse(time) <= to);
    const emptied = Math.max(
      from,
      ...timesOf(within, ({ event, lastStatus }) => event === 'task-status' && lastStatus === 'STOPPED'),
    );
    const needed =
      emptied -
      from +
      between(within, 'apply-started', ['apply-finished']) +
      between(within, 'reboot-ordered', ['ssm-agent-up', 'agent-connected']);
    return [{ ec2InstanceId, seconds: (to - from) / 1000, neededSeconds: needed / 1000 }];
  });
}

/** Requests by action, of one principal. */
export function callsByAction(journal: readonly JournalEntry[], principal: string): Map<string, number> {
  const calls = new Map<string, number>();
  for (const entry of journal) {
    if (!isRequest(entry) || entry.principal !== principal) continue;
    const action = `${entry.service}:${entry.action}`;
    calls.set(action, (calls.get(action) ?? 0) + 1);
  }
  return calls;
}

/** Seconds from the first check command of a plan to the last look at how one stands. */
export function checkSeconds(journal: readonly JournalEntry[]): number {
  const times = journal
    .filter(isRequest)
    .filter(({ action }) => action === 'SendCommand' || action === 'ListCommandInvocations')
    .map(({ time }) => Date.parse(time));
  return (Math.max(...times) - Math.min(...times)) / 1000;
}

const isRequest = (entry: JournalEntry): entry is RequestEntry => entry.kind === 'request';

const timeOf = (event: FleetEvent | undefined): number | null => (event ? Date.parse(event.time) : null);

const timesOf = (events: readonly FleetEvent[], is: (event: FleetEvent) => boolean): number[] =>
  events.filter(is).map(({ time }) => Date.parse(time));

/** From the first event of a kind to the last of those that end it, in ms. */
function between(events: readonly FleetEvent[], start: string, ends: readonly string[]): number {
  const [begun] = timesOf(events, ({ event }) => event === start);
  if (begun === undefined) return 0;
  return Math.max(begun, ...timesOf(events, ({ event }) => ends.includes(event))) - begun;
}
