import { RebootInstancesCommand, DescribeInstanceStatusCommand } from '@aws-sdk/client-ec2';
import {
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import type { Violation } from '../../../../src/simulator/audit/violation.js';
import type { EcsInstance } from '../../../../src/simulator/ecs/model.js';
import { cluster, found, minutes, seconds, us, type Bench } from '../../../unit/simulator/support.js';

/** What one may do with an instance over AWS's APIs, rightly or wrongly. */
export interface Client {
  setState(status: 'ACTIVE' | 'DRAINING', ...instances: EcsInstance[]): Promise<void>;
  /** The tasks of one page of ListTasks, stopped ones left out. */
  firstPageOfTasks(instance: EcsInstance): Promise<{ arn: string; isService: boolean }[]>;
  /** Polls until none of these tasks is left. */
  waitForStop(tasks: readonly { arn: string }[]): Promise<void>;
  /** Runs a script by SSM. Gives the id of the command. */
  send(instance: EcsInstance, script: string): Promise<string>;
  /** Polls until a command is over. */
  waitForCommand(instance: EcsInstance, commandId: string): Promise<void>;
  rebootByEc2(instance: EcsInstance): Promise<void>;
  ec2SaysOk(instance: EcsInstance): Promise<boolean>;
  isConnected(instance: EcsInstance): Promise<boolean>;
  /** What the audit holds against it, invariants only. */
  blamedFor(): Violation['invariant'][];
}

/** A client of a bench, by default as its own principal. */
export function clientOf(bench: Bench, principal = us): Client {
  const { ecs, ec2, ssm } = bench.clientsOf(principal);
  const { clock, simulator } = bench;
  return {
    async setState(status, ...instances) {
      const containerInstances = instances.map(({ arn }) => arn);
      const name = instances[0]?.cluster.name ?? cluster;
      await ecs.send(new UpdateContainerInstancesStateCommand({ cluster: name, containerInstances, status }));
    },
    async firstPageOfTasks(instance) {
      const { taskArns = [] } = await ecs.send(
        new ListTasksCommand({ cluster, containerInstance: instance.arn }),
      );
      if (taskArns.length === 0) return [];
      const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
      return tasks.map(({ taskArn = '', startedBy = '' }) => ({
        arn: taskArn,
        isService: startedBy.startsWith('ecs-svc/'),
      }));
    },
    async waitForStop(awaited) {
      for (;;) {
        const { tasks = [] } = await ecs.send(
          new DescribeTasksCommand({ cluster, tasks: awaited.map(({ arn }) => arn) }),
        );
        if (tasks.every(({ lastStatus }) => lastStatus === 'STOPPED')) return;
        await clock.advance(seconds(15));
      }
    },
    async send(instance, script) {
      const { Command } = await ssm.send(
        new SendCommandCommand({
          DocumentName: 'AWS-RunShellScript',
          InstanceIds: [instance.ec2InstanceId],
          Parameters: { commands: [script] },
          TimeoutSeconds: 600,
        }),
      );
      return found(Command?.CommandId);
    },
    async waitForCommand(instance, CommandId) {
      for (;;) {
        await clock.advance(seconds(15));
        const { Status } = await ssm.send(
          new GetCommandInvocationCommand({ CommandId, InstanceId: instance.ec2InstanceId }),
        );
        if (Status !== 'Pending' && Status !== 'InProgress') return;
      }
    },
    async rebootByEc2(instance) {
      await ec2.send(new RebootInstancesCommand({ InstanceIds: [instance.ec2InstanceId] }));
    },
    async ec2SaysOk(instance) {
      const { InstanceStatuses } = await ec2.send(
        new DescribeInstanceStatusCommand({ InstanceIds: [instance.ec2InstanceId] }),
      );
      return InstanceStatuses?.[0]?.InstanceStatus?.Status === 'ok';
    },
    async isConnected(instance) {
      const { containerInstances } = await ecs.send(
        new DescribeContainerInstancesCommand({ cluster, containerInstances: [instance.arn] }),
      );
      return containerInstances?.[0]?.agentConnected === true;
    },
    blamedFor: () => simulator.violations(principal).map(({ invariant }) => invariant),
  };
}

/** Tells the audit that a principal's work is over. */
export const ended = (bench: Bench, principal = us): void => {
  bench.simulator.fleet.audit.end({ principal }, bench.clock.now());
};

/** Moves the clock until an event of the fleet, at most an hour. */
export const until = (bench: Bench, event: string, times = 1): Promise<void> =>
  bench.clock.advanceUntil(
    () =>
      bench.simulator.fleet.journal.entries.filter((entry) => entry.kind === 'event' && entry.event === event)
        .length >= times,
    minutes(60),
  );
