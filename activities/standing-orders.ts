import {
  DescribeClustersCommand,
  type ECSClient,
  paginateListContainerInstances,
  PutAttributesCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecs';
import { everyPage } from '../src/aws/pages.js';
import type { AwsClients } from '../src/aws/clients.js';
import { present } from '../src/aws/errors.js';
import { fallenBack, markedVersion } from '../src/model/failures.js';
import { formatOrderMark } from '../src/model/order-mark.js';
import type { Instance } from '../src/model/instance.js';
import {
  type ClusterRef,
  drainedAttribute,
  failedAttribute,
  holdAttribute,
  pauseAttribute,
  skipAttribute,
} from '../src/model/names.js';
import { formatMark, isHeld } from '../src/model/ownership.js';
import { quarantinesOf, quarantineTag } from '../src/model/quarantine.js';
import type { MarkingOrder, OrderResult, UnmarkingOrder } from '../src/model/standing-orders.js';
import { batches } from '../src/model/batches.js';
import { describeByArn, readInstance, removeAttributes, toInstance } from './container-instances.js';
import { arnsOf } from './discovery.js';
import { beat } from './heartbeat.js';
import type { Activities } from './types.js';

type Input = Parameters<Activities['carryOut']>[0];

/** The attribute on the instance that each order writes or removes. */
const attributeOf: Record<MarkingOrder | UnmarkingOrder, string> = {
  hold: holdAttribute,
  unhold: holdAttribute,
  pause: pauseAttribute,
  resume: pauseAttribute,
  skip: skipAttribute,
  unskip: skipAttribute,
};

/** Carries out a standing order. Doing it again is harmless. */
export async function carryOut({ ecs }: AwsClients, input: Input): Promise<OrderResult> {
  const { cluster, order } = input;
  switch (order.kind) {
    case 'hold':
    case 'pause':
    case 'skip': {
      const instance = await find(ecs, cluster, order.instance);
      if (!instance) return { kind: 'unknown-instance' };
      await put(ecs, cluster, instance, attributeOf[order.kind], formatOrderMark(markOf(input, order)));
      return { kind: 'done', order: order.kind };
    }
    case 'unhold':
    case 'resume':
    case 'unskip': {
      const instance = await find(ecs, cluster, order.instance);
      if (!instance) return { kind: 'unknown-instance' };
      const { hold, pause, skip } = instance;
      const mark = { unhold: hold, resume: pause, unskip: skip }[order.kind];
      if (!mark) return { kind: 'not-marked', order: order.kind };
      await remove(ecs, cluster, instance, attributeOf[order.kind]);
      return { kind: 'done', order: order.kind };
    }
    case 'clear-instance': {
      const instance = await find(ecs, cluster, order.instance);
      return instance ? clear(ecs, input, [instance], []) : { kind: 'unknown-instance' };
    }
    case 'clear-quarantine': {
      const version = markedVersion(order.version);
      const fell = (await marked(ecs, cluster, [failedAttribute])).filter(
        ({ failure }) => fallenBack(failure) === version,
      );
      const tagged = await taggedVersions(ecs, cluster);
      return clear(
        ecs,
        input,
        fell,
        tagged.filter((one) => one === version),
      );
    }
    case 'clear-all':
      return clear(
        ecs,
        input,
        await marked(ecs, cluster, [failedAttribute, drainedAttribute]),
        await taggedVersions(ecs, cluster),
      );
  }
}

const markOf = ({ at, by }: Input, { reason }: { reason?: string }) => ({
  since: at,
  ...(by !== undefined && { by }),
  ...(reason !== undefined && { reason }),
});

/** Removes the skips that a rollout has honoured; one that was ordered anew meanwhile stays. */
export async function forgetSkips(
  { ecs }: AwsClients,
  { cluster, skips }: Parameters<Activities['forgetSkips']>[0],
): Promise<void> {
  for (const batch of batches(skips, 100)) {
    const found = await describeByArn(
      ecs,
      cluster.arn,
      batch.map(({ containerInstanceArn }) => containerInstanceArn),
    );
    for (const one of found) {
      const instance = toInstance(one, new Set());
      const honoured = batch.find((skip) => skip.containerInstanceArn === instance.containerInstanceArn);
      if (instance.skip && instance.skip.since === honoured?.since)
        await remove(ecs, cluster, instance, skipAttribute);
      beat();
    }
  }
}

async function clear(
  ecs: ECSClient,
  { cluster, installation }: Input,
  instances: Instance[],
  versions: string[],
): Promise<OrderResult> {
  const forgotten: string[] = [];
  const toGiveBack: string[] = [];
  for (const instance of instances.toSorted((a, b) => (a.ec2InstanceId < b.ec2InstanceId ? -1 : 1))) {
    if (instance.failure) {
      await remove(ecs, cluster, instance, failedAttribute);
      forgotten.push(instance.ec2InstanceId);
    }
    if (instance.mark && isHeld(instance, installation)) {
      const { rolloutId, since } = instance.mark;
      // Without its target: whoever clears it has looked at it, so the next rollout is not to say again that it fell back.
      const mark = formatMark({ installation, rolloutId, since });
      await put(ecs, cluster, instance, drainedAttribute, mark);
      toGiveBack.push(instance.ec2InstanceId);
    }
    beat();
  }
  // Last: until it is lifted, no rollout takes up the version with half of its fall-backs forgotten.
  if (versions.length > 0) {
    await ecs.send(
      new UntagResourceCommand({ resourceArn: cluster.arn, tagKeys: versions.map(quarantineTag) }),
    );
  }
  return { kind: 'cleared', forgotten, toGiveBack, lifted: versions };
}

async function find(ecs: ECSClient, cluster: ClusterRef, ec2InstanceId: string): Promise<Instance | null> {
  const [containerInstanceArn] = await arnsOf(ecs, cluster.arn, ec2InstanceId);
  return containerInstanceArn === undefined
    ? null
    : readInstance(ecs, cluster.arn, { containerInstanceArn, ec2InstanceId });
}

/** The instances that have one of these attributes. */
async function marked(ecs: ECSClient, cluster: ClusterRef, names: string[]): Promise<Instance[]> {
  const filter = names.map((name) => `attribute:${name} exists`).join(' or ');
  const pages = paginateListContainerInstances(
    { client: ecs, stopOnSameToken: true },
    { cluster: cluster.arn, filter },
  );
  const instances: Instance[] = [];
  for await (const page of everyPage(pages)) {
    const arns = present(page.containerInstanceArns, 'containerInstanceArns');
    const found = await describeByArn(ecs, cluster.arn, arns);
    instances.push(...found.map((one) => toInstance(one, new Set())));
    beat();
  }
  return instances;
}

async function taggedVersions(ecs: ECSClient, cluster: ClusterRef): Promise<string[]> {
  const { clusters } = await ecs.send(
    new DescribeClustersCommand({ clusters: [cluster.arn], include: ['TAGS'] }),
  );
  return Object.keys(quarantinesOf(present(clusters, 'clusters')[0]?.tags ?? []));
}

const put = (
  ecs: ECSClient,
  cluster: ClusterRef,
  { containerInstanceArn }: Instance,
  name: string,
  value: string,
) =>
  ecs.send(
    new PutAttributesCommand({
      cluster: cluster.arn,
      attributes: [{ name, value, targetId: containerInstanceArn }],
    }),
  );

const remove = (ecs: ECSClient, cluster: ClusterRef, { containerInstanceArn }: Instance, name: string) =>
  removeAttributes(ecs, cluster.arn, containerInstanceArn, [name]);
