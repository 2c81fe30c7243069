import type { HostStatus, UpdateState } from '../../src/model/host.js';
import { LimitPassed, withinLimit } from '../limits.js';
import { type InstanceRun, rolledBack } from '../instance-run.js';
import { waiting } from '../proxies.js';
import { askHost } from './ask-host.js';

/** Writes the update to the host's other partition set; a host found Ready has it already. Returns its status, read now. */
export async function update(run: InstanceRun, found: UpdateState): Promise<HostStatus> {
  const { documents, settings } = run.input;
  try {
    return await withinLimit(settings.limits.updateMs, 'update limit', async () => {
      if (found === 'Ready') return askHost(run);
      run.acting = true;
      const applied = await waiting.applyUpdate({
        ...run.on,
        command: run.nextCommand('apply'),
        check: documents.check,
        pace: settings.pace,
      });
      run.acting = false;
      if (applied.kind === 'applied') return applied.host;
      // The update may have been withdrawn since the check: then the host says so.
      await askHost(run);
      throw rolledBack({ code: 'apply-failed', detail: applied.detail });
    });
  } catch (err) {
    throw err instanceof LimitPassed
      ? rolledBack({ code: 'update-limit', limitMs: settings.limits.updateMs })
      : err;
  }
}
