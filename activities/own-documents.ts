import { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from '../src/model/failure-types.js';
import { documentNames, type DocumentRef } from '../src/model/names.js';

const ours: readonly string[] = Object.values(documentNames);

/** Refuses a document that is none of ours: whoever may start workflows could name another. `subject` is what the failure is about. */
export function refuseForeign({ name }: Pick<DocumentRef, 'name'>, subject: string): void {
  if (ours.includes(name)) return;
  throw ApplicationFailure.create({
    message: `${subject}: ${JSON.stringify(name)} is none of the SSM documents of ecs-updater (${ours.join(', ')}), so it is not sent. Look at who started this workflow.`,
    type: failureTypes.stopsRollout,
    nonRetryable: true,
  });
}
