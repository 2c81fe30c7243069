import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  log,
  ParentClosePolicy,
  rootCause,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { notifyWorkflowId } from '../../src/model/names.js';
import { type Notice, type Recipients, wanting } from '../../src/model/notice.js';
import { headline } from '../../src/model/notice-text.js';
import { cutText, longestSummary } from '../../src/model/bounds.js';
import type { notify } from '../notify.js';
import type { foundBy } from '../search-attributes.js';

/**
 * Lets those know who want to. It only starts the delivery, which outlives its parent: nobody waits for it, and whatever becomes of it, no
 * rollout is the worse for it. The server starts a message of one id once. It is `found` by these search attributes.
 */
export async function sendNotice(
  recipients: Recipients | undefined,
  notice: Notice,
  found: ReturnType<typeof foundBy>,
): Promise<void> {
  if (!recipients) return;
  const wanted = wanting(recipients, notice.event);
  if (wanted.targets.length === 0) return;
  try {
    await CancellationScope.nonCancellable(() =>
      startChild<typeof notify>('notify', {
        workflowId: notifyWorkflowId(notice.cluster.name, notice.id),
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        args: [{ ...wanted, notice }],
        ...found,
        staticSummary: cutText(headline(notice), longestSummary),
      }),
    );
  } catch (err) {
    if (err instanceof WorkflowExecutionAlreadyStartedError) return;
    log.warn('cannot tell anybody', { event: notice.event, messageId: notice.id, error: rootCause(err) });
  }
}
