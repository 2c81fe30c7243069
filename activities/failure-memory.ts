import { PutAttributesCommand, type ECSClient } from '@aws-sdk/client-ecs';
import { log } from '@temporalio/activity';
import { classify } from '../src/aws/errors.js';
import { type FailureMark, formatFailure, markAfter } from '../src/model/failures.js';
import { failedAttribute } from '../src/model/names.js';
import { subjectOf } from './subject.js';
import type { Memory, OnInstance } from './types.js';

/**
 * Writes down on the instance what failed there, so that it survives all that Temporal knows. Doing it again is harmless: the instant of
 * the failure tells that it is written. An attribute that ECS refuses for good keeps no instance from being given back.
 */
export async function remember(
  ecs: ECSClient,
  input: OnInstance & { memory?: Memory },
  before: FailureMark | null,
): Promise<void> {
  if (input.memory?.kind !== 'remember') return;
  const mark = markAfter(before, input.memory.failure);
  if (!mark) return;
  const attribute = {
    name: failedAttribute,
    value: formatFailure(mark),
    targetId: input.instance.containerInstanceArn,
  };
  try {
    await ecs.send(new PutAttributesCommand({ cluster: input.cluster.arn, attributes: [attribute] }));
  } catch (err) {
    if (classify(err) === 'retry') throw err;
    log.warn(`${subjectOf(input)}: its failure cannot be remembered, so it may be tried again too soon`, {
      attribute,
      error: err,
    });
  }
}
