import type { FleetEvent } from '../kernel.js';

/** A task as the journal tells of it. */
interface TaskRecord {
  arn: string;
  group: string;
  lastStatus: string;
  standalone: boolean;
  starter?: string;
  /** End of its scale-in protection, virtual milliseconds. */
  protectedUntil?: number;
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
  /** The ECS agent has come back from it. */
  agentIsBack?: true;
  /** It brought another version than was written for it. */
  missed?: true;
  /** Who ordered it has had an answer from the host since. */
  wasRead?: true;
}

export interface Apply extends Order {
  startedAt: number;
  isOver: boolean;
  /** It will never come to an end, nor do anything any more. */
  hangs?: true;
}

/** A container instance with its host as the journal tells of them. */
export interface InstanceRecord {
  ec2InstanceId: string;
  cluster: string;
  status: string;
  /** Who took it from ACTIVE to DRAINING. */
  drainedBy?: string;
  agentConnected: boolean;
  /** The SSM agent died alone, and is away since. */
  ssmAgentDied?: boolean;
  /** The version that was last written to its other partition set. */
  written?: string;
  /** Who took it from DRAINING to ACTIVE, where it is so still. */
  activated?: { by: string; at: number };
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

/** What must never die through an update: a standalone task, and one under scale-in protection. */
export const isUntouchable = ({ standalone, protectedUntil = 0 }: TaskRecord, now: number): boolean =>
  standalone || protectedUntil > now;

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
    if (to === 'ACTIVE') {
      delete record.drainedBy;
      if (record.status !== 'ACTIVE') record.activated = { by: principal, at: now };
    } else {
      delete record.activated;
    }
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
    if (connected) this.setAgentBack(record);
    this.#clearIfServing(record);
  }

  /** The agent talks to ECS, which may not have missed it. */
  setAgentBack({ reboot }: InstanceRecord): void {
    if (reboot?.finishedAt !== undefined) reboot.agentIsBack = true;
  }

  setBooted(record: InstanceRecord, entry: FleetEvent, now: number): void {
    const { reboot, written } = record;
    delete record.written;
    if (!reboot) return;
    reboot.finishedAt = now;
    if (entry['fellBack'] === true || (written !== undefined && written !== entry['version'])) {
      reboot.missed = true;
    }
  }

  setProtection(record: InstanceRecord, entry: FleetEvent, now: number): void {
    const task = record.tasks.get(textOf(entry['taskArn']) ?? '');
    const minutes = entry['minutes'];
    if (!task) return;
    if (typeof minutes === 'number') task.protectedUntil = now + minutes * 60_000;
    else delete task.protectedUntil;
  }

  setTask(record: InstanceRecord, entry: FleetEvent): void {
    const arn = textOf(entry['taskArn']) ?? '';
    const starter = textOf(entry['starter']);
    const protectedUntil = record.tasks.get(arn)?.protectedUntil;
    const task: TaskRecord = {
      arn,
      group: textOf(entry['group']) ?? '',
      lastStatus: textOf(entry['lastStatus']) ?? '',
      standalone: entry['standalone'] === true,
      ...(starter !== undefined && { starter }),
      ...(protectedUntil !== undefined && { protectedUntil }),
    };
    if (task.lastStatus === 'STOPPED') record.tasks.delete(arn);
    else record.tasks.set(arn, task);
  }

  /** In service again: nobody answers for it any more. */
  #clearIfServing(record: InstanceRecord): void {
    if (record.status === 'ACTIVE' && record.agentConnected) record.outThrough.clear();
  }
}
