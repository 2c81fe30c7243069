import { expect, test } from 'vitest';
import type { Activities } from '../../../activities/types.js';
import { fleet, type HostSpec, never } from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const plain = (count: number, spec: Omit<HostSpec, 'id'> = {}): HostSpec[] =>
  Array.from({ length: count }, (_, n) => ({ id: `i-${n + 1}`, ...spec }));

const inService = { status: 'ACTIVE', mark: null };

test('a cancelled rollout gives back what drains, finishes what rebooted, and still reports every instance', async () => {
  const hosts = fleet([
    { id: 'i-boots', bootMinutes: 5 },
    { id: 'i-drains', drainMinutes: never },
    { id: 'i-next' },
    { id: 'i-current', offered: null },
  ]);
  const report = await play(hosts, async (stage) => {
    hosts.when(
      'waitForBoot',
      () => stage.cancel(null),
      (call) => call.attempt === 3,
    );
    return (await stage.startCluster({ settings: { maxUnavailable: '2' } })).result();
  });
  expect(rowsOf(report)).toEqual({
    'i-boots': 'updated',
    'i-drains': 'rolled-back: cancelled',
    'i-next': 'not-started: rollout-stopped',
    'i-current': 'skipped: up-to-date',
  });
  expect(report).toMatchObject({ stopped: { by: 'cancelled' }, failures: 0 });
  expect(hosts.host('i-drains').instance).toMatchObject(inService);
  expect(hosts.host('i-boots').instance).toMatchObject(inService);
});

test.each<keyof Activities>(['checkForUpdates', 'inspectWorkloads', 'lookAtCluster'])(
  'cancelled during %s, it reports every instance',
  async (activity) => {
    const hosts = fleet(plain(2));
    const report = await play(hosts, async (stage) => {
      hosts.when(activity, () => stage.cancel(null));
      return (await stage.startCluster()).result();
    });
    expect(rowsOf(report)).toEqual({
      'i-1': 'not-started: rollout-stopped',
      'i-2': 'not-started: rollout-stopped',
    });
    expect(hosts.did()).not.toContain('startDraining');
  },
);

test('cancelled while it is paused, it ends', async () => {
  const hosts = fleet(plain(2));
  const report = await play(hosts, async (stage) => {
    hosts.when('startDraining', () => stage.signal('pause', null));
    const rollout = await stage.startCluster({ timeout: '30 days' });
    await stage.passDays(1);
    await stage.cancel(null);
    return rollout.result();
  });
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'not-started: rollout-stopped' });
});

test('cancelled while the last of a page finish, it does not go on to the next page', async () => {
  const hosts = fleet(plain(4, { drainMinutes: never }));
  const report = await play(hosts, async (stage) => {
    hosts.when(
      'waitUntilDrained',
      () => stage.cancel(null),
      (call) => call.ids[0] === 'i-2' && call.attempt === 3,
    );
    return (await stage.startCluster({ settings: { updatesPerRun: 2, maxUnavailable: '2' } })).result();
  });
  expect(report.stopped).toEqual({ by: 'cancelled' });
  expect(rowsOf(report)).toEqual({
    'i-1': 'rolled-back: cancelled',
    'i-2': 'rolled-back: cancelled',
    'i-3': 'not-started: rollout-stopped',
    'i-4': 'not-started: rollout-stopped',
  });
});

test('a skip that comes while a cancelled rollout finishes does not hurt it', async () => {
  const hosts = fleet(plain(1, { bootMinutes: 5 }));
  const report = await play(hosts, async (stage) => {
    hosts.when('waitForBoot', async () => {
      await stage.cancel(null);
      await stage.signal('skip', null, 'i-1');
    });
    return (await stage.startCluster()).result();
  });
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated' });
});

test('an instance whose own workflow is cancelled is given back; the rollout goes on, and it is no failure', async () => {
  const hosts = fleet(plain(2, { drainMinutes: 3 }));
  const report = await play(hosts, async (stage) => {
    hosts.when('waitUntilDrained', () => stage.cancel('i-1'));
    return (await stage.startCluster()).result();
  });
  expect(rowsOf(report)).toEqual({ 'i-1': 'rolled-back: cancelled', 'i-2': 'updated' });
  expect(report).toMatchObject({ failures: 0, stopped: null });
});

test('a cancel of what the Schedule started is passed on to the rollout', async () => {
  const hosts = fleet(plain(2, { drainMinutes: 3 }));
  const result = await play(hosts, async (stage) => {
    const start = await stage.startRollout();
    hosts.when('waitUntilDrained', () => start.cancel().then(() => stage.heard()));
    return start.result();
  });
  expect(result).toMatchObject({ kind: 'finished', report: { stopped: { by: 'cancelled' } } });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});
