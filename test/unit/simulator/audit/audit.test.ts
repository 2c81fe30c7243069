import { UpdateContainerInstancesStateCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import { RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { CancelCommandCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Violation } from '../../../../src/simulator/audit/violation.js';
import type { EcsInstance } from '../../../../src/simulator/ecs/model.js';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import type { Host } from '../../../../src/simulator/host/host.js';
import { cluster, found, minutes, seconds, startBench, threeInstances, us, type Bench } from '../support.js';

let bench: Bench;
let a: EcsInstance;
let host: Host;
beforeEach(async () => {
  bench = await startBench({
    instances: threeInstances,
    services: [{ name: 'web', desiredCount: 3 }],
    taskDefinitions: [{ family: 'batch' }],
  });
  a = bench.instance('a');
  host = found(bench.simulator.fleet.hosts.get(a.ec2InstanceId));
});

const invariants = (): Violation['invariant'][] =>
  bench.simulator.violations(us).map(({ invariant }) => invariant);

const set = (status: 'ACTIVE' | 'DRAINING', instance = a, clients = bench) =>
  clients.ecs.send(
    new UpdateContainerInstancesStateCommand({ cluster, containerInstances: [instance.arn], status }),
  );

async function drain(instance = a): Promise<void> {
  await set('DRAINING', instance);
  await bench.clock.advanceUntil(() => liveTasks(instance).length === 0, minutes(10));
}

async function send(command: string, more: { TimeoutSeconds?: number } = {}): Promise<string> {
  const { Command } = await bench.ssm.send(
    new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [a.ec2InstanceId],
      Parameters: { commands: [command] },
      ...more,
    }),
  );
  return found(Command?.CommandId);
}

const happened =
  (event: string, times = 1) =>
  () =>
    bench.simulator.fleet.journal.entries.filter((entry) => entry.kind === 'event' && entry.event === event)
      .length >= times;

const until = (event: string, times = 1) => bench.clock.advanceUntil(happened(event, times), minutes(30));

const declare = (declaration: object) =>
  fetch(`${bench.simulator.url}/_sim/audit`, {
    method: 'POST',
    body: JSON.stringify({ principal: us, ...declaration }),
  });

async function end(held: string[] = []): Promise<Violation['invariant'][]> {
  const answer = await declare({ ended: true, held });
  expect(answer.status).toBe(200);
  return invariants();
}

async function updateRightly(): Promise<void> {
  await drain();
  await send('apiclient update check && apiclient update apply');
  await until('apply-finished');
  await bench.clock.advance(seconds(5));
  await send('apiclient reboot');
  await until('boot-finished');
  await bench.clock.advanceUntil(() => a.agentConnected && host.ecsAgentUp, minutes(5));
  await set('ACTIVE');
}

it('finds nothing in an update done right', async () => {
  await declare({ cluster, maxUnavailable: 1 });
  await updateRightly();
  await bench.clock.advance(minutes(30));
  expect(host.activeVersion).toBe('1.26.1');
  expect(await end()).toEqual([]);
});

describe('1: no reboot while ACTIVE or with tasks', () => {
  it('catches a reboot by command of a host in service', async () => {
    await send('apiclient reboot');
    await until('reboot-started');
    expect(bench.simulator.violations()).toMatchObject([
      { invariant: 1, principal: us, ec2InstanceId: a.ec2InstanceId, message: 'rebooted while ACTIVE' },
      {
        invariant: 1,
        principal: us,
        message: expect.stringMatching(/^rebooted while task .* of service:web was RUNNING$/),
      },
    ]);
  });

  it('catches a reboot through EC2 while a task still stops', async () => {
    bench.service('web').minimumHealthyPercent = 0;
    await set('DRAINING');
    await bench.clock.advanceUntil(() => liveTasks(a)[0]?.lastStatus === 'STOPPING');
    bench.simulator.fault({ kind: 'agent', instance: a.ec2InstanceId, connected: false });
    await bench.ec2.send(new RebootInstancesCommand({ InstanceIds: [a.ec2InstanceId] }));
    await until('reboot-started');
    expect(invariants()).toEqual([1]);
  });

  it('blames whoever ordered it', async () => {
    bench.simulator.fault({ kind: 'reboot', instance: a.ec2InstanceId });
    await until('reboot-started');
    expect(invariants()).toEqual([]);
    expect(bench.simulator.violations('operator')).toHaveLength(2);
  });
});

describe('2: no ACTIVE while an order can still take effect', () => {
  beforeEach(() => drain());

  it('catches it while a reboot command is on its way', async () => {
    await send('apiclient reboot');
    await set('ACTIVE');
    expect(invariants()).toEqual([2]);
  });

  it('catches it while a command waits for an agent that is away, and not once it can no longer be delivered', async () => {
    host.amend({ ssm: 'connection-lost' });
    await send('apiclient reboot', { TimeoutSeconds: 60 });
    await bench.clock.advance(seconds(59));
    await set('ACTIVE');
    expect(invariants()).toEqual([2]);
    await set('DRAINING');
    await bench.clock.advance(seconds(2));
    await set('ACTIVE');
    expect(invariants()).toEqual([2]);
  });

  it('lets it pass once the command is cancelled', async () => {
    host.amend({ ssm: 'connection-lost' });
    const CommandId = await send('apiclient reboot');
    await bench.ssm.send(new CancelCommandCommand({ CommandId }));
    await set('ACTIVE');
    expect(invariants()).toEqual([]);
  });

  it('does not mind commands that only read', async () => {
    await send('apiclient update check');
    await set('ACTIVE');
    expect(invariants()).toEqual([]);
  });

  it('catches it while an update is being applied, and not when that is over', async () => {
    await send('apiclient update check && apiclient update apply');
    await until('apply-started');
    await set('ACTIVE');
    expect(invariants()).toEqual([2]);
    await set('DRAINING');
    await until('command-finished');
    await set('ACTIVE');
    expect(invariants()).toEqual([2]);
  });

  it('catches it between the order and the boot', async () => {
    await send('apiclient reboot');
    await until('reboot-ordered');
    await set('ACTIVE');
    await set('DRAINING');
    await until('reboot-started');
    await set('ACTIVE');
    await set('DRAINING');
    expect(invariants()).toEqual([2, 2]);
    await until('boot-finished');
    await until('agent-connected');
    await set('ACTIVE');
    expect(invariants()).toEqual([2, 2]);
  });

  it('lets it pass when the limit of the reboot is over, which a client may declare', async () => {
    host.amend({ found: 'ready', boot: 'never-returns' });
    await declare({ rebootLimitSeconds: 300 });
    await send('apiclient update check && apiclient update apply');
    await until('command-finished');
    await send('apiclient reboot');
    await bench.clock.advance(seconds(235));
    await set('ACTIVE');
    expect(invariants()).toEqual([2]);
    await set('DRAINING');
    await bench.clock.advance(seconds(15));
    await set('ACTIVE');
    expect(invariants()).toEqual([2]);
  });

  it('lets others do as they like', async () => {
    await bench.clientsOf('other').ecs.send(
      new UpdateContainerInstancesStateCommand({
        cluster,
        containerInstances: [a.arn],
        status: 'DRAINING',
      }),
    );
    await send('apiclient reboot');
    await set('ACTIVE', a, { ...bench, ...bench.clientsOf('other') });
    expect(bench.simulator.violations('other').map(({ invariant }) => invariant)).toEqual([5]);
  });
});

const rebootByEc2 = async (): Promise<void> => {
  await bench.ec2.send(new RebootInstancesCommand({ InstanceIds: [a.ec2InstanceId] }));
};

const runStandalone = async (principal: string): Promise<string> => {
  const { tasks } = await bench
    .clientsOf(principal)
    .ecs.send(new RunTaskCommand({ cluster, taskDefinition: 'batch' }));
  return found(tasks?.[0]?.taskArn);
};

describe('3: standalone tasks', () => {
  it('catches stopping somebody else’s', async () => {
    await bench.ecs.send(new StopTaskCommand({ cluster, task: await runStandalone('other') }));
    expect(invariants()).toEqual([3]);
  });

  it('lets one stop one’s own, and service tasks', async () => {
    await bench.ecs.send(new StopTaskCommand({ cluster, task: await runStandalone(us) }));
    await bench.ecs.send(new StopTaskCommand({ cluster, task: found(liveTasks(a)[0]).arn }));
    expect(invariants()).toEqual([]);
  });

  it('catches a reboot under one that came after the drain had begun', async () => {
    bench.simulator.fault({ kind: 'run-task', instance: a.ec2InstanceId });
    await set('DRAINING');
    await bench.clock.advanceUntil(() => liveTasks(a).every((task) => !task.service), minutes(10));
    await send('apiclient reboot');
    await until('reboot-started');
    expect(invariants()).toEqual([1, 3]);
  });
});

describe('4: the budget', () => {
  it('catches one too many out of service', async () => {
    await declare({ cluster, maxUnavailable: 1 });
    await set('DRAINING');
    await set('DRAINING', bench.instance('b'));
    expect(bench.simulator.violations(us)).toMatchObject([
      { invariant: 4, ec2InstanceId: bench.instance('b').ec2InstanceId },
    ]);
  });

  it('counts an instance until its agent is back, though it is ACTIVE', async () => {
    await declare({ cluster, maxUnavailable: 1 });
    await set('DRAINING');
    bench.simulator.fault({ kind: 'agent', instance: a.ec2InstanceId, connected: false, forSeconds: 60 });
    await set('ACTIVE');
    await set('DRAINING', bench.instance('b'));
    expect(invariants()).toEqual([4]);
  });

  it('does not count what others took out, nor what serves again', async () => {
    await declare({ cluster, maxUnavailable: 1 });
    bench.simulator.fault({
      kind: 'set-state',
      instance: bench.instance('c').ec2InstanceId,
      status: 'DRAINING',
    });
    await set('DRAINING');
    await set('ACTIVE');
    await set('DRAINING', bench.instance('b'));
    expect(invariants()).toEqual([]);
  });
});

describe('4: an instance that has left the cluster', () => {
  it('is not counted, though a reboot that was ordered before comes after', async () => {
    await declare({ cluster, maxUnavailable: 1 });
    await drain();
    await send('apiclient reboot');
    bench.simulator.fault({ kind: 'deregister', instance: a.ec2InstanceId });
    await until('boot-finished');
    await set('DRAINING', bench.instance('b'));
    expect(invariants()).toEqual([]);
    await set('DRAINING', bench.instance('c'));
    expect(invariants()).toEqual([4]);
  });
});

describe('5: what somebody else drained', () => {
  beforeEach(() => {
    bench.simulator.fault({ kind: 'set-state', instance: a.ec2InstanceId, status: 'DRAINING' });
  });

  it('is not ours to activate, even if we asked for DRAINING, too', async () => {
    await set('DRAINING');
    await set('ACTIVE');
    expect(invariants()).toEqual([5]);
  });

  it('is ours again once they gave it back', async () => {
    bench.simulator.fault({ kind: 'set-state', instance: a.ec2InstanceId, status: 'ACTIVE' });
    await set('DRAINING');
    await set('ACTIVE');
    expect(invariants()).toEqual([]);
  });
});

describe('6: after the end', () => {
  it('catches instances left DRAINING, but not those held', async () => {
    await set('DRAINING');
    expect(await end([a.ec2InstanceId])).toEqual([]);
    expect(await end()).toEqual([6]);
  });

  it('catches commands that may still come to life', async () => {
    host.amend({ ssm: 'connection-lost' });
    await send('apiclient update check', { TimeoutSeconds: 600 });
    expect(await end()).toEqual([6]);
    await bench.clock.advance(seconds(601));
    expect(await end()).toEqual([6]);
  });

  it('expects nothing more of a host that is being terminated', async () => {
    host.amend({ ssm: 'connection-lost' });
    await send('apiclient update check', { TimeoutSeconds: 600 });
    bench.simulator.fault({ kind: 'terminate', instance: a.ec2InstanceId });
    expect(await end()).toEqual([]);
  });
});

describe('7: one effect for one decision', () => {
  beforeEach(() => drain());

  it('catches a reboot sent again after the boot', async () => {
    await send('apiclient reboot');
    await until('boot-finished');
    await bench.clock.advanceUntil(() => host.ssmAgentUp, minutes(5));
    await send('apiclient reboot');
    await until('reboot-started', 2);
    expect(invariants()).toEqual([7]);
  });

  it('catches a duplicate that waited for the agent to come back', async () => {
    await send('apiclient reboot');
    await until('reboot-started');
    await send('apiclient reboot');
    await until('reboot-started', 2);
    expect(invariants()).toEqual([7]);
  });

  it('catches an update applied by a duplicate', async () => {
    host.amend({ apply: 'fails-prepare' });
    await send('apiclient update check; sleep 30; apiclient update apply');
    await send('apiclient update check; sleep 300; apiclient update apply');
    await until('apply-started');
    expect(invariants()).toEqual([]);
    await until('apply-started', 2);
    expect(invariants()).toEqual([7]);
  });

  it('lets an update be tried again after it failed', async () => {
    host.amend({ apply: 'fails-prepare' });
    await send('apiclient update check; apiclient update apply');
    await until('apply-failed');
    await send('apiclient update check; apiclient update apply');
    await until('apply-failed', 2);
    expect(invariants()).toEqual([]);
  });

  it('lets a second reboot follow a new drain decision', async () => {
    await send('apiclient reboot');
    await until('boot-finished');
    await bench.clock.advanceUntil(() => a.agentConnected && host.ssmAgentUp, minutes(5));
    await set('ACTIVE');
    await drain();
    await send('apiclient reboot');
    await until('reboot-started', 2);
    expect(invariants()).toEqual([]);
  });

  it('lets EC2 reboot a host that hangs', async () => {
    host.amend({ boot: 'never-returns' });
    await send('apiclient update check && apiclient update apply');
    await until('command-finished');
    await send('apiclient reboot');
    await until('boot-hung');
    await bench.ec2.send(new RebootInstancesCommand({ InstanceIds: [a.ec2InstanceId] }));
    await until('boot-finished');
    expect(invariants()).toEqual([]);
  });

  it('lets EC2 reboot a host whose ECS agent did not come back, once', async () => {
    host.amend({ boot: 'ecs-agent-lost' });
    await send('apiclient update check && apiclient update apply');
    await until('command-finished');
    await send('apiclient reboot');
    await until('boot-finished');
    await bench.clock.advance(minutes(1));
    await rebootByEc2();
    await until('boot-finished', 2);
    expect(invariants()).toEqual([]);
    await bench.clock.advance(minutes(1));
    await rebootByEc2();
    await until('boot-finished', 3);
    expect(invariants()).toEqual([7]);
  });

  it('catches a reboot through EC2 of a host that is back and well', async () => {
    await send('apiclient reboot');
    await until('boot-finished');
    await bench.clock.advanceUntil(() => a.agentConnected, minutes(5));
    await rebootByEc2();
    await until('boot-finished', 2);
    expect(invariants()).toEqual([7]);
  });
});
