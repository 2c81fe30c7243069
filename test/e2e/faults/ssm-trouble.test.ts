import { describe } from 'vitest';
import { test } from '../../support/rollouts.js';
import {
  commandsTo,
  draining,
  effectsOn,
  happened,
  haveRun,
  hostsThat,
  once,
  resultOf,
  wasDrained,
  when,
} from './incidents.js';

describe.concurrent('a host that SSM cannot ask', () => {
  test('is skipped before anything is drained, and the others are updated', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({
      instances: hostsThat({
        absent: { ssm: 'never-registered' },
        disabled: { controlContainer: false },
        away: { ssm: 'connection-lost' },
        well: {},
      }),
    });
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({
      absent: 'skipped: not-managed-by-ssm',
      disabled: 'skipped: not-managed-by-ssm',
      away: 'skipped: ssm-offline',
      well: 'updated',
    });
    for (const name of ['absent', 'disabled', 'away']) {
      expect(commandsTo(fleet, name)).toEqual([]);
      expect(wasDrained(fleet, name)).toBe(false);
    }
  });
});

describe.concurrent('a host that cannot say what it needs', () => {
  const seen = {
    unreachable: 'Failed to load metadata',
    slow: 'Timed out',
    locked: '423',
    garbled: 'panicked',
    cut: 'exit code 0',
    coloured: 'exit code 0',
  };

  test('is asked a few times and left in service, with what it said', async ({ startFleet, expect }) => {
    const fleet = await startFleet({
      instances: hostsThat({
        unreachable: { repository: 'unreachable' },
        slow: { repository: 'slow' },
        locked: { updateLock: 'held' },
        garbled: { output: 'garbage' },
        cut: { output: 'truncated' },
        coloured: { output: 'ansi' },
      }),
    });
    const report = await fleet.rollOut();
    for (const [name, text] of Object.entries(seen)) {
      expect(resultOf(fleet, report, name)).toMatchObject({
        kind: 'skipped',
        reason: { code: 'check-failed', seen: expect.stringContaining(text) },
      });
      expect(commandsTo(fleet, name).length).toBeLessThanOrEqual(3);
      expect(wasDrained(fleet, name)).toBe(false);
    }
  });
});

describe.concurrent('a command that SSM delivers late', () => {
  test('or never is called off, and the instance serves again', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: {} }) });
    when(fleet, draining('a'), {
      kind: 'amend-host',
      instance: fleet.id('a'),
      host: { ssm: 'connection-lost' },
    });
    const report = await fleet.rollOut({ updateLimit: '2m', rebootLimit: '8m' });
    expect(fleet.outcomes(report)).toEqual({ a: 'rolled-back: update-limit' });
    expect(fleet.state('a').status).toBe('ACTIVE');
    expect(commandsTo(fleet, 'a')).toContain('apply');
    fleet.simulator.fault({ kind: 'amend-host', instance: fleet.id('a'), host: { ssm: 'online' } });
    await happened(fleet, 'a', 'ssm-agent-up', 1);
    expect(effectsOn(fleet, 'a')).toEqual({ applies: 0, reboots: 0 });
  });

  test('after its sender gave the instance back updates nobody', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: {} }) });
    fleet.simulator.fault({ kind: 'command', mishap: 'late', document: '-apply', delaySeconds: 900 });
    expect(fleet.outcomes(await fleet.rollOut({ updateLimit: '2m', rebootLimit: '8m' }))).toEqual({
      a: 'rolled-back: update-limit',
    });
    expect(fleet.state('a').status).toBe('ACTIVE');
    await haveRun(fleet, 'a', 'apply');
    expect(effectsOn(fleet, 'a')).toEqual({ applies: 0, reboots: 0 });
  });

  test('after a reboot was to begin is refused by its guard, and the reboot is ordered anew', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: {} }) });
    fleet.simulator.fault({ kind: 'command', mishap: 'late', document: '-reboot', delaySeconds: 150 });
    expect(fleet.outcomes(await fleet.rollOut())).toEqual({ a: 'updated' });
    expect(commandsTo(fleet, 'a').filter((document) => document === 'reboot')).toHaveLength(2);
    expect(effectsOn(fleet, 'a')).toEqual(once);
  });

  test('after the instance was given back reboots nobody', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hostsThat({ a: {} }) });
    fleet.simulator.fault({ kind: 'command', mishap: 'late', document: '-reboot', delaySeconds: 700 });
    expect(fleet.outcomes(await fleet.rollOut({ rebootLimit: '8m' }))).toEqual({ a: 'updated' });
    await haveRun(fleet, 'a', 'reboot');
    expect(effectsOn(fleet, 'a')).toEqual(once);
    expect(fleet.state('a').host).toMatchObject({ stage: 'running', rebootPending: false });
  });
});
