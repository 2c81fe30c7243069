import { describe } from 'vitest';
import { failedAttribute, holdAttribute } from '../../src/model/names.js';
import { behind, hosts } from '../support/fleet.js';
import { test } from '../support/rollouts.js';

const fallsBack = { ...behind, boot: 'falls-back' as const };

describe.concurrent('our command line', () => {
  test('holds instances, shows who holds them and why, and releases them', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') });
    await fleet.schedule();
    const answers = await Promise.all([
      fleet.ecsUpdater('hold', '--instance', fleet.id('a'), '--reason', 'disk is looked at'),
      fleet.ecsUpdater('hold', '--instance', fleet.id('b')),
    ]);
    expect(answers.map(({ code }) => code)).toEqual([0, 0]);
    expect(answers[0]?.stdout).toBe(
      `${fleet.cluster}/${fleet.id('a')} is held: no rollout drains it until unhold.\n`,
    );
    expect(fleet.state('b').attributes).toHaveProperty([holdAttribute]);
    expect(await fleet.ecsUpdater('unhold', '--instance', fleet.id('b'))).toMatchObject({ code: 0 });

    const row =
      /^i-\w+1 .* held .* held since \S+ by .+: disk is looked at\. .*ecs-updater unhold --cluster \S+ --instance i-\w+1\.$/m;
    expect((await fleet.ecsUpdater('plan')).stdout).toMatch(row);
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'skipped: held', b: 'updated' });
    expect((await fleet.ecsUpdater('status')).stdout).toMatch(row);

    expect(await fleet.ecsUpdater('unhold', '--instance', fleet.id('a'))).toEqual({
      code: 0,
      stdout: `${fleet.cluster}/${fleet.id('a')} is released: the next rollout looks at it again.\n`,
      stderr: '',
    });
    expect(fleet.outcomes(await fleet.rollOut())).toMatchObject({ a: 'updated' });
  });

  test('refuses orders on what is not there, with the reason', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a') });
    await fleet.schedule();
    expect(await fleet.ecsUpdater('hold', '--instance', 'i-0123456789abcdef0')).toEqual({
      code: 1,
      stdout: '',
      stderr: `ecs-updater: ${fleet.cluster}/i-0123456789abcdef0 is not an instance of the ECS cluster ${fleet.arn}.\n`,
    });
    expect(await fleet.ecsUpdater('unhold', '--instance', fleet.id('a'))).toMatchObject({
      code: 1,
      stderr: `ecs-updater: ${fleet.cluster}/${fleet.id('a')} is not held.\n`,
    });
    expect(await fleet.ecsUpdater('clear', '--all')).toMatchObject({
      code: 0,
      stdout: `${fleet.cluster}: there was nothing to clear.\n`,
    });
  });
});

describe.concurrent('a version that does not boot', () => {
  test('is given up on the host after the tries that the settings grant, until it is cleared', async ({
    startFleet,
    expect,
  }) => {
    const [a, b] = hosts('a', 'b');
    const fleet = await startFleet({ instances: [{ ...a, host: fallsBack }, { ...b }] });
    const report = await fleet.rollOut({ giveUpAfter: '1' });
    expect(fleet.outcomes(report)).toEqual({ a: 'failed: booted-old-version', b: 'updated' });
    expect(fleet.state('a').attributes[failedAttribute]).toMatch(/^1\.26\.1\/1\/booted-old-version\/\S+Z$/);
    expect((await fleet.ecsUpdater('plan')).stdout).toMatch(
      /^i-\w+1 .* gave-up .* 1\.26\.1 failed here once \(booted-old-version\) and is not tried again until cleared\./m,
    );
    expect(await fleet.ecsUpdater('clear', '--instance', fleet.id('a'))).toEqual({
      code: 0,
      stdout: `${fleet.cluster}/${fleet.id('a')}: what failed on ${fleet.id('a')} is forgotten.\n`,
      stderr: '',
    });
    expect((await fleet.ecsUpdater('plan')).stdout).toMatch(/^i-\w+1 .* update .* would be number 1/m);
  });

  test('on two hosts is quarantined for the cluster until that is lifted', async ({ startFleet, expect }) => {
    const fleet = await startFleet({
      instances: hosts('a', 'b', 'c').map((one) => ({ ...one, host: fallsBack })),
    });
    const report = await fleet.rollOut({ failureBudget: 'unlimited' });
    expect(fleet.outcomes(report)).toEqual({
      a: 'failed: booted-old-version',
      b: 'failed: booted-old-version',
      c: 'skipped: quarantined-version',
    });
    expect(fleet.outcomes(await fleet.rollOut())).toMatchObject({
      a: 'skipped: quarantined-version',
      c: 'skipped: quarantined-version',
    });
    expect((await fleet.ecsUpdater('status')).stdout).toMatch(
      /quarantined-version .* 1\.26\.1 is quarantined: 2 hosts of this cluster fell back from it\. .* --quarantine 1\.26\.1\.$/m,
    );
    expect(await fleet.ecsUpdater('clear', '--quarantine', '1.26.1')).toMatchObject({
      code: 0,
      stdout: `${fleet.cluster}: 1.26.1 is no longer quarantined; what failed on ${fleet.id('a')}, ${fleet.id('b')} is forgotten.\n`,
    });
    expect((await fleet.ecsUpdater('plan')).stdout).toMatch(/ 3 of 3 instances would be updated\.$/m);
  });
});
