import { describe } from 'vitest';
import type { RolloutReport } from '../../src/model/report.js';
import { drainedAttribute } from '../../src/model/names.js';
import type { HostSpec } from '../../src/simulator/host/spec.js';
import type { ScenarioInput } from '../../src/simulator/scenario.js';
import { behind, type Fleet, hosts } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';
import { isTrial } from '../support/trials.js';

type Boot = HostSpec['boot'];

/** Hosts of which `a` boots the new version so. */
const booting = (boot: Boot, ...others: string[]): ScenarioInput => ({
  instances: hosts('a', ...others).map((one) =>
    one.name === 'a' ? Object.assign(one, { host: { ...behind, boot } }) : one,
  ),
});

const limits = { rebootLimit: '8m', verifyLimit: '1m' };

const reasonOf = (fleet: Fleet, report: RolloutReport, name: string) =>
  report.groups.find(({ ec2InstanceIds }) => ec2InstanceIds.includes(fleet.id(name)))?.result;

const ec2Reboots = (fleet: Fleet) =>
  fleet.requests(principals.worker, 'RebootInstances').filter((request) => !isTrial(request));

const healed = (version: string) => ({ did: 'ec2-reboot', seen: 'healthy', version });

describe.concurrent('a host that does not prove its reboot', () => {
  test.for<[Boot, string]>([
    ['never-returns', 'reboot-limit'],
    ['ssm-agent-lost', 'reboot-limit'],
    ['ecs-agent-lost', 'verify-limit'],
  ])('is set ACTIVE, and has failed (%s)', async ([boot, code], { startFleet, expect }) => {
    const fleet = await startFleet(booting(boot));
    expect(fleet.outcomes(await fleet.rollOut(limits))).toEqual({ a: `failed: ${code}` });
    expect(fleet.state('a').status).toBe('ACTIVE');
    expect(ec2Reboots(fleet)).toEqual([]);
  });

  test('is rebooted through EC2 if that is wanted, and falls back', async ({ startFleet, expect }) => {
    const fleet = await startFleet(booting('never-returns', 'b'));
    // EC2 resets it after 4 minutes; for 5 more it could be that another reboot comes.
    const report = await fleet.rollOut({ rebootLimit: '12m', afterFailedReboot: 'ec2-reboot' });
    expect(fleet.outcomes(report)).toEqual({ a: 'failed: reboot-limit', b: 'updated' });
    expect(reasonOf(fleet, report, 'a')).toMatchObject({ reason: { afterwards: healed('1.26.0') } });
    expect(fleet.state('a')).toMatchObject({
      status: 'ACTIVE',
      agentConnected: true,
      host: { activeVersion: '1.26.0' },
    });
    expect(ec2Reboots(fleet)).toHaveLength(1);
  });

  test('is rebooted through EC2 once, whatever comes of it', async ({ startFleet, expect }) => {
    const fleet = await startFleet(booting('ecs-agent-lost'));
    // The first one only tries whether it is allowed.
    fleet.simulator.fault({ kind: 'reset', action: 'RebootInstances', when: 'after', after: 1 });
    const report = await fleet.rollOut({ ...limits, afterFailedReboot: 'ec2-reboot' });
    const afterwards = { did: 'ec2-reboot', seen: 'booted', version: '1.26.1' };
    expect(reasonOf(fleet, report, 'a')).toMatchObject({ reason: { code: 'verify-limit', afterwards } });
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', agentConnected: false });
    expect(ec2Reboots(fleet)).toHaveLength(1);
  });

  test('stays DRAINING if that is wanted, and every rollout says so, until it is cleared', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet(booting('never-returns', 'b'));
    const settings = { ...limits, afterFailedReboot: 'hold', maxUnavailable: '2' } as const;
    const report = await fleet.rollOut(settings);
    expect(fleet.outcomes(report)).toEqual({ a: 'failed: reboot-limit', b: 'updated' });
    expect(fleet.state('a').status).toBe('DRAINING');
    expect(fleet.state('a').attributes[drainedAttribute]).toMatch(/\/held$/);
    expect(fleet.outcomes(await fleet.rollOut(settings))).toEqual({
      a: 'skipped: held',
      b: 'skipped: up-to-date',
    });
    const { stdout } = await fleet.ecsUpdater('status');
    expect(stdout).toMatch(/^i-\w+1 .* held .* so it is held out of service\. .*ecs-updater clear/m);
    const plan = await fleet.ecsUpdater('plan');
    expect(plan.stdout).toContain('held out of service');

    // Somebody has seen to the host: it boots again, into its old version.
    fleet.simulator.fault({ kind: 'reboot', instance: fleet.id('a') });
    await fleet.event('agent-connected', 'a');
    expect(fleet.state('a').status).toBe('DRAINING');
    expect(await fleet.ecsUpdater('clear', '--instance', fleet.id('a'))).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(fleet.outcomes(await fleet.rollOut(settings))).toEqual({
      a: 'skipped: restored',
      b: 'skipped: up-to-date',
    });
    expect(fleet.state('a').status).toBe('ACTIVE');
    expect(fleet.state('a').attributes).not.toHaveProperty([drainedAttribute]);
  });
});
