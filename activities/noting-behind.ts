import { DeleteAttributesCommand, PutAttributesCommand } from '@aws-sdk/client-ecs';
import type { AwsClients } from '../src/aws/clients.js';
import { isAwsError } from '../src/aws/errors.js';
import { batches } from '../src/model/batches.js';
import { formatBehind } from '../src/model/behind.js';
import { behindAttribute } from '../src/model/names.js';
import type { Activities } from './types.js';

/** Most attributes in one call (PutAttributes, DeleteAttributes: API reference). */
const mostAttributes = 10;

/** Writes on instances since when they have been left behind, and removes it from those that are so no more. */
export async function noteBehind(
  { ecs }: AwsClients,
  { cluster, left, caughtUp }: Parameters<Activities['noteBehind']>[0],
): Promise<void> {
  const put = left.map(({ containerInstanceArn, mark }) => ({
    name: behindAttribute,
    value: formatBehind(mark),
    targetId: containerInstanceArn,
  }));
  const removed = caughtUp.map((arn) => ({ name: behindAttribute, targetId: arn }));
  await inBatches(put, (attributes) =>
    ecs.send(new PutAttributesCommand({ cluster: cluster.arn, attributes })),
  );
  await inBatches(removed, (attributes) =>
    ecs.send(new DeleteAttributesCommand({ cluster: cluster.arn, attributes })),
  );
}

/** One that has left the cluster meanwhile fails its whole batch: then each has a call of its own. */
async function inBatches<T>(attributes: readonly T[], send: (batch: T[]) => Promise<unknown>): Promise<void> {
  for (const batch of batches(attributes, mostAttributes)) {
    try {
      await send(batch);
    } catch (err) {
      if (!isAwsError(err, 'TargetNotFoundException')) throw err;
      if (batch.length > 1) for (const one of batch) await inBatches([one], send);
    }
  }
}
