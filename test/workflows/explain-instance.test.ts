import { WorkflowFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { whyWorkflowId } from '../../src/model/names.js';
import type { InstanceSight } from '../../src/model/sight.js';
import type { explainInstance } from '../../workflows/index.js';
import { accessDenied, type Fleet, fleet } from '../support/fake-activities.js';
import { timeSkippingStage } from '../support/workflow-harness.js';

const play = timeSkippingStage();

/** What is seen of instance `i-1`. */
const look = (hosts: Fleet): Promise<InstanceSight | null> =>
  play(hosts, async (stage) => {
    const handle = await stage.client.workflow.start<typeof explainInstance>('explainInstance', {
      workflowId: whyWorkflowId(stage.cluster.name, 'i-1'),
      taskQueue: stage.taskQueue,
      args: [{ ...stage.input(), ec2InstanceId: 'i-1' }],
      workflowExecutionTimeout: '1 day',
    });
    return handle.result();
  });

test('an instance is looked at, its host is asked, and no other', async () => {
  const hosts = fleet([{ id: 'i-1', stuckServices: ['db'] }, { id: 'i-2' }]);
  expect(await look(hosts)).toMatchObject({
    instance: { ec2InstanceId: 'i-1', included: true },
    isDisconnected: false,
    ghost: null,
    check: { kind: 'checked' },
    workload: { stuckServices: ['db'] },
    cannotBegin: null,
    capacity: { outOfService: 0, allowed: 1 },
  });
  expect(hosts.attempts('checkForUpdates').map(({ ids }) => ids)).toEqual([['i-1']]);
});

test('an instance that the cluster does not have is none', async () => {
  expect(await look(fleet([{ id: 'i-2' }]))).toBeNull();
});

test('an agent that is back at a second read, 10 seconds later, is not away', async () => {
  const hosts: Fleet = fleet([{ id: 'i-1', instance: { agentConnected: false } }], {
    describeInstances: async (input, usual) => {
      hosts.host('i-1').instance.agentConnected = true;
      return usual(input);
    },
  });
  expect(await look(hosts)).toMatchObject({ isDisconnected: false, ghost: null });
  expect(hosts.minutesBetween('findInstance', 'describeInstances') * 60).toBeGreaterThanOrEqual(10);
});

test('a machine that EC2 has ended is a ghost, and is not asked', async () => {
  const hosts = fleet([{ id: 'i-1', instance: { agentConnected: false }, machine: 'terminated' }]);
  expect(await look(hosts)).toMatchObject({
    isDisconnected: true,
    ghost: { state: 'terminated' },
    check: null,
  });
  expect(hosts.did()).not.toContain('checkForUpdates');
});

test('a host on which work of ours goes on is not disturbed', async () => {
  const mark = { installation: 'default', rolloutId: 'r', since: '2026-01-05T03:00:00.000Z' };
  const hosts = fleet([{ id: 'i-1', instance: { status: 'DRAINING', mark } }]);
  expect(await look(hosts)).toMatchObject({ check: null });
  expect(hosts.did()).not.toContain('checkForUpdates');
});

test('ghosts among those out of service take nobody their place', async () => {
  const away = { agentConnected: false };
  const hosts = fleet([
    { id: 'i-1' },
    { id: 'i-2', instance: away, machine: null },
    { id: 'i-3', instance: away, machine: 'running' },
  ]);
  expect(await look(hosts)).toMatchObject({ capacity: { outOfService: 1, allowed: 1 } });
});

test('why a rollout could not begin is told with the rest', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    checkPrerequisites: async () => {
      throw accessDenied('ssm:DescribeDocument');
    },
  });
  expect(await look(hosts)).toMatchObject({
    cannotBegin: 'access denied: ssm:DescribeDocument',
    check: { kind: 'checked' },
  });
});

test('a look that AWS refuses fails, and is not tried for ever', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    findInstance: async () => {
      throw accessDenied('ecs:ListContainerInstances');
    },
  });
  await expect(look(hosts)).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(hosts.attempts('findInstance')).toHaveLength(1);
});
