import { log } from '@temporalio/workflow';
import type { HostStatus } from '../../src/model/host.js';
import { LimitPassed, wasCalledOff, withinLimit } from '../limits.js';
import { Ended, type InstanceRun, rolledBack } from '../instance-run.js';
import { waiting } from '../proxies.js';
import { askHost, refreshCheck } from './ask-host.js';

/** Writes the update to the host's other partition set; a host found Ready has it already. Returns its status, read now. */
export async function update(run: InstanceRun): Promise<HostStatus> {
  const { documents, settings } = run.input;
  try {
    return await withinLimit(settings.limits.updateMs, 'update limit', async () => {
      await refreshCheck(run);
      if (run.found === 'Ready') return askHost(run);
      run.acting = true;
      const applied = await waiting.applyUpdate({
        ...run.on,
        command: run.nextCommand('apply'),
        check: documents.check,
        pace: settings.pace,
      });
      run.acting = false;
      if (applied.kind === 'applied') return applied.host;
      await throwIfWithdrawn(run);
      throw rolledBack({ code: 'apply-failed', detail: applied.detail });
    });
  } catch (err) {
    throw err instanceof LimitPassed
      ? rolledBack({ code: 'update-limit', limitMs: settings.limits.updateMs })
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
