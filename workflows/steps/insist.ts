import { ActivityFailure, log, rootCause, sleep } from '@temporalio/workflow';
import { wasCalledOff } from '../limits.js';
import type { InstanceRun } from '../instance-run.js';

/**
 * Goes on until it succeeds, whatever AWS refuses: for what must not be left undone while a host is out of service. What may end it
 * is a limit around it. Errors that are worth an immediate retry never get here.
 */
export async function insist<T>(run: InstanceRun, what: string, attempt: () => Promise<T>): Promise<T> {
  const { capacityMs } = run.input.settings.pace;
  for (let pauseMs = capacityMs; ; pauseMs = Math.min(2 * pauseMs, 5 * capacityMs)) {
    try {
      return await attempt();
    } catch (err) {
      if (wasCalledOff(err) || !(err instanceof ActivityFailure)) throw err;
      log.warn(`cannot ${what}; it is tried again`, { error: rootCause(err) });
      await sleep(pauseMs, { summary: `try again to ${what}` });
    }
  }
}
