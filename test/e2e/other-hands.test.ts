import { DeleteAttributesCommand, ECSClient, PutAttributesCommand } from '@aws-sdk/client-ecs';
import { describe } from 'vitest';
import { drainedAttribute } from '../../src/model/names.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts, stuckOn } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';

const isDraining = (fleet: Fleet, name: string) =>
  eventually(`${name} is DRAINING`, () => fleet.state(name).status === 'DRAINING');

const setActive = (fleet: Fleet, name: string): void => {
  fleet.simulator.fault({ kind: 'set-state', instance: fleet.id(name), status: 'ACTIVE' });
};

/** Somebody else's client of ECS. */
const somebody = (fleet: Fleet) =>
  new ECSClient({
    endpoint: fleet.simulator.url,
    region: fleet.simulator.fleet.scenario.region,
    credentials: { accessKeyId: 'AKIASOMEBODY', secretAccessKey: 'not-a-secret' },
  });

const attributeOf = (fleet: Fleet, name: string) => ({
  name: drainedAttribute,
  targetId: fleet.state(name).containerInstanceArn,
});

const reboots = (fleet: Fleet, name: string): number =>
  fleet.simulator.fleet.journal.entries.filter(
    (entry) =>
      entry.kind === 'event' && entry.event === 'reboot-started' && entry.ec2InstanceId === fleet.id(name),
  ).length;

describe.concurrent('what somebody else does to an instance that we drained is respected', () => {
  test('set ACTIVE while it drains', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), services: [stuckOn('a')] });
    await fleet.start();
    await isDraining(fleet, 'a');
    setActive(fleet, 'a');
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'rolled-back: taken-over', b: 'updated' });
    expect(fleet.state('a').attributes).not.toHaveProperty([drainedAttribute]);
  });

  test.for(['apply-started', 'apply-finished'])(
    'set ACTIVE at %s: it is not rebooted',
    async (event, { startFleet, expect }) => {
      const fleet = await startFleet({ instances: hosts('a', 'b') });
      await fleet.start();
      await fleet.event(event, 'a');
      setActive(fleet, 'a');
      expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'rolled-back: taken-over', b: 'updated' });
      expect(reboots(fleet, 'a')).toBe(0);
      expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.0' } });
      expect(fleet.state('a').attributes).not.toHaveProperty([drainedAttribute]);
    },
  );

  test('our mark removed: it is left as it is', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a'), services: [stuckOn('a')] });
    await fleet.start();
    await isDraining(fleet, 'a');
    const ecs = somebody(fleet);
    await ecs.send(
      new DeleteAttributesCommand({ cluster: fleet.arn, attributes: [attributeOf(fleet, 'a')] }),
    );
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'rolled-back: taken-over' });
    expect(fleet.state('a').status).toBe('DRAINING');
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'skipped: draining-by-others' });
    setActive(fleet, 'a');
  });

  test('marked by another installation: it is left to that one', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a'), services: [stuckOn('a')] });
    await fleet.start();
    await isDraining(fleet, 'a');
    const ecs = somebody(fleet);
    const value = `other/rollout/${new Date().toISOString()}`;
    await ecs.send(
      new PutAttributesCommand({ cluster: fleet.arn, attributes: [{ ...attributeOf(fleet, 'a'), value }] }),
    );
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'rolled-back: taken-over' });
    expect(fleet.state('a')).toMatchObject({
      status: 'DRAINING',
      attributes: { [drainedAttribute]: value },
    });
    await ecs.send(
      new DeleteAttributesCommand({ cluster: fleet.arn, attributes: [attributeOf(fleet, 'a')] }),
    );
    setActive(fleet, 'a');
  });
});

describe.concurrent('an instance is given back, and nothing more starts, where AWS denies after its drain', () => {
  test.for([
    ['the apply', 'instance-status'],
    ['the reboot', 'apply-finished'],
  ])('%s', async ([, event = ''], { startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') });
    const message = 'User is not authorized to perform: ssm:SendCommand';
    await fleet.start();
    await fleet.event(event, 'a');
    fleet.simulator.fault({
      kind: 'aws-error',
      principal: principals.worker,
      action: 'SendCommand',
      code: 'AccessDeniedException',
      message,
      times: 1,
    });
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({
      a: 'rolled-back: aws-error',
      b: 'not-started: rollout-stopped',
    });
    expect(report.stopped).toMatchObject({ by: 'error', message: expect.stringContaining(message) });
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.0' } });
  });
});
