import { CancellationScope, log, rootCause } from '@temporalio/workflow';
import { cutText } from '../../src/model/bounds.js';
import type { InstanceRun } from '../instance-run.js';
import { describing } from '../proxies.js';

/**
 * What a call says that only makes a reason more telling; where AWS does not answer, the error that it gave. Never throws: the reason must not
 * depend on it.
 */
export async function tell(call: () => Promise<string>): Promise<string> {
  try {
    return await CancellationScope.nonCancellable(call);
  } catch (err) {
    log.warn('cannot tell more', { error: err });
    return cutText(`AWS could not be asked: ${rootCause(err) ?? String(err)}`);
  }
}

/** What SSM says of the order that was given last, and what is not healthy. */
export const tellOfOrder = (run: InstanceRun): Promise<string> =>
  tell(() =>
    describing('what SSM says of the last order').describeOrder({
      ...run.on,
      commandId: run.orders.at(-1) ?? null,
      since: run.startedAt,
    }),
  );
