import { DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
import {
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  RebootInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  DeleteAttributesCommand,
  DescribeCapacityProvidersCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  GetTaskProtectionCommand,
  ListContainerInstancesCommand,
  ListTasksCommand,
  PutAttributesCommand,
  UntagResourceCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import {
  CancelCommandCommand,
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { batches } from '../model/batches.js';
import type { ExaminationInput, Finding } from '../model/examination.js';
import { documentNames, drainedAttribute } from '../model/names.js';
import type { AwsClients } from './clients.js';
import { classify, isAwsError, present } from './errors.js';
import type { Listed } from './instance-reach.js';
import { isDenied, look, remedyOfError } from './looks.js';
import { nobodys } from './nobody.js';

/** A call that changes nothing, by which one sees whether its action is allowed. */
interface Probe {
  action: string;
  call: () => Promise<unknown>;
  /** Said instead of a failure where this is denied. */
  onlyIf?: string;
}

/** Tries every action that a rollout needs. Where the instances cannot be listed, others tell of it. */
export async function tryPermissions(
  clients: AwsClients,
  input: ExaminationInput,
  instances: Promise<Listed>,
): Promise<Finding[]> {
  const { updatable } = await instances.catch(() => ({ updatable: [] }));
  const hosts = updatable.map(({ id }) => id);
  const probes = [...readingProbes(clients, input), ...changingProbes(clients, input, hosts)];
  return [...(await Promise.all(probes.map(tryProbe))), untried];
}

const untried: Finding = {
  what: 'permission ecs:TagResource',
  status: 'skipped',
  fact: 'not tried, since it would write a tag; without it a rollout quarantines a version only for itself',
};

/** Throws an error again by which it is not shown that a call is allowed. */
export function throwUnlessHeard(err: unknown): void {
  if (isDenied(err) || !wasHeard(err)) throw err;
}

async function tryProbe({ action, call, onlyIf }: Probe): Promise<Finding> {
  return look(`permission ${action}`, async () => {
    try {
      await call();
    } catch (err) {
      if (isDenied(err) && onlyIf !== undefined) {
        return { status: 'warning', fact: `denied; it is only needed ${onlyIf}` };
      }
      throwUnlessHeard(err);
    }
    return { status: 'ok', fact: 'allowed' };
  });
}

/** Whether the service understood who asks for what, and only found that what was asked about is not there. */
const wasHeard = (err: unknown): boolean =>
  // A command may not be listed yet, which is why it is tried again elsewhere.
  isAwsError(err, 'InvocationDoesNotExist') ||
  (remedyOfError(err) === undefined && classify(err) !== 'retry');

function readingProbes(
  { ecs, ec2, ssm, autoScaling }: AwsClients,
  { cluster: { arn } }: ExaminationInput,
): Probe[] {
  const cluster = arn;
  return [
    {
      action: 'ecs:DescribeClusters',
      call: () => ecs.send(new DescribeClustersCommand({ clusters: [arn] })),
    },
    {
      action: 'ecs:ListContainerInstances',
      call: () => ecs.send(new ListContainerInstancesCommand({ cluster, maxResults: 1 })),
    },
    {
      action: 'ecs:DescribeContainerInstances',
      call: () =>
        ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances: [nobodys.container] })),
    },
    {
      action: 'ecs:DescribeCapacityProviders',
      call: () =>
        ecs.send(
          new DescribeCapacityProvidersCommand({ capacityProviders: [nobodys.provider], cluster: arn }),
        ),
    },
    { action: 'ecs:ListTasks', call: () => ecs.send(new ListTasksCommand({ cluster, maxResults: 1 })) },
    {
      action: 'ecs:DescribeTasks',
      call: () => ecs.send(new DescribeTasksCommand({ cluster, tasks: [nobodys.container] })),
    },
    {
      action: 'ecs:GetTaskProtection',
      call: () => ecs.send(new GetTaskProtectionCommand({ cluster, tasks: [nobodys.container] })),
    },
    {
      action: 'ecs:DescribeServices',
      call: () => ecs.send(new DescribeServicesCommand({ cluster, services: [nobodys.service] })),
    },
    {
      action: 'ssm:DescribeInstanceInformation',
      call: () => ssm.send(new DescribeInstanceInformationCommand({ MaxResults: 5 })),
    },
    {
      action: 'ssm:DescribeDocument',
      call: () => ssm.send(new DescribeDocumentCommand({ Name: documentNames.check })),
    },
    { action: 'ssm:ListCommands', call: () => ssm.send(new ListCommandsCommand({ MaxResults: 1 })) },
    {
      action: 'ssm:ListCommandInvocations',
      call: () => ssm.send(new ListCommandInvocationsCommand({ CommandId: nobodys.command })),
    },
    {
      action: 'ssm:GetCommandInvocation',
      call: () =>
        ssm.send(
          new GetCommandInvocationCommand({ CommandId: nobodys.command, InstanceId: nobodys.instance }),
        ),
    },
    {
      action: 'ec2:DescribeInstances',
      call: () =>
        ec2.send(
          new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [nobodys.instance] }] }),
        ),
    },
    {
      action: 'ec2:DescribeInstanceStatus',
      call: () => ec2.send(new DescribeInstanceStatusCommand({ MaxResults: 5 })),
    },
    {
      action: 'autoscaling:DescribeAutoScalingInstances',
      call: () => autoScaling.send(new DescribeAutoScalingInstancesCommand({ MaxRecords: 1 })),
      onlyIf: 'for instances of Auto Scaling groups',
    },
  ];
}

/** An instance that nobody has has no tags. */
const onlyTagged =
  'for the instances of the cluster: if your policy names them by their tags, it is right to deny it here';

/** Of actions that change something, the form that changes nothing: on what nobody has. */
function changingProbes(
  { ecs, ec2Once, ssm, ssmOnce }: AwsClients,
  { cluster: { arn }, documents, rebootsThroughEc2 }: ExaminationInput,
  hosts: readonly string[],
): Probe[] {
  const mark = {
    name: drainedAttribute,
    targetType: 'container-instance',
    targetId: nobodys.container,
  } as const;
  return [
    {
      action: 'ecs:UpdateContainerInstancesState',
      call: () =>
        ecs.send(
          new UpdateContainerInstancesStateCommand({
            cluster: arn,
            containerInstances: [nobodys.container],
            status: 'ACTIVE',
          }),
        ),
    },
    {
      action: 'ecs:PutAttributes',
      call: () =>
        ecs.send(new PutAttributesCommand({ cluster: arn, attributes: [{ ...mark, value: 'none' }] })),
    },
    {
      action: 'ecs:DeleteAttributes',
      call: () => ecs.send(new DeleteAttributesCommand({ cluster: arn, attributes: [mark] })),
    },
    {
      action: 'ecs:UntagResource',
      call: () => ecs.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: [nobodys.quarantine] })),
    },
    {
      action: 'ssm:SendCommand',
      call: async () => {
        await trySending(ssmOnce, documents?.check.name ?? documentNames.check, hosts);
        // What the tags of the hosts allow is known by then.
        for (const role of ['apply', 'reboot'] as const)
          await trySending(ssmOnce, documents?.[role].name ?? documentNames[role], hosts.slice(0, 1));
      },
      ...(hosts.length === 0 && { onlyIf: onlyTagged }),
    },
    {
      action: 'ssm:CancelCommand',
      call: () => ssm.send(new CancelCommandCommand({ CommandId: nobodys.command })),
    },
    ...(rebootsThroughEc2
      ? [
          {
            action: 'ec2:RebootInstances',
            call: () =>
              ec2Once.send(new RebootInstancesCommand({ InstanceIds: [nobodys.instance], DryRun: true })),
            onlyIf: onlyTagged,
          },
        ]
      : []),
  ];
}

/** No document has it, nor this hash. */
const noVersion = {
  DocumentVersion: nobodys.documentVersion,
  DocumentHash: '0'.repeat(64),
  DocumentHashType: 'Sha256',
} as const;

/** A command goes to so many hosts (API reference, SendCommand). */
const mostHosts = 50;

/**
 * Has IAM asked whether a document may be sent to each of these hosts, which may hang on their tags. Nothing is sent: SSM has no such version of
 * the document.
 */
export async function trySending(ssm: SSMClient, document: string, hosts: readonly string[]): Promise<void> {
  for (const InstanceIds of batches(hosts.length === 0 ? [nobodys.instance] : hosts, mostHosts)) {
    try {
      const { Command } = await ssm.send(
        new SendCommandCommand({ DocumentName: document, ...noVersion, InstanceIds }),
      );
      present(Command, 'Command');
    } catch (err) {
      throwUnlessHeard(err);
    }
  }
}
