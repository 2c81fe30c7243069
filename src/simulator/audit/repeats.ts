import { z } from 'zod';
import type { RequestEntry } from '../kernel.js';

const ids = z.array(z.string()).default([]);
const shapes = z.object({
  /** SendCommand. */
  DocumentName: z.string().optional(),
  InstanceIds: ids,
  /** EC2, as on the wire; Auto Scaling gives one. */
  InstanceId: z.union([z.string().transform((id) => [id]), ids]).default([]),
  /** RunTask. */
  taskDefinition: z.string().optional(),
  clientToken: z.string().optional(),
});

/** Calls that do something anew each time, and what shows whether an earlier one did. */
const onceOnly: Record<string, RegExp> = {
  SendCommand: /^(ListCommands|ListCommandInvocations|GetCommandInvocation)$/,
  RebootInstances: /^(Describe|List|Get)/,
  TerminateInstances: /^Describe(Instances|InstanceStatus|ContainerInstances|AutoScaling)/,
  TerminateInstanceInAutoScalingGroup: /^Describe/,
  RunTask: /^(List|Describe)Tasks$/,
};

/** A call of which the answer was lost, so that its client does not know whether it took effect. */
interface Doubt {
  action: string;
  /** Instance, or task definition; one for each that a call is about. */
  target: string;
  document: string | undefined;
  /** By which the service knows a second call for the first. */
  token: string | undefined;
}

/** A call that was made again without a look at what the first had done. */
export interface Repeat {
  ec2InstanceId: string;
  message: string;
}

/** Remembers whose answers were lost, and who repeats a call that took effect without looking first. */
export class RepeatLedger {
  readonly #doubts = new Map<string, Doubt[]>();

  /** `changes`: whether a SendCommand does more than read. */
  onRequest(entry: RequestEntry, changes: boolean): Repeat[] {
    const { principal, action, status, lost } = entry;
    const doubts = this.#doubts.get(principal) ?? [];
    if (!Object.hasOwn(onceOnly, action)) {
      if (status === 200 && !lost && doubts.length > 0) this.#look(entry, doubts);
      return [];
    }
    // What was refused changed nothing, and can be asked for again.
    if (status !== 200 || !changes) return [];
    const calls = callsOf(entry);
    const repeated = calls.filter((call) => doubts.some((doubt) => isAnew(doubt, call)));
    const others = doubts.filter((doubt) => !calls.some((call) => isSame(doubt, call)));
    this.#doubts.set(principal, lost ? [...others, ...calls] : others);
    return repeated.map(({ target }) => ({
      ec2InstanceId: target.startsWith('i-') ? target : '',
      message: `${action} on ${target} repeated without a look, though the first took effect and its answer was lost`,
    }));
  }

  #look({ principal, action, parameters, answer }: RequestEntry, doubts: Doubt[]): void {
    const text = JSON.stringify([parameters, answer]);
    const isSeen = (doubt: Doubt): boolean =>
      onceOnly[doubt.action]?.test(action) === true && text.includes(doubt.target);
    const left = doubts.filter((doubt) => !isSeen(doubt));
    if (left.length < doubts.length) this.#doubts.set(principal, left);
  }
}

function callsOf({ action, parameters }: RequestEntry): Doubt[] {
  const parsed = shapes.safeParse(parameters);
  if (!parsed.success) return [];
  const { DocumentName: document, InstanceIds, InstanceId, taskDefinition, clientToken: token } = parsed.data;
  const targets = [...InstanceIds, ...InstanceId, ...(taskDefinition === undefined ? [] : [taskDefinition])];
  return targets.map((target) => ({ action, target, document, token }));
}

const isSame = (a: Doubt, b: Doubt): boolean =>
  a.action === b.action && a.target === b.target && a.document === b.document;

const isAnew = (a: Doubt, b: Doubt): boolean =>
  isSame(a, b) && (a.token === undefined || a.token !== b.token);
