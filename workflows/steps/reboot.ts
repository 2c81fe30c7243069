import type { HostProbe, HostStatus } from '../../src/model/host.js';
import { formatMs } from '../../src/model/explain.js';
import type { ReasonCode } from '../../src/model/reason.js';
import { hostTimes } from '../../src/model/settings.js';
import { LimitPassed, withinLimit } from '../limits.js';
import { blocked, Ended, failed, type InstanceRun, lost, rolledBack } from '../instance-run.js';
import { quick, waiting } from '../proxies.js';
import { askHost } from './ask-host.js';
import { insist } from './insist.js';
import { tellOfOrder } from './tell.js';

/** Refusals after which a host is believed that it does not reboot. */
const maxRefusals = 2;

/** Orders that came too late, as where AWS throttles, are given again, each after proof that the one before is over: for the limit of a reboot, and so often. */
const maxOrders = 20;

/** Reboots the host into what is staged and waits for its new boot id. Nothing cancels this but its limit. */
export async function reboot(run: InstanceRun, ready: HostStatus): Promise<HostProbe> {
  let host = ready;
  const { rebootMs } = run.input.settings.limits;
  const firstAt = Date.now();
  let refused = 0;
  for (let order = 1; ; order++) {
    const boot = await bootWithinLimit(run, host);
    if (boot.kind === 'booted') {
      run.bootId = boot.host.bootId;
      return boot.host;
    }
    if (boot.why === 'refused') refused += 1;
    if (refused === maxRefusals || order === maxOrders || Date.now() - firstAt >= rebootMs) {
      throw rolledBack({ code: 'reboot-refused', detail: boot.detail });
    }
    host = await lookAgain(run, boot.detail);
  }
}

/** Each order has the whole limit: it is void long before that, so a host that was not seen again will not reboot any more. */
async function bootWithinLimit(run: InstanceRun, host: HostStatus): Promise<BootResult> {
  const { limits } = run.input.settings;
  try {
    return await withinLimit(limits.rebootMs, 'reboot limit', () => orderAndWait(run, host));
  } catch (err) {
    if (!(err instanceof LimitPassed)) throw err;
    // Where no answer came, it may be on its way: giving back waits until that is known.
    if (run.ordered) run.acting = false;
    const detail = await tellOfOrder(run);
    const reason = { code: 'reboot-limit', limitMs: limits.rebootMs, detail } as const;
    throw run.ordered ? failed(reason) : rolledBack({ ...reason, unordered: true });
  }
}

/** Nobody wants it rebooted into that any more. */
const notWanted: ReadonlySet<ReasonCode> = new Set(['quarantined-version', 'update-withdrawn']);

/** A host that did not reboot, and that cannot be asked now, is given back for what kept it from its reboot. */
async function lookAgain(run: InstanceRun, detail: string): Promise<HostStatus> {
  try {
    return await withinLimit(run.input.settings.limits.rebootMs, 'look again', () => askHost(run));
  } catch (err) {
    const unreadable =
      err instanceof LimitPassed ||
      (err instanceof Ended && err.outcome.kind === 'skipped' && !notWanted.has(err.outcome.reason.code));
    throw unreadable ? rolledBack({ code: 'reboot-refused', detail }) : err;
  }
}

type BootResult =
  | { kind: 'booted'; host: HostProbe }
  | { kind: 'not-rebooted'; why: 'too-late' | 'refused'; detail: string };

async function orderAndWait(run: InstanceRun, host: HostStatus): Promise<BootResult> {
  const { documents, settings } = run.input;
  if (host.updateState !== 'Ready' || host.stagedVersion === null) {
    throw rolledBack({ code: 'apply-failed', detail: `its update state is ${host.updateState}, not Ready` });
  }
  // Another than we asked for may have been staged by somebody else.
  run.throwIfQuarantined(host.stagedVersion);
  run.aim(run.from, host.stagedVersion);
  const { bootId } = host;
  run.bootIdBefore = bootId;
  const notAfter = host.now + hostTimes.orderValidSeconds;
  const command = run.nextOrder('reboot');
  run.rebooted = true;
  run.ordered = false;
  const order = await quick(`into ${run.to}`).orderReboot({
    ...run.on,
    command,
    bootId,
    notAfter,
    pace: settings.pace,
  });
  if (order.kind !== 'sent' && !order.mayBeSent) {
    run.acting = false;
    run.rebooted = false;
  }
  if (order.kind === 'blocked') throw blocked(order);
  if (order.kind === 'tasks-left') {
    throw rolledBack({
      code: 'drain-limit',
      limitMs: settings.limits.drainMs,
      tasks: order.tasks,
      serviceEvents: [],
    });
  }
  if (order.kind === 'refused') {
    // Where an attempt may have sent it, only the host can tell.
    if (!order.mayBeSent) return { kind: 'not-rebooted', why: 'refused', detail: order.detail };
  } else if (order.kind !== 'sent') throw lost(order);
  run.ordered = true;
  const boot = await insist(run, 'look at the host after its reboot was ordered', () =>
    waiting(`at most ${formatMs(settings.limits.rebootMs)}`).waitForBoot({
      ...run.on,
      reboot: command,
      check: documents.check,
      bootId,
      notAfter,
      pace: settings.pace,
    }),
  );
  if (boot.kind === 'gone' || boot.kind === 'taken-over') throw lost(boot, run.rebooted);
  run.acting = false;
  if (boot.kind === 'not-rebooted') run.rebooted = false;
  return boot;
}
