import { beforeEach, describe, expect, it } from 'vitest';
import type { EcsInstance } from '../../../../src/simulator/ecs/model.js';
import type { Host } from '../../../../src/simulator/host/host.js';
import {
  found,
  minutes,
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
let host: Host;
beforeEach(async () => {
  bench = await startBench({ instances: threeInstances, agentFlapsPerHour: 0 });
  client = clientOf(bench);
  a = bench.instance('a');
  host = found(bench.simulator.fleet.hosts.get(a.ec2InstanceId));
  await client.setState('DRAINING', a);
});

/** An apply that is written for hours. */
async function applySlowly(): Promise<void> {
  const hours: [number, number] = [minutes(180), minutes(180)];
  bench.simulator.fault({ kind: 'timings', host: { prepare: hours } });
  await apply();
}

async function apply(): Promise<void> {
  await client.send(a, 'apiclient update check && apiclient update apply');
  await until(bench, 'apply-started');
}

async function rebootIntoUpdate(): Promise<void> {
  await client.waitForCommand(a, await client.send(a, 'apiclient update check && apiclient update apply'));
  await client.send(a, 'apiclient reboot');
  await until(bench, 'boot-finished');
}

describe('a client that gives back what is being applied', () => {
  // bottlerocket-ecs-updater waits so long for a command, and then sets ACTIVE.
  const waiter = minutes(24) + seconds(45);

  it.each([
    ['hangs', () => (host.amend({ apply: 'hangs' }), apply())],
    ['takes too long', applySlowly],
  ])('is caught when it has waited for one that %s as long as the original does', async (_, begin) => {
    await begin();
    await bench.clock.advance(waiter);
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
  });

  it('is not blamed where it hangs, after the limits of an update and a reboot', async () => {
    host.amend({ apply: 'hangs' });
    await apply();
    await bench.clock.advance(minutes(30));
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([]);
  });

  it('is held to the limits that it declares', async () => {
    bench.simulator.fleet.audit.declare({ principal: us, updateLimitSeconds: 3600, rebootLimitSeconds: 600 });
    host.amend({ apply: 'hangs' });
    await apply();
    await bench.clock.advance(minutes(65));
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
  });

  it('is caught however long it waits for what is really being written', async () => {
    await applySlowly();
    await bench.clock.advance(minutes(120));
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
  });

  it('is not blamed for what is written on a host that SSM has lost for so long', async () => {
    await applySlowly();
    host.amend({ ssm: 'connection-lost' });
    await bench.clock.advance(minutes(20));
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
    await client.setState('DRAINING', a);
    await bench.clock.advance(minutes(10));
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
  });
});

describe('an apply that begins late', () => {
  const late = 'apiclient update check; sleep 2400; apiclient update apply';

  it('is caught where its sender has set the instance ACTIVE meanwhile', async () => {
    await client.send(a, late);
    await bench.clock.advance(minutes(30));
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([]);
    await until(bench, 'apply-started');
    expect(client.blamedFor()).toEqual([2]);
  });

  it('is not held against its sender where somebody else did', async () => {
    await client.send(a, late);
    bench.simulator.fault({ kind: 'set-state', instance: a.ec2InstanceId, status: 'ACTIVE' });
    await until(bench, 'apply-started');
    expect(client.blamedFor()).toEqual([]);
  });
});

describe('a client that sets ACTIVE right after the boot', () => {
  it('is caught until the ECS agent is back', async () => {
    await rebootIntoUpdate();
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
    await client.setState('DRAINING', a);
    await until(bench, 'ecs-agent-up');
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
  });

  it('is not blamed where the agent stays away for longer than verifying may take', async () => {
    host.amend({ boot: 'ecs-agent-lost' });
    bench.simulator.fleet.audit.declare({ principal: us, verifyLimitSeconds: 120 });
    await rebootIntoUpdate();
    await bench.clock.advance(seconds(119));
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
    await client.setState('DRAINING', a);
    await bench.clock.advance(seconds(1));
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
  });

  it('is not blamed where the reboot was somebody else’s', async () => {
    bench.simulator.fault({ kind: 'reboot', instance: a.ec2InstanceId });
    await until(bench, 'boot-finished');
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([]);
  });

  it('is not blamed where the host has said that it fell back, and caught where it has not been asked', async () => {
    host.amend({ boot: 'falls-back' });
    bench.simulator.fault({ kind: 'timings', host: { ecsAgent: [minutes(5), minutes(5)] } });
    await rebootIntoUpdate();
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
    await client.setState('DRAINING', a);
    await client.waitForCommand(a, await client.send(a, 'apiclient get /updates/status'));
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
  });

  it('is caught where the host has said that it runs the update, but its agent is away', async () => {
    bench.simulator.fault({ kind: 'timings', host: { ecsAgent: [minutes(5), minutes(5)] } });
    await rebootIntoUpdate();
    await client.waitForCommand(a, await client.send(a, 'apiclient get /updates/status'));
    await client.setState('ACTIVE', a);
    expect(client.blamedFor()).toEqual([2]);
  });
});
