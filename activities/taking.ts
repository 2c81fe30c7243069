import {
  type ECSClient,
  PutAttributesCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { present } from '../src/aws/errors.js';
import { failureTypes } from '../src/model/failure-types.js';
import type { Instance } from '../src/model/instance.js';
import { drainedAttribute } from '../src/model/names.js';
import { formatMark, isOurs } from '../src/model/ownership.js';
import { readInstance, removeAttributes } from './container-instances.js';
import { beat, wasLeft } from './heartbeat.js';
import { deregistered } from './lost.js';
import { subjectOf } from './subject.js';
import type { Activities, OnInstance, StartDrainingResult } from './types.js';

/** Why an instance that looks like this is not to be taken; null: it may be, or it is DRAINING through us. */
export function refusalIn(now: Instance | null, installation: string): StartDrainingResult | null {
  if (!now) return deregistered;
  const { status, mark, hold } = now;
  if (status === 'DEREGISTERING') return { kind: 'gone', detail: 'it is being deregistered' };
  if (mark && !isOurs(mark, installation)) {
    return { kind: 'draining-by-others', installation: mark.installation, since: mark.since };
  }
  if (status === 'DRAINING' && !mark) return drainingBySomebody;
  if (hold) return { kind: 'held', hold };
  return status === 'ACTIVE' || status === 'DRAINING' ? null : { kind: 'taken-over', status };
}

const drainingBySomebody: StartDrainingResult = {
  kind: 'draining-by-others',
  installation: null,
  since: null,
};

/** What a look is good for: this part of the pause after a mark; the rest is for the mark's own way to ECS. */
const partGood = 0.5;

/**
 * Takes an instance that was ACTIVE at `seenAt` (ms since the epoch) out of service; null: it is DRAINING through us. ECS has no conditional write, so
 * this is Fischer's mutual exclusion: mark it, wait longer than anybody takes from a look to a mark, look whose mark stands. Of two
 * installations that both saw it free the one that wrote last takes it; the other has nothing to undo. The instance serves meanwhile.
 *
 * What remains: a mark that is on its way to ECS for longer than the pause; a status or a mark that somebody sets in the milliseconds between
 * the last look and DRAINING; and a DRAINING that somebody sets after an attempt that had marked died, before the next one looks: it cannot be
 * told from one that the dead attempt asked for.
 */
export async function take(
  ecs: ECSClient,
  input: Parameters<Activities['startDraining']>[0],
  seen: Instance & { seenAt: number },
): Promise<StartDrainingResult | null> {
  const { cluster, instance, installation, rolloutId, target, pace } = input;
  const { containerInstanceArn } = instance;
  const read = (): ReturnType<typeof readInstance> => readInstance(ecs, cluster.arn, instance);
  let before: Instance | null = seen;
  if (Date.now() - seen.seenAt > pace.quickMs * partGood) {
    before = await read();
    const refusal = refusalIn(before, installation);
    if (refusal || before?.status === 'DRAINING') return refusal;
  }
  const since = new Date().toISOString();
  const value = formatMark({ installation, rolloutId, since, ...(target !== undefined && { target }) });
  await ecs.send(
    new PutAttributesCommand({
      cluster: cluster.arn,
      attributes: [{ name: drainedAttribute, value, targetId: containerInstanceArn }],
    }),
  );
  await Context.current().sleep(pace.quickMs);

  const now = await read();
  if (now && isOurs(now.mark, installation)) {
    if (now.status === 'DRAINING') {
      // Where an earlier attempt had marked it, the request of that one may have come late.
      return isOurs(before?.mark ?? null, installation) ? null : giveWay(ecs, input);
    }
    if (now.status === 'ACTIVE' && !now.hold) return setDraining(ecs, input);
    if (now.hold) await removeMark(ecs, input);
  }
  return refusalIn(now, installation) ?? { kind: 'taken-over', status: now?.status ?? '' };
}

async function setDraining(ecs: ECSClient, input: OnInstance): Promise<StartDrainingResult | null> {
  const { containerInstances, failures } = await ecs.send(
    new UpdateContainerInstancesStateCommand({
      cluster: input.cluster.arn,
      containerInstances: [input.instance.containerInstanceArn],
      status: 'DRAINING',
    }),
  );
  const reason = failures?.[0]?.reason;
  if (reason === 'INACTIVE' || reason === 'MISSING') {
    // Whether it is gone the next attempt reads, and believes it only the second time.
    throw ApplicationFailure.create({
      type: failureTypes.unavailable,
      message: `${subjectOf(input)}: ECS refused to set it DRAINING: it is ${reason}`,
    });
  }
  if (reason) {
    throw ApplicationFailure.nonRetryable(
      `${subjectOf(input)}: ECS refused to set it DRAINING: ${reason}`,
      failureTypes.failsInstance,
    );
  }
  present(containerInstances?.[0], 'containerInstances');
  return null;
}

/** What an attempt leaves to the next: who sees DRAINING and our mark would take it for ours. */
const gaveWay = { gaveWay: true };

/** Whether an earlier attempt found that what we had marked was drained by somebody else, and may not have removed our mark. */
export const hadGivenWay = (): boolean => wasLeft('gaveWay');

/** Leaves an instance that we only marked to whoever set it DRAINING. */
export async function giveWay(ecs: ECSClient, input: OnInstance): Promise<StartDrainingResult> {
  beat(gaveWay);
  const now = await readInstance(ecs, input.cluster.arn, input.instance);
  if (now && isOurs(now.mark, input.installation)) await removeMark(ecs, input);
  return drainingBySomebody;
}

const removeMark = (ecs: ECSClient, { cluster, instance }: OnInstance): Promise<void> =>
  removeAttributes(ecs, cluster.arn, instance.containerInstanceArn, [drainedAttribute]);
