import type { CommandLedger, CommandRecord } from './commands.js';
import type { Declarations } from './declarations.js';
import type { Apply, InstanceRecord, Order, Reboot } from './instances.js';

/** What of a principal's orders may yet happen to a host, or has not proven how it ended. */
export class PendingEffects {
  constructor(
    private readonly commands: CommandLedger,
    private readonly declarations: Declarations,
  ) {}

  /** In words that follow on "while"; undefined if nothing. `now`: virtual milliseconds. */
  of(record: InstanceRecord, principal: string, now: number): string | undefined {
    const isFresh = (order: Order): boolean =>
      order.principal === principal && now - order.orderedAt <= this.declarations.rebootLimitMs(principal);
    const { ordered, reboot, apply } = record;
    if (ordered && isFresh(ordered)) return 'a reboot that it ordered has not begun';
    if (reboot && isFresh(reboot)) {
      if (reboot.finishedAt === undefined) return 'its reboot was not over';
      if (!this.#isProven(reboot, reboot.finishedAt, now)) {
        return 'the ECS agent was not back from its reboot';
      }
    }
    if (apply && apply.principal === principal && this.#mayGoOn(apply, record, now)) {
      return 'its update was being applied';
    }
    const open = this.commands
      .open(principal, now)
      .find(
        ({ command, ec2InstanceId }) =>
          ec2InstanceId === record.ec2InstanceId && now - command.sentAt <= this.#limitMs(command),
      );
    return open && `its command ${open.command.id} could still take effect`;
  }

  /** The ECS agent is back, or its limit has passed, or a host that runs a wrong version has said so itself. */
  #isProven({ principal, agentIsBack, missed, wasRead }: Reboot, finishedAt: number, now: number): boolean {
    const isOverdue = now - finishedAt >= this.declarations.verifyLimitMs(principal);
    return agentIsBack === true || isOverdue || (missed === true && wasRead === true);
  }

  /** What is really being written may be activated as long as it takes. Of one that hangs, or on a host that SSM does not reach, nobody hears. */
  #mayGoOn(apply: Apply, record: InstanceRecord, now: number): boolean {
    if (apply.isOver) return false;
    const nobodyHears = apply.hangs === true || record.ssmAgentDied === true;
    return !nobodyHears || now - apply.orderedAt <= this.declarations.applyLimitMs(apply.principal);
  }

  /** Of one that only reads there is nothing to wait for. */
  #limitMs({ principal, effects }: CommandRecord): number {
    if (effects.apply) return this.declarations.applyLimitMs(principal);
    return effects.reboot ? this.declarations.rebootLimitMs(principal) : -1;
  }
}
