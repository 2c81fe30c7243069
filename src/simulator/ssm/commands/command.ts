import type { CommandDocument } from '../documents/content.js';
import type { ParameterValues } from '../documents/parameters.js';

export type InvocationStatus =
  | 'Pending'
  | 'InProgress'
  | 'Success'
  | 'Cancelling'
  | 'Cancelled'
  | 'Failed'
  | 'TimedOut';

/** What became of one step of a document on one host. */
export interface StepResult {
  name: string;
  status: 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';
  /** −1 until it has ended. */
  responseCode: number;
  startedAt: Date | null;
  finishedAt: Date | null;
  stdout: string;
  stderr: string;
}

/** A command on one of its targets. */
export interface Invocation {
  command: Command;
  instanceId: string;
  status: InvocationStatus;
  statusDetails: string;
  /** One per step of the document, filled in when the agent reports. */
  steps: StepResult[];
}

/** One SendCommand. */
export interface Command {
  id: string;
  principal: string;
  documentName: string;
  /** As it was asked for. */
  documentVersion: string;
  document: CommandDocument;
  comment: string;
  /** As they were given. */
  parameters: Record<string, string[]>;
  values: ParameterValues;
  instanceIds: string[];
  targets: { Key: string; Values: string[] }[];
  timeoutSeconds: number;
  maxConcurrency: string;
  maxErrors: string;
  requestedAt: Date;
  /** After this no agent gets it any more. */
  deliverUntil: number;
  /** What is not over by then times out. */
  expiresAfter: Date;
  /** Reads do not show it before. */
  visibleFrom: number;
  invocations: Invocation[];
}

const endings: readonly InvocationStatus[] = ['Success', 'Cancelled', 'Failed', 'TimedOut'];

export const isOver = ({ status }: Pick<Invocation, 'status'>): boolean => endings.includes(status);

/** Sets where an invocation stands; one that is over stays as it is. */
export function moveTo(invocation: Invocation, status: InvocationStatus, details: string = status): boolean {
  if (isOver(invocation)) {
    return false;
  }
  invocation.status = status;
  invocation.statusDetails = details;
  return true;
}

/** Status of the whole command out of those of its invocations. */
export function commandStatus(command: Command): { status: InvocationStatus; details: string } {
  const { invocations } = command;
  if (invocations.length === 0) {
    return { status: 'Success', details: 'NoInstancesInTag' };
  }
  const find = (status: InvocationStatus): Invocation | undefined =>
    invocations.find((invocation) => invocation.status === status);
  if (invocations.every(isOver)) {
    const decisive = find('Failed') ?? find('TimedOut') ?? find('Cancelled') ?? invocations[0];
    return { status: decisive?.status ?? 'Success', details: decisive?.statusDetails ?? 'Success' };
  }
  if (find('Cancelling')) {
    return { status: 'Cancelling', details: 'Cancelling' };
  }
  const hasBegun = invocations.some(({ status }) => status !== 'Pending');
  return hasBegun
    ? { status: 'InProgress', details: 'InProgress' }
    : { status: 'Pending', details: 'Pending' };
}
