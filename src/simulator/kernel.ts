/** What every part of the simulator shares: virtual time, seeded chance, the journal, and how an operation answers. */

/** A pending callback on the virtual clock. */
export interface Timer {
  cancel(): void;
}

/** Virtual time. All instants are milliseconds since the epoch, all durations milliseconds, both simulated. */
export interface Clock {
  now(): number;
  /** Runs `action` once, `delayMs` simulated milliseconds from now. */
  after(delayMs: number, action: () => void): Timer;
  /** Resolves `delayMs` simulated milliseconds from now. */
  sleep(delayMs: number): Promise<void>;
}

/** A seeded source of chance; the same seed gives the same draws. */
export interface Random {
  /** A number in [min, max). */
  between(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Something that happened on a host or in a control plane, not asked for by the request of the moment. */
export interface FleetEvent {
  kind: 'event';
  /** ISO 8601, virtual. */
  time: string;
  ec2InstanceId?: string;
  /** What happened, kebab-case: `reboot-started`, `boot-finished`, `task-stopped`, `agent-connected`, … */
  event: string;
  [detail: string]: unknown;
}

/** The services of AWS that are simulated, as credential scopes name them. */
export const serviceNames = ['ecs', 'ssm', 'ec2', 'sts', 'autoscaling', 'sns', 'kms'] as const;

export type ServiceName = (typeof serviceNames)[number];

/** One request of a client with the answer it got. */
export interface RequestEntry {
  kind: 'request';
  /** ISO 8601, virtual. */
  time: string;
  /** Access key id of the caller, or the role and session that it assumed. */
  principal: string;
  service: ServiceName;
  action: string;
  parameters: unknown;
  /** As the service answered; see {@link lost}. */
  status: number;
  answer: unknown;
  /** A fault kept the answer from the client, who cannot know whether the request took effect. */
  lost?: 'broken' | 'hanging' | 'spoiled';
  userAgent?: string;
}

export type JournalEntry = FleetEvent | RequestEntry;

export interface Journal {
  event(event: string, detail?: { ec2InstanceId?: string; [key: string]: unknown }): void;
}

/** What an operation knows about the request it answers. */
export interface Caller {
  accessKeyId: string;
  /** Access key id of a user; role and session where one was assumed. */
  principal: string;
  region: string;
  accountId: string;
}

/** Answers one AWS action; throws {@link AwsError} to refuse it. Input is the decoded request, answer the members of the output shape. */
export type Operation = (input: Record<string, unknown>, caller: Caller) => object | Promise<object>;

/** An error of the service, sent in the shape of its protocol. */
export class AwsError extends Error {
  constructor(
    /** The service's own code, e.g. `InvalidInstanceId`. */
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = 'AwsError';
  }
}
