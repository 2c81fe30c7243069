import { expect, test } from 'vitest';
import { accessDenied, attempt, fleet, stillWaiting } from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

test('an instance is drained, updated, rebooted, verified, given back, and its services settle', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    kind: 'ended',
    outcome: { kind: 'updated', from: '1.19.0', to: '1.20.0' },
    stopsRollout: false,
  });
  expect(hosts.did()).toEqual([
    'startDraining',
    'waitUntilDrained',
    'applyUpdate',
    'orderReboot',
    'waitForBoot',
    'waitUntilHealthy',
    'activate',
    'waitUntilSteady',
  ]);
  expect(hosts.host('i-1').instance).toMatchObject({ status: 'ACTIVE', mark: null });
});

test('its report says when each phase was entered, and how long it took', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 5, bootMinutes: 3 }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  const phaseMs = ending.kind === 'ended' ? ending.phaseMs : {};
  const entered = ending.kind === 'ended' ? ending.entered : [];
  expect(entered.map(({ phase }) => phase)).toEqual(Object.keys(phaseMs));
  const [, draining, updating] = entered.map(({ at }) => Date.parse(at));
  expect((updating ?? 0) - (draining ?? 0)).toBe(phaseMs.draining);
  expect(Object.keys(phaseMs)).toEqual([
    'waiting',
    'draining',
    'updating',
    'rebooting',
    'verifying',
    'activating',
    'settling',
  ]);
  expect(Math.round((phaseMs.draining ?? 0) / 60_000)).toBe(5);
  expect(Math.round((phaseMs.rebooting ?? 0) / 60_000)).toBe(3);
});

test('it takes less than 100 events', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 20, bootMinutes: 5 }]);
  const events = await play(hosts, async (stage) => {
    const handle = await stage.startInstance('i-1');
    await handle.result();
    return (await handle.fetchHistory()).events?.length;
  });
  expect(events).toBeLessThan(100);
});

test('its status tells phase, versions and the end', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const seen: string[] = [];
  const last = await play(hosts, async (stage) => {
    for (const activity of hosts.activityNames) {
      hosts.when(activity, async () =>
        seen.push(`${activity}: ${(await stage.instanceStatus('i-1')).phase}`),
      );
    }
    await (await stage.startInstance('i-1')).result();
    return stage.instanceStatus('i-1');
  });
  expect(seen).toEqual([
    'startDraining: draining',
    'waitUntilDrained: draining',
    'applyUpdate: updating',
    'orderReboot: rebooting',
    'waitForBoot: rebooting',
    'waitUntilHealthy: verifying',
    'activate: activating',
    'waitUntilSteady: settling',
  ]);
  expect(last).toMatchObject({
    from: '1.19.0',
    to: '1.20.0',
    note: null,
    outcome: { kind: 'updated' },
  });
});

test('a host found Ready is rebooted without another apply', async () => {
  const hosts = fleet([{ id: 'i-1', found: 'Ready' }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated', to: '1.20.0' } });
  expect(hosts.did()).not.toContain('applyUpdate');
  expect(hosts.did().slice(2, 4)).toEqual(['checkForUpdates', 'orderReboot']);
});

test('a host found Staged is applied first', async () => {
  const hosts = fleet([{ id: 'i-1', found: 'Staged' }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated', to: '1.20.0' } });
  expect(hosts.did()).toContain('applyUpdate');
});

test('the target is what the host has staged when it is rebooted, not what the plan expected', async () => {
  const hosts = fleet([{ id: 'i-1', offered: '1.21.0' }]);
  const ending = await play(hosts, async (stage) =>
    (await stage.startInstance('i-1', { work: { to: '1.20.0' } })).result(),
  );
  expect(ending).toMatchObject({ outcome: { kind: 'updated', from: '1.19.0', to: '1.21.0' } });
});

test('a check of 16 minutes ago is made again before the drain', async () => {
  const hosts = fleet([{ id: 'i-1', offered: '1.21.0' }]);
  const ending = await play(hosts, async (stage) => {
    const checkedAt = new Date((await stage.now()) - 16 * 60_000).toISOString();
    return (await stage.startInstance('i-1', { work: { to: '1.20.0', checkedAt } })).result();
  });
  expect(hosts.did().slice(0, 2)).toEqual(['checkForUpdates', 'startDraining']);
  expect(ending).toMatchObject({ outcome: { kind: 'updated', to: '1.21.0' } });
});

test('what is no longer due when it is asked again is skipped, and was never drained', async () => {
  const hosts = fleet([{ id: 'i-1', offered: null }]);
  const ending = await play(hosts, async (stage) => {
    const checkedAt = new Date((await stage.now()) - 16 * 60_000).toISOString();
    return (await stage.startInstance('i-1', { work: { checkedAt } })).result();
  });
  expect(ending).toMatchObject({
    outcome: { kind: 'skipped', reason: { code: 'update-withdrawn', version: '1.19.0' } },
  });
  expect(hosts.did()).toEqual(['checkForUpdates']);
});

test('a check that grew old while the host drained is made again before the update', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 20 }]);
  await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(hosts.did().slice(0, 4)).toEqual([
    'startDraining',
    'waitUntilDrained',
    'checkForUpdates',
    'applyUpdate',
  ]);
});

const down = async (): Promise<never> => {
  throw new Error('ServiceUnavailable');
};

test('where AWS cannot tell whether its services settled, the warning names its error', async () => {
  const hosts = fleet([{ id: 'i-1' }], { waitUntilSteady: down, describeRemaining: down });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  const warning = { code: 'settle-limit', detail: expect.stringContaining('ServiceUnavailable') };
  expect(ending).toMatchObject({ outcome: { kind: 'updated', warning } });
});

test('services that do not settle are a warning, not a failure', async () => {
  const hosts = fleet([{ id: 'i-1', services: ['web', 'api'] }], {
    waitUntilSteady: async () => {
      throw stillWaiting('web: 3 of 4');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'updated',
      warning: { code: 'settle-limit', limitMs: 600_000, services: ['web', 'api'] },
    },
  });
  expect(hosts.minutesBetween('waitUntilSteady', 'waitUntilSteady')).toBeLessThanOrEqual(10);
});

test('AWS refusing to show the services is a warning, not a failure', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitUntilSteady: async () => {
      throw accessDenied('ecs:DescribeServices');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'updated',
      warning: { code: 'aws-error', message: 'access denied: ecs:DescribeServices' },
    },
  });
});

test('an instance without services has nothing to settle', async () => {
  const hosts = fleet([{ id: 'i-1', services: [] }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
  expect(hosts.did()).not.toContain('waitUntilSteady');
});

test('throttling for an hour fails nothing by itself', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    activate: async (input, usual) => {
      if (attempt() <= 20) throw new Error('ThrottlingException');
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});
