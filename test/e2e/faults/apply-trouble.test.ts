import { describe } from 'vitest';
import { test } from '../../support/rollouts.js';
import { draining, effectsOn, hostsThat, once, resultOf, when } from './incidents.js';

describe.concurrent('an update that', () => {
  test.for([
    ['fails-prepare', 'No space left on device', 'Available'],
    ['not-found', '404', 'Available'],
    ['fails-activate', 'GPT', 'Staged'],
  ] as const)(
    'cannot be applied (%s) has its host given back, unharmed, with the cause named',
    async ([apply, cause, state], { startFleet, expect }) => {
      const fleet = await startFleet({ instances: hostsThat({ a: { apply } }) });
      const report = await fleet.rollOut();
      expect(fleet.outcomes(report)).toEqual({ a: 'rolled-back: apply-failed' });
      expect(resultOf(fleet, report, 'a')).toMatchObject({
        reason: { detail: expect.stringContaining(cause) },
      });
      expect(effectsOn(fleet, 'a').reboots).toBe(0);
      expect(fleet.state('a')).toMatchObject({
        status: 'ACTIVE',
        host: { activeVersion: '1.26.0', updateState: state, updateAction: null },
      });
    },
  );

  test('is left Staged by an earlier attempt is applied', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: { found: 'staged' } }) });
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated' });
    expect(fleet.state('a').host).toMatchObject({ activeVersion: '1.26.1' });
  });

  test('another user made Ready meanwhile, in another version, is what the host boots and what is verified', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: {} }) });
    when(fleet, draining('a'), { kind: 'update-by-hand', instance: fleet.id('a'), version: '1.26.2' });
    const report = await fleet.rollOut();
    expect(resultOf(fleet, report, 'a')).toEqual({ kind: 'updated', from: '1.26.0', to: '1.26.2' });
    expect(effectsOn(fleet, 'a').reboots).toBe(1);
    expect(fleet.state('a').host).toMatchObject({ activeVersion: '1.26.2' });
  });

  test('takes ten minutes to write is waited for', async ({ startFleet, expect }) => {
    const fleet = await startFleet(
      { instances: hostsThat({ a: {} }) },
      { hostTimings: { prepare: [580_000, 580_000] } },
    );
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated' });
    expect(effectsOn(fleet, 'a')).toEqual(once);
  });

  test('was applied, though SSM never hears of its end, is read from the host', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: {} }) });
    fleet.simulator.fault({ kind: 'command', mishap: 'result-lost', document: '-apply' });
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated' });
    expect(effectsOn(fleet, 'a')).toEqual(once);
  });
});

describe.concurrent('between the check and the update', () => {
  test('a newer release appears, and is written in its place: the host is not called updated', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: {} }) });
    // The host goes on to say that the chosen version is staged; only its boot shows which one it was.
    when(fleet, draining('a'), {
      kind: 'amend-host',
      instance: fleet.id('a'),
      host: { offered: '1.26.2' },
    });
    const report = await fleet.rollOut();
    expect(resultOf(fleet, report, 'a')).toMatchObject({
      kind: 'failed',
      reason: { code: 'wrong-version', version: '1.26.2', target: '1.26.1' },
    });
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.2' } });
  });

  test.for([
    ['the update is withdrawn', { offered: null }],
    ["the host's wave is closed", { inWave: false }],
  ] as const)('%s: the instance is skipped and serves again', async ([, host], { startFleet, expect }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: {}, b: {} }) });
    when(fleet, draining('a'), { kind: 'amend-host', instance: fleet.id('a'), host });
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({ a: 'skipped: update-withdrawn', b: 'updated' });
    expect(report.failures).toBe(0);
    expect(effectsOn(fleet, 'a').reboots).toBe(0);
    expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.0' } });
  });
});
