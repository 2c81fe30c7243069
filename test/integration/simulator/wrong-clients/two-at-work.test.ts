import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import { behind, found, minutes, startBench, threeInstances, us } from '../../../unit/simulator/support.js';
import { clientOf, ended, until } from './client.js';

const other = 'AKIAOTHER';

describe('two installations on one cluster', () => {
  it('are caught where one gives back what the other drained', async () => {
    const bench = await startBench({ instances: threeInstances });
    const [ours, theirs] = [clientOf(bench), clientOf(bench, other)];
    await ours.setState('DRAINING', bench.instance('a'));
    await theirs.setState('ACTIVE', bench.instance('a'));
    expect([ours.blamedFor(), theirs.blamedFor()]).toEqual([[], [5]]);
  });

  it('are each held to what they left themselves', async () => {
    const bench = await startBench({ instances: threeInstances });
    const [ours, theirs] = [clientOf(bench), clientOf(bench, other)];
    await ours.setState('DRAINING', bench.instance('a'));
    await theirs.setState('DRAINING', bench.instance('b'));
    await ours.setState('ACTIVE', bench.instance('a'));
    ended(bench);
    ended(bench, other);
    expect([ours.blamedFor(), theirs.blamedFor()]).toEqual([[], [6]]);
  });
});

it('a budget counts for each cluster alone', async () => {
  const bench = await startBench({
    instances: threeInstances,
    otherClusters: [{ cluster: 'second', instances: [{ count: 2, host: behind }] }],
  });
  const { audit, ecs } = bench.simulator.fleet;
  const [first, next] = found(ecs.clusters.get('second')).instances.values();
  const client = clientOf(bench);
  audit.declare({ principal: us, cluster: 'demo', maxUnavailable: 1 });
  audit.declare({ principal: us, cluster: 'second', maxUnavailable: 1 });
  await client.setState('DRAINING', bench.instance('a'));
  await client.setState('DRAINING', found(first));
  expect(client.blamedFor()).toEqual([]);
  await client.setState('DRAINING', found(next));
  expect(client.blamedFor()).toEqual([4]);
});

it('an order that outlives the work is caught, and so is what it does', async () => {
  const bench = await startBench({ instances: threeInstances, services: [{ name: 'web', desiredCount: 3 }] });
  const client = clientOf(bench);
  const a = bench.instance('a');
  await client.setState('DRAINING', a);
  await bench.clock.advanceUntil(() => liveTasks(a).length === 0, minutes(10));
  bench.simulator.fault({ kind: 'amend-host', instance: a.ec2InstanceId, host: { ssm: 'connection-lost' } });
  await client.send(a, 'apiclient reboot');
  await bench.clock.advance(minutes(5));
  await client.setState('ACTIVE', a);
  ended(bench);
  expect(client.blamedFor()).toEqual([2, 6]);
  bench.simulator.fault({ kind: 'amend-host', instance: a.ec2InstanceId, host: { ssm: 'online' } });
  await until(bench, 'reboot-started');
  expect(client.blamedFor()).toEqual(expect.arrayContaining([1]));
});

describe('what a group ends', () => {
  it('leaves nobody to blame', async () => {
    const bench = await startBench({
      instances: threeInstances.map((instance) => ({ ...instance, autoScalingGroup: 'hosts' })),
    });
    const client = clientOf(bench);
    await client.setState('DRAINING', bench.instance('a'));
    await client.send(bench.instance('a'), 'apiclient update check; sleep 60; apiclient update apply');
    bench.simulator.fault({ kind: 'asg-terminate', instance: bench.instance('a').ec2InstanceId });
    await until(bench, 'termination-started');
    ended(bench);
    expect(client.blamedFor()).toEqual([]);
  });

  it('counts for nobody’s budget but that of who ended it', async () => {
    const bench = await startBench({ instances: threeInstances, agentFlapsPerHour: 0 });
    const [ours, theirs] = [clientOf(bench), clientOf(bench, other)];
    const { audit } = bench.simulator.fleet;
    for (const principal of [us, other]) audit.declare({ principal, maxUnavailable: 1 });
    const a = bench.instance('a');
    await ours.setState('DRAINING', a);
    await theirs.rebootByEc2(a);
    await until(bench, 'reboot-started');
    await bench.clock.advanceUntil(() => !a.agentConnected, minutes(1));
    await bench.clientsOf(other).ec2.send(new TerminateInstancesCommand({ InstanceIds: [a.ec2InstanceId] }));
    await until(bench, 'terminated');
    expect([a.status, a.agentConnected]).toEqual(['DRAINING', false]);
    await ours.setState('DRAINING', bench.instance('b'));
    await theirs.setState('DRAINING', bench.instance('c'));
    expect([ours.blamedFor(), theirs.blamedFor()]).toEqual([[], [4]]);
  });
});
