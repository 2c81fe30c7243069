import { PutAttributesCommand } from '@aws-sdk/client-ecs';
import type { AwsClients } from '../src/aws/clients.js';
import { drainedAttribute } from '../src/model/names.js';
import { formatMark } from '../src/model/ownership.js';
import { readInstance } from './container-instances.js';
import { deregistered, lostIn } from './lost.js';
import { remember } from './failure-memory.js';
import type { Activities } from './types.js';

/** Writes down what failed and marks a DRAINING instance that we drained as held. */
export async function hold(
  { ecs }: AwsClients,
  input: Parameters<Activities['hold']>[0],
): ReturnType<Activities['hold']> {
  const { cluster, instance, installation } = input;
  const { containerInstanceArn } = instance;
  const now = await readInstance(ecs, cluster.arn, instance);
  const lost = lostIn(now, installation);
  if (lost || !now?.mark) return lost ?? deregistered;
  await remember(ecs, input, now.failure);
  if (!now.mark.held) {
    const value = formatMark({ ...now.mark, held: true });
    await ecs.send(
      new PutAttributesCommand({
        cluster: cluster.arn,
        attributes: [{ name: drainedAttribute, value, targetId: containerInstanceArn }],
      }),
    );
  }
  return { kind: 'held' };
}
