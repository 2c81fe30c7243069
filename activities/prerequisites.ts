import { DescribeClustersCommand } from '@aws-sdk/client-ecs';
import { DescribeDocumentCommand } from '@aws-sdk/client-ssm';
import { ApplicationFailure } from '@temporalio/common';
import type { AwsClients } from '../src/aws/clients.js';
import { present } from '../src/aws/errors.js';
import { failureTypes } from '../src/model/failure-types.js';
import { quarantinesOf } from '../src/model/quarantine.js';
import { refuseForeign } from './own-documents.js';
import { tryLaterCalls } from './permissions.js';
import type { Activities } from './types.js';

/** Refuses to go on unless the cluster exists, the three documents are unchanged, and later calls are allowed. Answers what is quarantined. */
export async function checkPrerequisites(
  clients: AwsClients,
  { cluster, documents, looksOnly = false }: Parameters<Activities['checkPrerequisites']>[0],
): ReturnType<Activities['checkPrerequisites']> {
  const { ecs, ssm } = clients;
  const { clusters } = await ecs.send(
    new DescribeClustersCommand({ clusters: [cluster.arn], include: ['TAGS'] }),
  );
  const [found] = present(clusters, 'clusters');
  const status = found?.status;
  if (status !== 'ACTIVE') {
    throw stop(
      `${cluster.name}: cluster ${cluster.arn} is ${status ?? 'missing'}. Remove its Schedule, or correct it.`,
    );
  }
  for (const { name, version, hash } of Object.values(documents)) {
    refuseForeign({ name }, cluster.name);
    const { Document } = await ssm.send(
      new DescribeDocumentCommand({ Name: name, DocumentVersion: version }),
    );
    if (present(Document, 'Document').Hash !== hash) {
      throw stop(
        `${cluster.name}: SSM document ${name} version ${version} was changed (hash ${Document?.Hash ?? 'unknown'}, scheduled with ${hash}). ` +
          'Look at it, then run ecs-updater apply (or schedule) --update-documents.',
      );
    }
  }
  await tryLaterCalls(clients, cluster.arn, looksOnly);
  return { quarantined: quarantinesOf(found?.tags ?? []) };
}

const stop = (message: string): ApplicationFailure =>
  ApplicationFailure.create({ message, type: failureTypes.stopsRollout, nonRetryable: true });
