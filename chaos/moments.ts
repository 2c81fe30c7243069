import type { Phase } from '../src/model/outcome.js';
import type { FleetEvent, JournalEntry, RequestEntry } from '../src/simulator/kernel.js';

/** Access key id of the workers. */
export const workerPrincipal = 'AKIAWORKER';

/** Something in the journal at which chaos may strike; a request is journaled after its effect and before its answer. */
interface Moment {
  /** What the rollout is doing then. */
  phase: 'checking' | Exclude<Phase, 'waiting'>;
  is(entry: JournalEntry): boolean;
}

const event =
  (name: string, fits: (event: FleetEvent) => boolean = () => true) =>
  (entry: JournalEntry): boolean =>
    entry.kind === 'event' && entry.event === name && fits(entry);

const request =
  (action: string, fits: (parameters: Record<string, unknown>) => boolean = () => true) =>
  (entry: JournalEntry): boolean =>
    entry.kind === 'request' &&
    entry.principal === workerPrincipal &&
    entry.action === action &&
    fits(parametersOf(entry));

const parametersOf = ({ parameters }: RequestEntry): Record<string, unknown> =>
  typeof parameters === 'object' && parameters !== null ? Object.fromEntries(Object.entries(parameters)) : {};

const sent = (role: string) => request('SendCommand', (of) => of['DocumentName'] === `ecs-updater-${role}`);
const setTo = (status: string) => request('UpdateContainerInstancesState', (of) => of['status'] === status);

/** Every step that leaves a trace, in the order of a rollout. */
export const moments = {
  'cluster listed': { phase: 'checking', is: request('ListContainerInstances') },
  'check sent': { phase: 'checking', is: sent('check') },
  'answers read': { phase: 'checking', is: request('ListCommandInvocations') },
  'mark written': { phase: 'draining', is: request('PutAttributes') },
  'drain asked for': { phase: 'draining', is: setTo('DRAINING') },
  'tasks listed': { phase: 'draining', is: request('ListTasks') },
  'task stopped': { phase: 'draining', is: event('task-status', (of) => of['lastStatus'] === 'STOPPED') },
  'apply sent': { phase: 'updating', is: sent('apply') },
  'apply started': { phase: 'updating', is: event('apply-started') },
  'apply finished': { phase: 'updating', is: event('apply-finished') },
  'reboot sent': { phase: 'rebooting', is: sent('reboot') },
  'reboot ordered': { phase: 'rebooting', is: event('reboot-ordered') },
  'reboot started': { phase: 'rebooting', is: event('reboot-started') },
  'boot finished': { phase: 'rebooting', is: event('boot-finished') },
  'agent back': { phase: 'verifying', is: event('agent-connected') },
  'health read': { phase: 'verifying', is: request('DescribeInstanceStatus') },
  'machine read': { phase: 'activating', is: request('DescribeInstances') },
  'set active': { phase: 'activating', is: setTo('ACTIVE') },
  'mark removed': { phase: 'activating', is: request('DeleteAttributes') },
  'services read': { phase: 'settling', is: request('DescribeServices') },
} as const satisfies Record<string, Moment>;

export type MomentName = keyof typeof moments;

export const momentNames = Object.keys(moments).filter((name): name is MomentName => name in moments);

/** The container instance that an entry is about, by any id that it names; null: none of these. */
export function instanceIn(
  entry: JournalEntry,
  instances: readonly { ec2InstanceId: string; containerInstanceArn: string }[],
): string | null {
  if (entry.kind === 'event') return entry.ec2InstanceId ?? null;
  const text = JSON.stringify(entry.parameters);
  const named = instances.filter(
    ({ ec2InstanceId, containerInstanceArn }) =>
      text.includes(ec2InstanceId) || text.includes(containerInstanceArn),
  );
  return named.length === 1 ? (named[0]?.ec2InstanceId ?? null) : null;
}
