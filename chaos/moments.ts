import { nobodys } from '../src/aws/nobody.js';
import type { FleetEvent, JournalEntry, RequestEntry } from '../src/simulator/kernel.js';
import { type ChaosPhase, workerPrincipal } from './phases.js';

/**
 * Something in the journal at which chaos may strike, and the phase of its instance then; a request is journaled after its effect and
 * before its answer.
 */
type Moment = (entry: JournalEntry, phase: ChaosPhase) => boolean;

const event =
  (name: string, fits: (event: FleetEvent) => boolean = () => true): Moment =>
  (entry) =>
    entry.kind === 'event' && entry.event === name && fits(entry);

const request =
  (action: string, fits: (parameters: Record<string, unknown>) => boolean = () => true): Moment =>
  (entry) =>
    entry.kind === 'request' &&
    entry.principal === workerPrincipal &&
    entry.action === action &&
    fits(parametersOf(entry));

const parametersOf = ({ parameters }: RequestEntry): Record<string, unknown> =>
  typeof parameters === 'object' && parameters !== null ? Object.fromEntries(Object.entries(parameters)) : {};

/** A command that is sent, and not only tried. */
const sent = (role: string) =>
  request(
    'SendCommand',
    (of) => of['DocumentName'] === `ecs-updater-${role}` && of['DocumentVersion'] !== nobodys.documentVersion,
  );
const setTo = (status: string) => request('UpdateContainerInstancesState', (of) => of['status'] === status);

/** A moment that counts only within some phases: the same call is made in others too. */
const within =
  (moment: Moment, ...phases: ChaosPhase[]): Moment =>
  (entry, phase) =>
    phases.includes(phase) && moment(entry, phase);

/** Every step that leaves a trace, in the order of a rollout. */
export const moments = {
  'cluster listed': request('ListContainerInstances'),
  'check sent': sent('check'),
  'answers read': request('ListCommandInvocations'),
  'mark written': within(request('PutAttributes'), 'draining'),
  'drain asked for': setTo('DRAINING'),
  'tasks listed': within(request('ListTasks'), 'draining', 'updating'),
  'task stopped': event('task-status', (of) => of['lastStatus'] === 'STOPPED'),
  'apply sent': sent('apply'),
  'apply started': event('apply-started'),
  'apply finished': event('apply-finished'),
  'reboot sent': sent('reboot'),
  'reboot ordered': event('reboot-ordered'),
  'reboot started': event('reboot-started'),
  'boot finished': event('boot-finished'),
  'agent back': within(event('agent-connected'), 'rebooting', 'verifying'),
  'health read': within(request('DescribeInstanceStatus'), 'verifying'),
  'machine read': within(request('DescribeInstances'), 'activating'),
  'set active': setTo('ACTIVE'),
  'mark removed': within(request('DeleteAttributes'), 'settling'),
  'services read': within(request('DescribeServices'), 'settling'),
} as const satisfies Record<string, Moment>;

export type MomentName = keyof typeof moments;

export const momentNames = Object.keys(moments).filter((name): name is MomentName => name in moments);
