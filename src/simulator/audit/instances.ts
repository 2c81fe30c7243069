import type { FleetEvent } from '../kernel.js';

/** A task as the journal tells of it. */
interface TaskRecord {
  arn: string;
  group: string;
  lastStatus: string;
  standalone: boolean;
  starter?: string;
}

/** A reboot or an apply: who ordered it, when, by which command (none: through EC2). */
export interface Order {
  principal: string;
  commandId?: string;
  /** Virtual milliseconds. */
  orderedAt: number;
}

export interface Reboot extends Order {
  startedAt: number;
  finishedAt?: number;
}

export interface Apply extends Order {
  startedAt: number;
  isOver: boolean;
}

/** A container instance with its host as the journal tells of them. */
export interface InstanceRecord {
  ec2InstanceId: string;
  cluster: string;
  status: string;
  /** Who took it from ACTIVE to DRAINING. */
  drainedBy?: string;
  agentConnected: boolean;
  /** Tasks that are not STOPPED. */
  tasks: Map<string, TaskRecord>;
  /** When each principal last asked for DRAINING, virtual milliseconds. */
  drainedAt: Map<string, number>;
  /** Principals through whom it is out of service. */
  outThrough: Set<string>;
  /** A reboot that was ordered and has not begun. */
  ordered?: Order;
  /** The last one that began. */
  reboot?: Reboot;
  /** The last one that began. */
  apply?: Apply;
  /** Its group or somebody else ends its machine: nobody has to bring it back. */
  isEnding?: true;
  /** Who ended it. */
  endedBy?: string;
}

/** A detail of an event that is text. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Keeps the records of all instances as events come in. */
export class InstanceLedger {
  readonly #records = new Map<string, InstanceRecord>();

  get(ec2InstanceId: string): InstanceRecord | undefined {
    return this.#records.get(ec2InstanceId);
  }

  all(): Iterable<InstanceRecord> {
    return this.#records.values();
  }

  register(entry: FleetEvent, ec2InstanceId: string): void {
    const drainedBy = textOf(entry['principal']);
    this.#records.set(ec2InstanceId, {
      ec2InstanceId,
      cluster: textOf(entry['cluster']) ?? '',
      status: textOf(entry['status']) ?? 'ACTIVE',
      ...(drainedBy !== undefined && { drainedBy }),
      agentConnected: entry['agentConnected'] !== false,
      tasks: new Map(),
      drainedAt: new Map(),
      outThrough: new Set(),
    });
  }

  /** Notes a change of status, after the rules have looked at it. */
  setStatus(record: InstanceRecord, to: string, principal: string, now: number): void {
    if (to === 'DRAINING') {
      record.drainedAt.set(principal, now);
      if (record.status === 'ACTIVE') {
        record.drainedBy = principal;
        record.outThrough.add(principal);
      }
    }
    if (to === 'ACTIVE') delete record.drainedBy;
    if (to === 'INACTIVE') record.outThrough.clear();
    record.status = to;
    this.#clearIfServing(record);
  }

  /** Its machine is no more: out of service for good, and not through those who merely drained or rebooted it. */
  setEnded(record: InstanceRecord): void {
    record.isEnding = true;
    for (const principal of record.outThrough) {
      if (principal !== record.endedBy) record.outThrough.delete(principal);
    }
  }

  setConnected(record: InstanceRecord, connected: boolean): void {
    record.agentConnected = connected;
    this.#clearIfServing(record);
  }

  setTask(record: InstanceRecord, entry: FleetEvent): void {
    const arn = textOf(entry['taskArn']) ?? '';
    const starter = textOf(entry['starter']);
    const task: TaskRecord = {
      arn,
      group: textOf(entry['group']) ?? '',
      lastStatus: textOf(entry['lastStatus']) ?? '',
      standalone: entry['standalone'] === true,
      ...(starter !== undefined && { starter }),
    };
    if (task.lastStatus === 'STOPPED') record.tasks.delete(arn);
    else record.tasks.set(arn, task);
  }

  /** In service again: nobody answers for it any more. */
  #clearIfServing(record: InstanceRecord): void {
    if (record.status === 'ACTIVE' && record.agentConnected) record.outThrough.clear();
  }
}
