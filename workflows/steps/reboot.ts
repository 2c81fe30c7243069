import { isCancellation, log, sleep } from '@temporalio/workflow';
import type { HostProbe, HostStatus } from '../../src/model/host.js';
import { hostTimes } from '../../src/model/settings.js';
import { LimitPassed, withinLimit } from '../limits.js';
import { blocked, failed, type InstanceRun, lost, rolledBack } from '../instance-run.js';
import { quick, waiting } from '../proxies.js';
import { askHost } from './ask-host.js';

/** Orders that came too late or were refused are given again this often, each after proof that the one before is over. */
const maxOrders = 3;

/** Reboots the host into what is staged and waits for its new boot id. Nothing cancels this but its limit. */
export async function reboot(run: InstanceRun, ready: HostStatus): Promise<HostProbe> {
  const { limits } = run.input.settings;
  try {
    return await withinLimit(limits.rebootMs, 'reboot limit', async () => {
      let host = ready;
      let refused = 0;
      for (let order = 1; ; order++) {
        const boot = await orderAndWait(run, host);
        if (boot.kind === 'booted') return boot.host;
        if (boot.why === 'refused') refused += 1;
        if (refused === 2 || order === maxOrders) {
          throw rolledBack({ code: 'reboot-refused', detail: boot.detail });
        }
        host = await askHost(run);
      }
    });
  } catch (err) {
    if (!(err instanceof LimitPassed)) throw err;
    // An order is void long before the limit has passed, and the limit is the proof that the design asks for.
    run.acting = false;
    throw failed({ code: 'reboot-limit', limitMs: limits.rebootMs });
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
  run.to = host.stagedVersion;
  const { bootId } = host;
  const notAfter = host.now + hostTimes.orderValidSeconds;
  const command = run.nextCommand('reboot');
  run.acting = true;
  run.rebooted = true;
  const order = await quick.orderReboot({ ...run.on, command, bootId, notAfter });
  if (order.kind !== 'sent') {
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
  if (order.kind !== 'sent') throw lost(order);
  const boot = await insistently(run, () =>
    waiting.waitForBoot({
      ...run.on,
      reboot: command,
      check: documents.check,
      bootId,
      notAfter,
      pace: settings.pace,
    }),
  );
  if (boot.kind === 'gone' || boot.kind === 'taken-over') throw lost(boot);
  run.acting = false;
  if (boot.kind === 'not-rebooted') run.rebooted = false;
  return boot;
}

/** A reboot may be on its way: no error ends the wait for it, only the limit does. */
async function insistently<T>(run: InstanceRun, wait: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await wait();
    } catch (err) {
      if (isCancellation(err)) throw err;
      const { outcome } = run.endingOf(err);
      log.warn('cannot look at the host after its reboot was ordered', { outcome });
      await sleep(run.input.settings.pace.capacityMs);
    }
  }
}
