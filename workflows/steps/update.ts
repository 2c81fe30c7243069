import { log } from '@temporalio/workflow';
import type { HostStatus } from '../../src/model/host.js';
import { LimitPassed, wasCalledOff, withinLimit } from '../limits.js';
import { Ended, type InstanceRun, rolledBack } from '../instance-run.js';
import { waiting } from '../proxies.js';
import { askHost, refreshCheck } from './ask-host.js';
import { tellOfOrder } from './tell.js';

/**
 * Orders that came too late, as where AWS throttles, are given again from a fresh look at the host's clock: up to the limit, and no more often than
 * a host whose clock cannot be trusted bears.
 */
const maxOrders = 20;

const tooLate = `each of ${maxOrders} orders reached the host too late. Look at its commands in SSM, and at its clock`;

/** Writes the update to the host's other partition set; a host found Ready has it already. Returns its status, read now. */
export async function update(run: InstanceRun): Promise<HostStatus> {
  const { documents, settings } = run.input;
  try {
    return await withinLimit(settings.limits.updateMs, 'update limit', async () => {
      await refreshCheck(run);
      if (run.found === 'Ready') return askHost(run);
      for (let order = 1; ; order++) {
        if (run.to !== null) run.throwIfQuarantined(run.to);
        const applied = await waiting(`${run.from} to ${run.to}`).applyUpdate({
          ...run.on,
          command: run.nextOrder('apply'),
          check: documents.check,
          // Fixed here, not by whoever sends it: an attempt that was suspended must not send an order that is valid again.
          notAfter: run.notAfter(),
          pace: settings.pace,
        });
        run.acting = false;
        if (applied.kind === 'applied') return applied.host;
        if (applied.kind === 'failed') {
          await throwIfWithdrawn(run);
          throw rolledBack({ code: 'apply-failed', detail: applied.detail });
        }
        if (order === maxOrders) throw rolledBack({ code: 'apply-failed', detail: tooLate });
        const host = await askHost(run);
        if (host.updateState === 'Ready') return host;
      }
    });
  } catch (err) {
    throw err instanceof LimitPassed
      ? rolledBack({
          code: 'update-limit',
          limitMs: settings.limits.updateMs,
          detail: await tellOfOrder(run),
        })
      : err;
  }
}

/** The update may have been withdrawn since the check: then the host says so. Whatever else it says explains no failed apply. */
async function throwIfWithdrawn(run: InstanceRun): Promise<void> {
  try {
    await askHost(run);
  } catch (err) {
    const withdrawn =
      err instanceof Ended && 'reason' in err.outcome && err.outcome.reason.code === 'update-withdrawn';
    if (withdrawn || wasCalledOff(err)) throw err;
    log.warn('cannot ask the host after its apply failed', { error: err });
  }
}
