import { DescribeClustersCommand } from '@aws-sdk/client-ecs';
import { DescribeDocumentCommand, InvalidDocument, InvalidDocumentVersion } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { ExaminationInput, Finding } from '../model/examination.js';
import { documentNames, type DocumentRef } from '../model/names.js';
import type { AwsClients } from './clients.js';
import { examineInstances, listInstances } from './instance-reach.js';
import { tryPermissions } from './permission-probes.js';
import { look, remedyOfError } from './looks.js';
import { describeServices, servicesOf, tasksOfCluster } from './tasks.js';

/**
 * Looks at everything on the side of AWS that a cluster's rollouts need. Each look has its own limit of time, changes nothing, and goes on
 * when others fail.
 */
export async function examineAws(clients: AwsClients, input: ExaminationInput): Promise<Finding[]> {
  const credentials = await examineCredentials(clients, input);
  if (credentials.status === 'failed') return [credentials];
  const listed = listInstances(clients, input.cluster.arn);
  const [cluster, services, documents, permissions, instances] = await Promise.all([
    examineCluster(clients, input),
    examineServices(clients, input),
    Promise.all(documentRefs(input).map((ref) => examineDocument(clients, ref))),
    tryPermissions(clients, input, listed),
    examineInstances(clients, input.cluster.arn, listed),
  ]);
  return [credentials, cluster, ...permissions, ...documents, ...instances, services];
}

const examineCredentials = ({ sts }: AwsClients, { cluster }: ExaminationInput): Promise<Finding> =>
  look('credentials', async () => {
    const { Arn = 'unknown' } = await sts.send(new GetCallerIdentityCommand({}));
    return { status: 'ok', fact: `${Arn}${cluster.assume ? `, by assuming ${cluster.assume.roleArn}` : ''}` };
  });

const examineCluster = ({ ecs }: AwsClients, { cluster }: ExaminationInput): Promise<Finding> =>
  look('cluster', async () => {
    const { clusters } = await ecs.send(new DescribeClustersCommand({ clusters: [cluster.arn] }));
    const found = clusters?.[0];
    if (found?.status !== 'ACTIVE') {
      return {
        status: 'failed',
        fact: `${cluster.arn} is ${found?.status ?? 'missing'}`,
        remedy: 'Correct the file or the Schedule, or remove the cluster there.',
      };
    }
    return {
      status: 'ok',
      fact: `${cluster.arn}, ${found.registeredContainerInstancesCount ?? 0} container instances`,
    };
  });

/** Reads what runs as rollouts do: services whose ARN lacks the name of their cluster meet no policy that is for one cluster. */
const examineServices = ({ ecs }: AwsClients, { cluster: { arn } }: ExaminationInput): Promise<Finding> =>
  look('services', async () => {
    const services = await describeServices(ecs, arn, servicesOf(await tasksOfCluster(ecs, arn)));
    const old = services.filter(({ serviceArn = '' }) => serviceArn.split('/').length < 3);
    if (old.length === 0) return { status: 'ok', fact: `${services.length} with tasks can be read` };
    const names = old.map(({ serviceName }) => serviceName).join(', ');
    return {
      status: 'warning',
      fact: `${old.length} of ${services.length} have an old ARN, without the name of the cluster: ${names}`,
      remedy:
        'The policy that we ship does not reach them: migrate them (docs/iam.md). If your own policy does, leave it so.',
    };
  });

const documentRefs = ({ documents }: ExaminationInput): (DocumentRef | string)[] =>
  documents ? Object.values(documents) : Object.values(documentNames);

const put = 'Run ecs-updater apply, or schedule.';

function examineDocument({ ssm }: AwsClients, ref: DocumentRef | string): Promise<Finding> {
  const { name, version, hash } =
    typeof ref === 'string' ? { name: ref, version: undefined, hash: undefined } : ref;
  return look(
    `SSM document ${name}`,
    async () => {
      const { Document } = await ssm.send(
        new DescribeDocumentCommand({
          Name: name,
          ...(version !== undefined && { DocumentVersion: version }),
        }),
      );
      const is = `version ${Document?.DocumentVersion ?? 'unknown'}`;
      if (hash !== undefined && Document?.Hash !== hash) {
        return {
          status: 'failed',
          fact: `${is} was changed since rollouts were scheduled with it`,
          remedy: `Look at it, then: ecs-updater apply --update-documents.`,
        };
      }
      return { status: 'ok', fact: hash === undefined ? `${is} is there` : `${is}, unchanged` };
    },
    (err) =>
      err instanceof InvalidDocument || err instanceof InvalidDocumentVersion ? put : remedyOfError(err),
  );
}
