import { expect, test } from 'vitest';
import type { FailureMark } from '../../../src/model/failures.js';
import { type Fleet, fleet, type HostSpec, never } from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { type Stage, timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const mark = (spec: Partial<Extract<FailureMark, { kind: 'failed' }>>): FailureMark => ({
  kind: 'failed',
  version: '1.20.0',
  tries: 1,
  code: 'reboot-limit',
  at: new Date().toISOString(),
  ...spec,
});

const rollOut = async (stage: Stage) =>
  (await stage.startCluster({ settings: { failureBudget: '9' } })).result();

const drained = (hosts: Fleet): (string | undefined)[] =>
  hosts.attempts('startDraining').map(({ ids }) => ids[0]);

test.each<[string, Partial<HostSpec>, string]>([
  ['a host that fell back', { boots: 'old' }, 'booted-old-version'],
  ['a drain that took too long', { drainMinutes: never }, 'drain-limit'],
])('%s is remembered', async (_, spec, code) => {
  const hosts = fleet([{ id: 'i-1', ...spec }]);
  await play(hosts, rollOut);
  expect(hosts.host('i-1').instance.failure).toMatchObject({ version: '1.20.0', tries: 1, code });
});

test('a version that has just failed is not tried again', async () => {
  // Later than any clock of the test's server.
  const hosts = fleet([{ id: 'i-1', instance: { failure: mark({ at: '2100-01-01T00:00:00.000Z' }) } }]);
  const report = await play(hosts, rollOut);
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: backing-off' });
  expect(hosts.attempts('startDraining')).toEqual([]);
});

test('what an operator called off is not remembered', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 8 }]);
  await play(hosts, async (stage) => {
    hosts.when('waitUntilDrained', () => stage.signal('skip', null, 'i-1'));
    await rollOut(stage);
  });
  expect(hosts.attempts('activate', 'i-1')).toHaveLength(1);
  expect(hosts.host('i-1').instance.failure).toBeNull();
});

test('a version that failed before is tried again once its back-off has passed, and an update forgets it', async () => {
  const earlier = mark({ at: '2026-01-01T00:00:00.000Z', tries: 3 });
  const hosts = fleet([{ id: 'i-1', instance: { failure: earlier } }]);
  const report = await play(hosts, rollOut);
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated' });
  expect(hosts.host('i-1').instance.failure).toBeNull();
});

test('a host that fails again backs off for longer, until it is given up', async () => {
  const earlier = mark({ at: '2026-01-01T00:00:00.000Z', tries: 4 });
  const hosts = fleet([{ id: 'i-1', drainMinutes: never, instance: { failure: earlier } }]);
  const reports = await play(hosts, async (stage) => [await rollOut(stage), await rollOut(stage)]);
  expect(reports.map(rowsOf)).toEqual([{ 'i-1': 'rolled-back: drain-limit' }, { 'i-1': 'skipped: gave-up' }]);
});

test('another version is tried at once; what failed before comes last', async () => {
  const hosts = fleet([
    { id: 'i-1', version: '1.1.0', instance: { failure: mark({ version: '1.19.9', tries: 9 }) } },
    { id: 'i-2' },
    { id: 'i-3', instance: { failure: { kind: 'unreadable', text: 'edited' } } },
  ]);
  const report = await play(hosts, rollOut);
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'updated', 'i-3': 'skipped: gave-up' });
  expect(drained(hosts)).toEqual(['i-2', 'i-1']);
});

test('a held instance is left alone, also when it is held while it waits for its turn', async () => {
  const hosts = fleet([{ id: 'i-1', instance: { hold: { by: 'ann' } } }, { id: 'i-2' }, { id: 'i-3' }]);
  hosts.when('applyUpdate', async () => {
    hosts.host('i-3').instance.hold = { reason: 'set by hand' };
  });
  const report = await play(hosts, rollOut);
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: held', 'i-2': 'updated', 'i-3': 'skipped: held' });
  expect(hosts.host('i-3').instance).toMatchObject({ status: 'ACTIVE', mark: null });
});
