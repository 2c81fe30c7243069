import { TagResourceCommand } from '@aws-sdk/client-ecs';
import type { AwsClients } from '../src/aws/clients.js';
import { quarantineTag, quarantineTagValue } from '../src/model/quarantine.js';
import type { Activities } from './types.js';

/** Writes on the cluster that a version is quarantined. */
export async function quarantineVersion(
  { ecs }: AwsClients,
  { cluster, version, hosts, at }: Parameters<Activities['quarantineVersion']>[0],
): Promise<void> {
  const tag = { key: quarantineTag(version), value: quarantineTagValue(hosts, at) };
  await ecs.send(new TagResourceCommand({ resourceArn: cluster.arn, tags: [tag] }));
}
