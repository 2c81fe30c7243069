import { describe } from 'vitest';
import { eventually } from '../support/eventually.js';
import { behind, type Fleet, hosts, stuckOn } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';

const group = 'hosts';
const inGroup = (...names: string[]) => ({
  instances: hosts(...names).map((host) => ({ ...host, autoScalingGroup: group })),
});

/** Long enough for the group to act meanwhile. */
const slow = { hostTimings: { boot: [60_000, 60_000] as const, prepare: [40_000, 40_000] as const } };

const terminateByGroup = (fleet: Fleet, name: string) =>
  fleet.simulator.fault({ kind: 'asg-terminate', instance: fleet.id(name) });

const instances = (fleet: Fleet) => fleet.simulator.state().clusters[0]?.instances ?? [];

/** The instance that its group launched for another, once it has registered. */
const replacement = (fleet: Fleet, ...names: string[]) =>
  eventually('the replacement has registered', () =>
    instances(fleet).find(({ ec2InstanceId }) => !names.some((name) => fleet.id(name) === ec2InstanceId)),
  );

const timesSetActive = (fleet: Fleet, name: string): number => {
  const { containerInstanceArn } = fleet.state(name);
  return fleet.requests(principals.worker, 'UpdateContainerInstancesState').filter(({ parameters }) => {
    const text = JSON.stringify(parameters);
    return text.includes(containerInstanceArn) && text.includes('"ACTIVE"');
  }).length;
};

test('an instance whose group is a capacity provider is updated, and a Managed Instance is left alone', async ({
  startFleet,
  expect,
}) => {
  const fleet = await startFleet({
    instances: [
      ...inGroup('a').instances.map((host) => ({ ...host, capacityProvider: 'asg' })),
      { name: 'managed', kind: 'managed', host: behind },
    ],
  });
  await fleet.start();
  expect(fleet.outcomes(await fleet.report())).toEqual({
    a: 'updated',
    managed: 'skipped: managed-instance',
  });
});

describe.concurrent('an instance that its Auto Scaling group terminates', () => {
  test('while it drains is gone, and never set ACTIVE', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ ...inGroup('a', 'b'), services: [stuckOn('a')] });
    await fleet.start();
    await eventually('a drains', () => fleet.state('a').status === 'DRAINING');
    terminateByGroup(fleet, 'a');
    expect(fleet.outcomes(await fleet.report())).toMatchObject({
      a: expect.stringMatching(/^gone: /),
      b: 'updated',
    });
    expect(timesSetActive(fleet, 'a')).toBe(0);
  });

  test('while its update is written is gone; its replacement is the next rollout’s', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet(inGroup('a', 'b'), slow);
    await fleet.start();
    await fleet.event('apply-started', 'a');
    terminateByGroup(fleet, 'a');
    const joined = await replacement(fleet, 'a', 'b');
    expect(fleet.outcomes(await fleet.report())).toMatchObject({
      a: expect.stringMatching(/^gone: /),
      b: 'updated',
    });
    expect(timesSetActive(fleet, 'a')).toBe(0);
    expect(instances(fleet)).toContainEqual(
      expect.objectContaining({
        ec2InstanceId: joined.ec2InstanceId,
        status: 'ACTIVE',
        statusBy: null,
        host: expect.objectContaining({ activeVersion: '1.26.0' }),
      }),
    );
    const { stdout } = await fleet.ecsUpdater('plan', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ updates: [{ ec2InstanceId: joined.ec2InstanceId }] });
  });

  test('while it boots is gone', async ({ startFleet, expect }) => {
    const fleet = await startFleet(inGroup('a', 'b'), slow);
    await fleet.start();
    await fleet.event('reboot-started', 'a');
    terminateByGroup(fleet, 'a');
    expect(fleet.outcomes(await fleet.report())).toMatchObject({
      a: expect.stringMatching(/^gone: /),
      b: 'updated',
    });
    expect(timesSetActive(fleet, 'a')).toBe(0);
  });

  test('but that a lifecycle hook still keeps running is not given back to serve', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({
      ...inGroup('a', 'b'),
      services: [stuckOn('a')],
      autoScalingGroups: [{ name: group, terminationHookSeconds: 100_000 }],
    });
    await fleet.start({ maxUnavailable: '2' });
    await eventually('a drains', () => fleet.state('a').status === 'DRAINING');
    terminateByGroup(fleet, 'a');
    await fleet.ecsUpdater('skip', fleet.id('a'));
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toMatchObject({ a: expect.stringMatching(/^gone: /), b: 'updated' });
    expect(JSON.stringify(report)).toContain('its Auto Scaling group hosts says it is Terminating:Wait');
    expect(timesSetActive(fleet, 'a')).toBe(0);
    expect(fleet.state('a')).toMatchObject({ status: 'DRAINING', host: { ec2State: 'running' } });
  });
});
