import { expect, test } from 'vitest';
import type { FailureMark } from '../../../src/model/failures.js';
import { accessDenied, fleet, type HostSpec } from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { type Stage, timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const at = '2026-01-01T00:00:00.000Z';
const fellBack: FailureMark = { kind: 'failed', version: '1.20.0', tries: 1, code: 'booted-old-version', at };
const plain = (count: number, spec: Omit<HostSpec, 'id'> = {}): HostSpec[] =>
  Array.from({ length: count }, (_, n) => ({ id: `i-${n + 1}`, ...spec }));
const rollOut = async (stage: Stage) =>
  (await stage.startCluster({ settings: { failureBudget: 'unlimited' } })).result();

test('a version that fell back on two hosts is started nowhere else, and a newer one is', async () => {
  const hosts = fleet([...plain(5, { boots: 'old' }), { id: 'i-9', offered: '1.21.0' }]);
  const report = await play(hosts, rollOut);
  expect(rowsOf(report)).toEqual({
    'i-1': 'failed: booted-old-version',
    'i-2': 'failed: booted-old-version',
    'i-3': 'skipped: quarantined-version',
    'i-4': 'skipped: quarantined-version',
    'i-5': 'skipped: quarantined-version',
    'i-9': 'updated',
  });
  expect(hosts.attempts('quarantineVersion').map(({ input }) => input)).toEqual([
    expect.objectContaining({ version: '1.20.0', hosts: 2 }),
  ]);
});

test('one host that fell back quarantines nothing', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'old' }, ...plain(3).slice(1)]);
  const report = await play(hosts, rollOut);
  expect(report.counts).toMatchObject({ failed: 1, updated: 2 });
  expect(hosts.attempts('quarantineVersion')).toEqual([]);
});

test('what the attributes of the hosts tell is quarantined, and written on the cluster', async () => {
  const hosts = fleet([
    ...plain(2, { instance: { failure: fellBack }, offered: null }),
    { id: 'i-3' },
    { id: 'i-4', found: 'Ready' },
  ]);
  const report = await play(hosts, rollOut);
  expect(rowsOf(report)).toMatchObject({
    'i-3': 'skipped: quarantined-version',
    'i-4': 'skipped: quarantined-version',
  });
  expect(hosts.attempts('quarantineVersion')).toHaveLength(1);
  expect(hosts.attempts('startDraining')).toEqual([]);
});

test('what the tags of the cluster tell is quarantined, though the hosts that fell back are gone', async () => {
  const hosts = fleet(plain(2), { checkPrerequisites: async () => ({ quarantined: { '1.20.0': 2 } }) });
  const report = await play(hosts, rollOut);
  expect(rowsOf(report)).toEqual({
    'i-1': 'skipped: quarantined-version',
    'i-2': 'skipped: quarantined-version',
  });
  expect(hosts.attempts('quarantineVersion')).toEqual([]);
});

test('where the cluster must not be tagged, the rollout heeds the quarantine all the same, and its next runs too', async () => {
  const hosts = fleet(plain(5, { boots: 'old' }), {
    quarantineVersion: async () => {
      throw accessDenied('ecs:TagResource');
    },
    // As if the hosts had been replaced: nothing tells but the rollout itself.
    activate: async (input, usual) => usual({ ...input, memory: { kind: 'forget' } }),
  });
  hosts.add({ id: 'i-9', offered: '1.21.0' });
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { failureBudget: 'unlimited', updatesPerRun: 2 } })).result(),
  );
  expect(report.counts).toMatchObject({ failed: 2, skipped: 3, updated: 1 });
});

test('a host whose answer changed to a quarantined version is given back', async () => {
  const hosts = fleet([{ id: 'i-1', offered: '1.21.0', found: 'Ready' }], {
    waitUntilDrained: async (input, usual) => {
      hosts.host('i-1').staged = '1.20.0';
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) =>
    (
      await stage.startInstance('i-1', {
        quarantined: { '1.20.0': 2 },
        work: { to: '1.21.0' },
      })
    ).result(),
  );
  expect(ending).toMatchObject({
    outcome: { kind: 'skipped', reason: { code: 'quarantined-version', version: '1.20.0', hosts: 2 } },
  });
  expect(hosts.attempts('checkForUpdates')).toHaveLength(1);
  expect(hosts.attempts('orderReboot')).toEqual([]);
  expect(hosts.host('i-1').instance).toMatchObject({ status: 'ACTIVE', mark: null, failure: null });
});

test('a host on which somebody staged a quarantined version is not rebooted into it', async () => {
  const hosts = fleet([{ id: 'i-1', offered: '1.21.0' }], {
    applyUpdate: async (input, usual) => {
      hosts.host('i-1').offered = '1.20.0';
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) =>
    (await stage.startInstance('i-1', { quarantined: { '1.20.0': 2 }, work: { to: '1.21.0' } })).result(),
  );
  expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: 'quarantined-version' } } });
  expect(hosts.attempts('orderReboot')).toEqual([]);
});

test('an update in flight is not booted into what two others fell back from meanwhile', async () => {
  const hosts = fleet([
    ...plain(2, { boots: 'old' }),
    { id: 'i-3', drainMinutes: 40 },
    { id: 'i-4', drainMinutes: 40, offered: '1.21.0' },
  ]);
  const report = await play(hosts, async (stage) =>
    (
      await stage.startCluster({
        settings: { failureBudget: 'unlimited', maxUnavailable: '4', drainLimit: '60m' },
      })
    ).result(),
  );
  expect(rowsOf(report)).toEqual({
    'i-1': 'failed: booted-old-version',
    'i-2': 'failed: booted-old-version',
    'i-3': 'skipped: quarantined-version',
    'i-4': 'updated',
  });
  expect(hosts.attempts('startDraining', 'i-3')).toHaveLength(1);
  expect(hosts.attempts('orderReboot', 'i-3')).toEqual([]);
  expect(hosts.host('i-3').instance).toMatchObject({ status: 'ACTIVE', mark: null, failure: null });
});

test('a version that hangs at boot, and that EC2 has to reboot hosts out of, is quarantined', async () => {
  const hosts = fleet(plain(3, { boots: 'never', ec2BootMinutes: 2 }));
  const report = await play(hosts, async (stage) =>
    (
      await stage.startCluster({ settings: { failureBudget: 'unlimited', afterFailedReboot: 'ec2-reboot' } })
    ).result(),
  );
  expect(rowsOf(report)).toEqual({
    'i-1': 'failed: reboot-limit',
    'i-2': 'failed: reboot-limit',
    'i-3': 'skipped: quarantined-version',
  });
  expect(hosts.host('i-1').instance.failure).toMatchObject({ code: 'booted-old-version' });
});

test('what no rollout would send to an instance quarantines nothing', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const ending = await play(hosts, async (stage) => {
    const child = await stage.startInstance('i-1');
    for (const message of ['1.20.0', null, { '1.20.0': 'two' }]) {
      await child.signal('quarantined', message);
    }
    return child.result();
  });
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});

test('the version that is quarantined is the one that the hosts got, not the one that was planned', async () => {
  const hosts = fleet(plain(2, { boots: 'never', drainMinutes: 20 }), {
    waitUntilDrained: async (input, usual) => {
      // Meanwhile a newer one is offered; what the host said is asked anew.
      hosts.host(input.instance.ec2InstanceId).offered = '1.21.0';
      return usual(input);
    },
  });
  const report = await play(hosts, async (stage) =>
    (
      await stage.startCluster({ settings: { failureBudget: 'unlimited', afterFailedReboot: 'ec2-reboot' } })
    ).result(),
  );
  expect(report.counts).toMatchObject({ failed: 2 });
  expect(hosts.attempts('quarantineVersion').map(({ input }) => input)).toEqual([
    expect.objectContaining({ version: '1.21.0', hosts: 2 }),
  ]);
});

test.each([
  ['while its host drains is not written', 'waitUntilDrained', ['applyUpdate']],
  ['while it is written is not booted', 'applyUpdate', ['orderReboot']],
] as const)('a version that is quarantined %s', async (_, during, never) => {
  const hosts = fleet([{ id: 'i-1' }]);
  const ending = await play(hosts, async (stage) => {
    const child = await stage.startInstance('i-1');
    hosts.when(during, () => child.signal('quarantined', { '1.20.0': 2 }));
    return child.result();
  });
  expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: 'quarantined-version' } } });
  for (const activity of never) expect(hosts.attempts(activity)).toEqual([]);
  expect(hosts.host('i-1').instance).toMatchObject({ status: 'ACTIVE', mark: null, failure: null });
});

test('a host whose reboot came too late, and whose version is quarantined since, has not failed', async () => {
  const late = fleet([{ id: 'i-1' }], {
    waitForBoot: async () => {
      late.host('i-1').rebootOrdered = false;
      return { kind: 'not-rebooted', why: 'too-late', detail: 'exit code 10' };
    },
  });
  const ending = await play(late, async (stage) => {
    const child = await stage.startInstance('i-1');
    late.when('waitForBoot', () => child.signal('quarantined', { '1.20.0': 2 }));
    return child.result();
  });
  expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: 'quarantined-version' } } });
  expect(late.attempts('orderReboot')).toHaveLength(1);
});
