import { DeleteDocumentCommand } from '@aws-sdk/client-ssm';
import { describe } from 'vitest';
import { clusterTag } from '../../src/model/names.js';
import type { RolloutInput } from '../../src/model/steering.js';
import { rolloutResult, triggerRollout } from '../../src/temporal/rollouts.js';
import { putSchedule } from '../../src/temporal/schedules.js';
import { type Fleet, hosts } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';

interface Incident {
  /** What is wrong from the start. */
  wrong: (fleet: Fleet, input: RolloutInput) => RolloutInput | Promise<RolloutInput>;
  /** No policy of ours stands above the worker. */
  isFree?: true;
  /** Actions that the policies refuse. */
  refused?: string[];
  /** Tags of the host. */
  tags?: Record<string, string>;
  /** What the operator reads. */
  says: (fleet: Fleet) => string[];
}

/** Refuses one call of this action, after so many. */
const refused =
  (action: string, code: string, after = 0): Incident['wrong'] =>
  (fleet, input) => {
    fleet.simulator.fault({ kind: 'aws-error', action, code, after, principal: principals.worker });
    return input;
  };

const incidents: Record<string, Incident> = {
  'access to the cluster is denied': {
    wrong: refused('DescribeClusters', 'AccessDeniedException'),
    says: ({ arn }) => ['ecs:DescribeClusters', arn, 'Allow this action to the role of the worker.'],
  },
  'access to a document is denied': {
    wrong: refused('DescribeDocument', 'AccessDeniedException'),
    says: () => ['ssm:DescribeDocument on ecs-updater-check', 'Allow this action to the role of the worker.'],
  },
  'access to the instances is denied': {
    wrong: refused('DescribeContainerInstances', 'AccessDeniedException'),
    says: () => ['ecs:DescribeContainerInstances', 'Allow this action to the role of the worker.'],
  },
  'sending commands is denied': {
    wrong: refused('SendCommand', 'AccessDeniedException'),
    says: () => ['ssm:SendCommand', 'Allow this action to the role of the worker.'],
  },
  'sending an update is denied': {
    // After the check's.
    wrong: refused('SendCommand', 'AccessDeniedException', 1),
    says: () => ['ssm:SendCommand on ecs-updater-apply', 'Allow this action to the role of the worker.'],
  },
  'sending a reboot is denied': {
    wrong: refused('SendCommand', 'AccessDeniedException', 2),
    says: () => ['ssm:SendCommand on ecs-updater-reboot', 'Allow this action to the role of the worker.'],
  },
  'a reboot through EC2 is wanted, and denied': {
    wrong: (fleet, input) => {
      const settings = { ...input.settings, afterFailedReboot: 'ec2-reboot' } as const;
      return refused('RebootInstances', 'UnauthorizedOperation')(fleet, { ...input, settings });
    },
    says: () => ['ec2:RebootInstances', 'Allow this action to the role of the worker.'],
  },
  'the tag of a host does not name its cluster': {
    wrong: (_, input) => input,
    tags: { [clusterTag]: 'another' },
    refused: ['ssm:SendCommand'],
    says: (fleet) => [
      'not authorized to perform: ssm:SendCommand on resource: arn:aws:ec2:',
      `instance/${fleet.id('a')} `,
      'allows it for hosts whose tag ecs-updater.cluster names their cluster.',
    ],
  },
  'the credentials are wrong': {
    wrong: refused('DescribeClusters', 'UnrecognizedClientException'),
    says: () => ['ecs:DescribeClusters', 'Check the credentials of the worker.'],
  },
  'the cluster is not there': {
    // Nobody has a policy for the cluster that is asked for here.
    isFree: true,
    wrong: (_, input) => ({ ...input, cluster: { ...input.cluster, arn: `${input.cluster.arn}-x` } }),
    says: ({ arn }) => [`${arn}-x is missing`, 'Remove its Schedule, or correct it.'],
  },
  'a document is not there': {
    wrong: async ({ aws }, input) => {
      await aws.ssm.send(new DeleteDocumentCommand({ Name: input.documents.reboot.name }));
      return input;
    },
    says: () => ['ssm:DescribeDocument on ecs-updater-reboot', 'Run ecs-updater apply (or schedule) again'],
  },
  'a document was changed': {
    wrong: (_, input) => ({
      ...input,
      documents: { ...input.documents, apply: { ...input.documents.apply, hash: '0'.repeat(64) } },
    }),
    says: () => ['ecs-updater-apply', 'was changed', 'ecs-updater apply (or schedule) --update-documents'],
  },
};

describe.concurrent('a rollout stops before anything is drained, and says why, where', () => {
  test.for(Object.entries(incidents))(
    '%s',
    async ([, { wrong, isFree, refused = [], tags = {}, says }], { startFleet, expect }) => {
      const fleet = await startFleet(
        { instances: hosts('a').map((host) => ({ ...host, tags })) },
        { refused, ...(isFree && { free: ['worker'] }) },
      );
      const { client, cluster } = fleet;
      const times = { cron: ['0 0 1 1 *'], timeZone: 'Etc/UTC', jitterMs: 0 };
      await putSchedule(client, await wrong(fleet, await fleet.input()), times);
      await triggerRollout(client, cluster, 30_000);
      const message = await rolloutResult(client, cluster).then(
        () => 'it went on',
        (err: unknown) => String(err),
      );
      for (const part of says(fleet)) expect(message).toContain(part);
      expect(fleet.requests(principals.worker, 'PutAttributes')).toEqual([]);
      expect(fleet.requests(principals.worker, 'UpdateContainerInstancesState')).toEqual([]);
    },
  );
});
