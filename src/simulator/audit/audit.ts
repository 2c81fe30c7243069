import type { FleetJournal } from '../journal.js';
import type { FleetEvent, JournalEntry, RequestEntry } from '../kernel.js';
import { CommandLedger } from './commands.js';
import { type Declaration, Declarations } from './declarations.js';
import {
  InstanceLedger,
  isUntouchable,
  textOf,
  type Apply,
  type InstanceRecord,
  type Order,
  type Reboot,
} from './instances.js';
import { PendingEffects } from './pending.js';
import { RateLedger } from './rates.js';
import { RepeatLedger } from './repeats.js';
import type { Invariant, Violation } from './violation.js';

/** That a principal's work is over. */
export interface Ending {
  principal: string;
  cluster?: string | undefined;
  /** Instances that it reported as left DRAINING on purpose. */
  held?: readonly string[] | undefined;
}

/** Watches the journal and notes whatever a client must never do. Nothing but the journal is known to it. */
export class Audit {
  readonly violations: Violation[] = [];
  readonly #commands = new CommandLedger();
  readonly #instances = new InstanceLedger();
  readonly #repeats = new RepeatLedger();
  readonly #rates = new RateLedger();
  readonly #declarations: Declarations;
  readonly #pending: PendingEffects;

  constructor(readonly options: { journal: Pick<FleetJournal, 'on' | 'event'>; maxUnavailable?: number }) {
    this.#declarations = new Declarations(options.maxUnavailable);
    this.#pending = new PendingEffects(this.#commands, this.#declarations);
    options.journal.on((entry) => {
      this.#take(entry);
    });
  }

  declare(declaration: Declaration): void {
    this.#declarations.add(declaration);
  }

  /** Invariant 6, at `now` (virtual milliseconds): gives what the principal left behind. */
  end({ principal, cluster, held = [] }: Ending, now: number): Violation[] {
    const before = this.violations.length;
    const isMeant = (record: InstanceRecord | undefined): boolean =>
      record !== undefined && (cluster === undefined || record.cluster === cluster);
    for (const record of this.#instances.all()) {
      const isLeft = record.status === 'DRAINING' && record.drainedBy === principal && isMeant(record);
      if (isLeft && !record.isEnding && !held.includes(record.ec2InstanceId)) {
        this.#note(6, record, principal, now, 'left DRAINING after the work had ended');
      }
    }
    for (const { command, ec2InstanceId } of this.#commands.open(principal, now)) {
      const record = this.#instances.get(ec2InstanceId);
      if (record && isMeant(record)) {
        this.#note(6, record, principal, now, `command ${command.id} can still run after the work had ended`);
      }
    }
    return this.violations.slice(before);
  }

  #take(entry: JournalEntry): void {
    if (entry.kind === 'request') {
      this.#onRequest(entry, Date.parse(entry.time));
      return;
    }
    this.#commands.onEvent(entry);
    const { ec2InstanceId } = entry;
    if (ec2InstanceId === undefined) return;
    if (entry.event === 'instance-registered') {
      this.#instances.register(entry, ec2InstanceId);
      return;
    }
    const record = this.#instances.get(ec2InstanceId);
    if (record) this.#onEvent(entry, record, Date.parse(entry.time));
  }

  #onRequest(entry: RequestEntry, now: number): void {
    const { principal } = entry;
    this.#commands.onRequest(entry);
    const command = this.#commands.sentBy(entry);
    const changes = !command || command.effects.apply || command.effects.reboot;
    for (const { ec2InstanceId, message } of this.#repeats.onRequest(entry, changes)) {
      this.#note('requests', { ec2InstanceId }, principal, now, message);
    }
    const tooFast = this.#rates.onRequest(entry, now);
    if (tooFast !== undefined) this.#note('requests', { ec2InstanceId: '' }, principal, now, tooFast);
  }

  #onEvent(entry: FleetEvent, record: InstanceRecord, now: number): void {
    const principal = textOf(entry['principal']) ?? '';
    switch (entry.event) {
      case 'instance-status':
        this.#onStatus(record, String(entry['to']), principal, now);
        break;
      case 'agent-connected':
      case 'agent-disconnected':
        this.#instances.setConnected(record, entry.event === 'agent-connected');
        break;
      case 'ecs-agent-up':
        this.#instances.setAgentBack(record);
        break;
      case 'ssm-agent-up':
      case 'ssm-agent-down':
        record.ssmAgentDied = entry.event === 'ssm-agent-down';
        break;
      case 'command-finished':
        this.#onCommandFinished(entry, record);
        break;
      case 'task-protection':
        this.#instances.setProtection(record, entry, now);
        break;
      case 'task-status':
        this.#instances.setTask(record, entry);
        break;
      case 'task-stop-ordered':
        this.#onTaskStop(entry, record, now);
        break;
      case 'reboot-ordered':
        record.ordered = this.#order(entry, principal, now);
        break;
      case 'reboot-started':
        this.#onReboot(entry, record, now);
        break;
      case 'termination-started':
        // Its Auto Scaling group or a hand on the machine has asked nobody, and answers to nobody.
        if (entry['by'] === 'ec2') this.#noteHarm(record, 'terminated', principal, now);
        record.isEnding = true;
        record.endedBy = principal;
        break;
      case 'terminated':
        this.#instances.setEnded(record);
        break;
      case 'auto-scaling-lifecycle':
        if (String(entry['to']).startsWith('Terminat')) record.isEnding = true;
        break;
      case 'boot-finished':
        this.#instances.setBooted(record, entry, now);
        break;
      case 'updated-by-hand':
        record.written = String(entry['version']);
        break;
      case 'apply-started':
        this.#onApply(this.#order(entry, principal, now), record, now);
        record.written = String(entry['version']);
        break;
      case 'apply-hung':
        if (record.apply) record.apply.hangs = true;
        break;
      case 'apply-finished':
      case 'apply-failed':
        if (record.apply) record.apply.isOver = true;
        break;
    }
  }

  /** An order counts from when its command was sent, not from when it arrived. */
  #order(entry: FleetEvent, principal: string, now: number): Order {
    const commandId = entry['commandId'];
    if (typeof commandId !== 'string') return { principal, orderedAt: now };
    return { principal, commandId, orderedAt: this.#commands.get(commandId)?.sentAt ?? now };
  }

  #onStatus(record: InstanceRecord, to: string, principal: string, now: number): void {
    if (to === 'ACTIVE') {
      const pending = this.#pending.of(record, principal, now);
      if (pending) this.#note(2, record, principal, now, `set ACTIVE while ${pending}`);
      const { drainedBy } = record;
      if (record.status === 'DRAINING' && drainedBy !== undefined && drainedBy !== principal) {
        this.#note(5, record, principal, now, `set ACTIVE, but ${drainedBy} had drained it`);
      }
    }
    const wasOut = record.outThrough.has(principal);
    this.#instances.setStatus(record, to, principal, now);
    if (!wasOut && record.outThrough.has(principal)) this.#checkBudget(record, principal, now);
  }

  #onTaskStop(entry: FleetEvent, record: InstanceRecord, now: number): void {
    const by = String(entry['by']);
    const { starter, standalone } = entry;
    const arn = String(entry['taskArn']);
    const task = record.tasks.get(arn);
    if (!task || !isUntouchable(task, now) || by === starter || by === 'service-scheduler') return;
    const what =
      standalone === true ? `standalone task ${arn} of ${String(starter)}` : `protected task ${arn}`;
    this.#note(3, record, by, now, `stopped ${what}`);
  }

  #onReboot(entry: FleetEvent, record: InstanceRecord, now: number): void {
    const order =
      typeof entry['principal'] === 'string' ? this.#order(entry, entry['principal'], now) : record.ordered;
    if (!order) return;
    // Through EC2, the order was journaled when it was made.
    const orderedAt = order.commandId === undefined ? (record.ordered?.orderedAt ?? now) : order.orderedAt;
    const reboot: Reboot = { ...order, orderedAt, startedAt: now };
    const { principal } = reboot;
    this.#noteHarm(record, 'rebooted', principal, now);
    if (record.reboot && this.#isRepeat(record, record.reboot, reboot)) {
      this.#note(7, record, principal, now, 'rebooted again without a new decision');
    }
    record.reboot = reboot;
    delete record.ordered;
    if (record.apply) record.apply.isOver = true;
    // One that has left the cluster takes no place in it.
    if (record.status === 'INACTIVE') return;
    const wasOut = record.outThrough.has(principal);
    record.outThrough.add(principal);
    if (!wasOut) this.#checkBudget(record, principal, now);
  }

  /** A host that serves, or that runs tasks, goes down. */
  #noteHarm(record: InstanceRecord, what: 'rebooted' | 'terminated', principal: string, now: number): void {
    if (record.status === 'ACTIVE') this.#note(1, record, principal, now, `${what} while ACTIVE`);
    for (const task of record.tasks.values()) {
      const text = `${what} while task ${task.arn} of ${task.group} was ${task.lastStatus}`;
      this.#note(1, record, principal, now, text);
      if (isUntouchable(task, now)) this.#note(3, record, principal, now, text);
    }
  }

  /** What only reads, and ends after the boot, tells its sender how that went. */
  #onCommandFinished(entry: FleetEvent, { reboot }: InstanceRecord): void {
    const command = this.#commands.get(String(entry['commandId']));
    if (!command || !reboot || reboot.finishedAt === undefined) return;
    const reads = !command.effects.apply && !command.effects.reboot;
    if (reads && command.principal === reboot.principal) reboot.wasRead = true;
  }

  /**
   * Whether a second reboot is the first one's order taking effect again: with no drain asked for in between, any is, but
   * one through EC2 that helps a host which was told to reboot by a command and has not proven itself: it hangs, or its ECS agent is away, or the
   * limit of the first is over.
   */
  #isRepeat(record: InstanceRecord, first: Reboot, second: Reboot): boolean {
    if (first.principal !== second.principal) return false;
    if (second.commandId !== undefined && first.commandId === second.commandId) return true;
    if ((record.drainedAt.get(second.principal) ?? 0) > first.startedAt) return false;
    if (second.commandId !== undefined) return true;
    const isWithinFirst =
      second.orderedAt >= first.startedAt && second.orderedAt <= (first.finishedAt ?? Infinity);
    const isOverdue = second.orderedAt - first.orderedAt > this.#declarations.rebootLimitMs(second.principal);
    const helps = first.commandId !== undefined && (!record.agentConnected || isOverdue);
    return !isWithinFirst && !helps;
  }

  #onApply(order: Order, record: InstanceRecord, now: number): void {
    const { apply: first, activated } = record;
    if (activated?.by === order.principal && order.orderedAt < activated.at) {
      this.#note(2, record, order.principal, now, 'update applied after it had set the instance ACTIVE');
    }
    const isDuplicate =
      first !== undefined &&
      first.principal === order.principal &&
      this.#isRepeatedApply(record, first, order);
    if (isDuplicate)
      this.#note(7, record, order.principal, now, 'update applied again without a new decision');
    record.apply = { ...order, startedAt: now, isOver: false };
  }

  #isRepeatedApply(record: InstanceRecord, first: Apply, second: Order): boolean {
    if (second.commandId !== undefined && first.commandId === second.commandId) return true;
    const hasNewDecision = (record.drainedAt.get(second.principal) ?? 0) > first.startedAt;
    return !hasNewDecision && second.orderedAt < first.startedAt;
  }

  #checkBudget(record: InstanceRecord, principal: string, now: number): void {
    const most = this.#declarations.maxUnavailable(principal, record.cluster);
    if (most === undefined) return;
    const out = [...this.#instances.all()].filter(
      (other) => other.cluster === record.cluster && other.outThrough.has(principal),
    );
    if (out.length <= most) return;
    const ids = out.map(({ ec2InstanceId }) => ec2InstanceId).join(', ');
    this.#note(
      4,
      record,
      principal,
      now,
      `${out.length} instances out of service, at most ${most} allowed: ${ids}`,
    );
  }

  #note(
    invariant: Invariant,
    { ec2InstanceId }: Pick<InstanceRecord, 'ec2InstanceId'>,
    principal: string,
    now: number,
    message: string,
  ): void {
    const violation = { time: new Date(now).toISOString(), invariant, principal, ec2InstanceId, message };
    this.violations.push(violation);
    this.options.journal.event('violation', { ec2InstanceId, principal, invariant, message });
  }
}
