import { describe } from 'vitest';
import { behind } from '../../support/fleet.js';
import { test } from '../../support/rollouts.js';
import { commandsTo, effectsOn, eventsOn, happened, hostsThat, once, resultOf, when } from './incidents.js';

/** The shortest that the guard of the reboot allows. */
const rebootLimit = '8m';

describe.concurrent('a reboot that is ordered and does not happen', () => {
  test('because the host refuses it is tried once more, then the instance is given back', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: { reboot: 'refused' } }) });
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'rolled-back: reboot-refused' });
    expect(resultOf(fleet, report, 'a')).toMatchObject({
      reason: { detail: expect.stringContaining('/actions/reboot') },
    });
    expect(effectsOn(fleet, 'a').reboots).toBe(0);
    expect(eventsOn(fleet, 'a', 'reboot-refused')).toHaveLength(2);
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.0' } });
  });

  test('although the host accepted it is tried once more, then the instance is given back', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: { reboot: 'ignored' } }) });
    expect(fleet.outcomes(await fleet.rollOut({ rebootLimit }))).toEqual({
      a: 'rolled-back: reboot-refused',
    });
    expect(effectsOn(fleet, 'a').reboots).toBe(0);
    expect(eventsOn(fleet, 'a', 'reboot-ignored')).toHaveLength(2);
    expect(fleet.state('a').status).toBe('ACTIVE');
  });

  test('for some minutes, because an inhibitor holds it, is waited for', async ({ startFleet, expect }) => {
    const inhibited = [200_000, 200_000] as const;
    const fleet = await startFleet(
      { instances: hostsThat({ a: { reboot: 'inhibited' } }) },
      { hostTimings: { inhibited } },
    );
    expect(fleet.outcomes(await fleet.rollOut({ rebootLimit }))).toEqual({ a: 'updated' });
    expect(effectsOn(fleet, 'a')).toEqual(once);
  });
});

describe.concurrent('a host that does not come back from its reboot', () => {
  test('has failed, and its slot stays charged', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: { boot: 'never-returns' }, b: {} }) });
    const report = await fleet.rollOut({ rebootLimit, capacityLimit: '2m' });
    expect(fleet.outcomes(report)).toEqual({ a: 'failed: reboot-limit', b: 'skipped: no-capacity' });
    expect(effectsOn(fleet, 'a')).toEqual(once);
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', agentConnected: false });
  });

  test('in time has failed, and frees its slot when it is back after all', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: { bootDelaySeconds: 700 }, b: {} }) });
    const report = await fleet.rollOut({ rebootLimit });
    expect(fleet.outcomes(report)).toEqual({ a: 'failed: reboot-limit', b: 'updated' });
    const [back] = eventsOn(fleet, 'a', 'agent-connected');
    const [next] = eventsOn(fleet, 'b', 'instance-status');
    expect(back?.time.localeCompare(next?.time ?? '')).toBe(-1);
    expect(fleet.state('a')).toMatchObject({
      status: 'ACTIVE',
      agentConnected: true,
      host: { activeVersion: '1.26.1' },
    });
  });
});

test.concurrent('a reboot whose order was in doubt, and came, is not taken for over before the ECS agent is back', async ({
  startFleet,
  expect,
}) => {
  const fleet = await startFleet(
    { instances: hostsThat({ a: {} }) },
    { hostTimings: { ecsAgent: [120_000, 120_000] } },
  );
  when(
    fleet,
    { event: 'apply-finished', on: 'a' },
    { kind: 'reset', action: 'SendCommand', when: 'after' },
    { kind: 'refuse', as: 'denied', action: 'ListCommands', seconds: 30 },
  );
  expect(fleet.outcomes(await fleet.rollOut({ rebootLimit }))).toEqual({ a: 'failed: aws-error' });
  expect(effectsOn(fleet, 'a')).toEqual(once);
  expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', agentConnected: true });
});

describe.concurrent('a host that comes back, but not as it should,', () => {
  test('because it fell back to its old version has failed, and the rollout stops', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: { boot: 'falls-back' }, b: {} }) });
    const report = await fleet.rollOut({ failureBudget: '0' });
    expect(fleet.outcomes(report)).toEqual({
      a: 'failed: booted-old-version',
      b: 'not-started: rollout-stopped',
    });
    expect(report.stopped).toEqual({ by: 'failure-budget', failures: 1, budget: 0 });
    expect(effectsOn(fleet, 'a')).toEqual(once);
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.0' } });
  });

  test('whose SSM agent is late, and at first unknown to SSM, is updated', async ({ startFleet, expect }) => {
    const fleet = await startFleet(
      { instances: hostsThat({ a: {} }) },
      { hostTimings: { ssmAgent: [150_000, 150_000] } },
    );
    when(
      fleet,
      { event: 'ecs-agent-up', on: 'a' },
      { kind: 'aws-error', action: 'SendCommand', code: 'InvalidInstanceId', times: 2 },
    );
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated' });
    expect(effectsOn(fleet, 'a')).toEqual(once);
  });

  test('because an agent is missing is not called updated, though it runs the new version', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({
      instances: hostsThat({ a: { boot: 'ecs-agent-lost' }, b: { boot: 'ssm-agent-lost' } }),
    });
    const report = await fleet.rollOut({
      rebootLimit,
      verifyLimit: '1m',
      maxUnavailable: '2',
      failureBudget: 'unlimited',
    });
    expect(fleet.outcomes(report)).toEqual({ a: 'failed: verify-limit', b: 'failed: reboot-limit' });
    expect(resultOf(fleet, report, 'a')).toMatchObject({
      reason: { detail: 'its ECS agent is not connected' },
    });
    for (const name of ['a', 'b']) {
      expect(fleet.state(name)).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.1' } });
    }
  });
});

describe.concurrent('an order to reboot that an agent carries out again', () => {
  test('after the boot does not reboot the host a second time', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: {} }) });
    fleet.simulator.fault({ kind: 'command', mishap: 'twice', document: '-reboot', delaySeconds: 40 });
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated' });
    await happened(fleet, 'a', 'command-replayed', 1);
    await happened(fleet, 'a', 'command-finished', commandsTo(fleet, 'a').length);
    expect(effectsOn(fleet, 'a')).toEqual(once);
    expect(fleet.state('a').host).toMatchObject({ stage: 'running', rebootPending: false });
  });

  test('because its end was lost in the shutdown does not reboot the host a second time', async ({
    startFleet,
    expect,
  }) => {
    // The host goes down before its agent can report: what the agent had accepted it begins anew.
    const fleet = await startFleet(
      { instances: [{ name: 'a', host: behind }] },
      { hostTimings: { rebootBegins: [10, 20] } },
    );
    const lostResult = { failed: 0, stuck: 0, success: 0, replayed: 1 };
    fleet.simulator.fault({ kind: 'timings', ssm: { lostResult, reply: [5000, 5000] } });
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated' });
    expect(eventsOn(fleet, 'a', 'command-replayed')).toHaveLength(1);
    expect(effectsOn(fleet, 'a')).toEqual(once);
  });
});
