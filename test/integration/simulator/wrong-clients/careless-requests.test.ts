import { EC2Client, RebootInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { ListTasksCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { ListCommandsCommand } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { EcsInstance } from '../../../../src/simulator/ecs/model.js';
import {
  cluster,
  seconds,
  startBench,
  threeInstances,
  us,
  type Bench,
} from '../../../unit/simulator/support.js';
import { clientOf, until, type Client } from './client.js';

let bench: Bench;
let client: Client;
let a: EcsInstance;
beforeEach(async () => {
  bench = await startBench({ instances: threeInstances, taskDefinitions: [{ family: 'batch' }] });
  client = clientOf(bench);
  a = bench.instance('a');
});

const lose = (action: string, when: 'before' | 'after' = 'after', times = 1) =>
  bench.simulator.fault({ kind: 'reset', action, when, times });

/** Calls again after an error, at once. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch {
    return call();
  }
}

/** Without a token the SDK makes a new one for each call. */
const runTask = (clientToken?: string) =>
  insist(() => bench.ecs.send(new RunTaskCommand({ cluster, taskDefinition: 'batch', clientToken })));

const requests = () =>
  bench.simulator
    .violations(us)
    .flatMap(({ invariant, message }) => (invariant === 'requests' ? [message] : []));

describe('a call that does something anew each time, repeated though its answer was lost', () => {
  beforeEach(() => client.setState('DRAINING', a));

  it('is caught: a reboot by command', async () => {
    lose('SendCommand');
    await insist(() => client.send(a, 'apiclient reboot'));
    expect(requests()).toEqual([
      `SendCommand on ${a.ec2InstanceId} repeated without a look, though the first took effect and its answer was lost`,
    ]);
    await until(bench, 'boot-finished', 2);
    expect(client.blamedFor()).toEqual(['requests', 7]);
  });

  it('is caught: a reboot through EC2, repeated by the SDK itself', async () => {
    const ec2 = new EC2Client({
      endpoint: bench.simulator.url,
      region: 'eu-central-1',
      credentials: { accessKeyId: us, secretAccessKey: 'none' },
    });
    onTestFinished(() => {
      ec2.destroy();
    });
    lose('RebootInstances');
    await ec2.send(new RebootInstancesCommand({ InstanceIds: [a.ec2InstanceId] }));
    expect(requests()).toHaveLength(1);
  });

  it('is caught: a termination', async () => {
    lose('TerminateInstances');
    const InstanceIds = [a.ec2InstanceId];
    await insist(() => bench.ec2.send(new TerminateInstancesCommand({ InstanceIds })));
    expect(requests()).toHaveLength(1);
  });

  it('is caught: a task, but not with the same token', async () => {
    lose('RunTask');
    await runTask('once');
    expect(requests()).toHaveLength(0);
    lose('RunTask');
    await runTask();
    expect(requests()).toHaveLength(1);
  });

  it('is no fault after a look', async () => {
    lose('SendCommand');
    await expect(client.send(a, 'apiclient reboot')).rejects.toThrow('socket hang up');
    await bench.ssm.send(new ListCommandsCommand({ InstanceId: a.ec2InstanceId }));
    await client.send(a, 'apiclient reboot');
    expect(requests()).toEqual([]);
  });

  it('is a fault still after a look at another instance', async () => {
    lose('SendCommand');
    await expect(client.send(a, 'apiclient reboot')).rejects.toThrow('socket hang up');
    await bench.ssm.send(new ListCommandsCommand({ InstanceId: bench.instance('b').ec2InstanceId }));
    await client.send(a, 'apiclient reboot');
    expect(requests()).toHaveLength(1);
  });

  it('is no fault where the first had no effect', async () => {
    lose('SendCommand', 'before');
    await insist(() => client.send(a, 'apiclient reboot'));
    bench.simulator.fault({ kind: 'refuse', as: 'throttled', action: 'RebootInstances' });
    await insist(() => client.rebootByEc2(a));
    expect(requests()).toEqual([]);
  });

  it('is no fault of a command that only reads, nor of setting a state', async () => {
    lose('SendCommand');
    await insist(() => client.send(a, 'apiclient update check'));
    lose('UpdateContainerInstancesState');
    await insist(() => client.setState('ACTIVE', a));
    expect(requests()).toEqual([]);
  });
});

const ask = async (times: number, pauseMs: number): Promise<void> => {
  for (let count = 0; count < times; count++) {
    await bench.ecs.send(new ListTasksCommand({ cluster }));
    await bench.clock.advance(pauseMs);
  }
};

describe('request rates', () => {
  it('are too high where a client asks faster than allowed, and goes on', async () => {
    await ask(800, 5);
    expect(requests()).toEqual([
      'keeps asking faster than 20 a second (ecs cluster-resource read), last for ListTasks',
    ]);
  });

  it('are no fault: a burst, or a rate within the limit', async () => {
    await ask(300, 0);
    await bench.clock.advance(seconds(30));
    await ask(500, 50);
    expect(requests()).toEqual([]);
  });
});
