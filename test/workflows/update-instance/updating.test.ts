import { expect, test } from 'vitest';
import { accessDenied, attempt, fleet, hopeless, stillWaiting } from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const inService = { status: 'ACTIVE', mark: null };

test('an apply that fails is rolled back with what apiclient said', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async () => ({ kind: 'failed', detail: 'Failed to write image to disk' }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'rolled-back',
      reason: { code: 'apply-failed', detail: 'Failed to write image to disk' },
    },
  });
  expect(hosts.did()).not.toContain('orderReboot');
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('an apply that fails because the update was withdrawn has the instance skipped', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async () => {
      Object.assign(hosts.host('i-1'), { offered: null, found: 'Idle' });
      return { kind: 'failed', detail: 'no update available' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'skipped', reason: { code: 'update-withdrawn', version: '1.19.0' } },
  });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('a failed apply stays one when the host cannot be asked afterwards', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async () => {
      hosts.host('i-1').check = { kind: 'ssm-offline', pingStatus: 'ConnectionLost', lastPing: null };
      return { kind: 'failed', detail: 'I/O error' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'rolled-back', reason: { code: 'apply-failed', detail: 'I/O error' } },
  });
});

test('an apply that came too late is ordered anew, from a fresh look at the host', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 10 }], {
    applyUpdate: async (input, usual) =>
      hosts.attempts('applyUpdate').length > 1 ? usual(input) : { kind: 'too-late' },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
  const orders = hosts.attempts('applyUpdate');
  const ids = orders.map(({ input }) => JSON.stringify(input).match(/"commandId":"[^"]+"/)?.[0]);
  expect(new Set(ids).size).toBe(2);
  for (const { at, input } of orders) {
    // The host's clock was read ten minutes before the first: what passed since is added.
    expect(input).toMatchObject({ notAfter: expect.closeTo(at / 1000 + 90, -1) });
  }
  expect(hosts.did()).toContain('checkForUpdates');
});

test('applies that come too late, as where SSM is throttled for minutes, fail nothing within the limit', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async (input, usual) =>
      hosts.attempts('applyUpdate').length > 6 ? usual(input) : { kind: 'too-late' },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});

test('an apply that comes too late twenty times is rolled back', async () => {
  const hosts = fleet([{ id: 'i-1' }], { applyUpdate: async () => ({ kind: 'too-late' }) });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'apply-failed' } } });
  expect(hosts.attempts('applyUpdate')).toHaveLength(20);
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('an attempt that is made later orders nothing that is valid for longer', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async (input, usual) => {
      if (attempt() <= 5) throw new Error('ThrottlingException');
      return usual(input);
    },
  });
  await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  const valid = hosts
    .attempts('applyUpdate')
    .map(({ input }) => JSON.stringify(input).match(/"notAfter":\d+/)?.[0]);
  expect(valid).toHaveLength(6);
  expect(new Set(valid).size).toBe(1);
});

test('a host that is not Ready after its apply is not rebooted', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async (input, usual) => {
      const applied = await usual(input);
      return applied.kind === 'applied'
        ? { ...applied, host: { ...applied.host, updateState: 'Staged' } }
        : applied;
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'apply-failed' } } });
  expect(hosts.did()).not.toContain('orderReboot');
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('an apply of more than 15 minutes is rolled back, once nothing of ours acts on the host any more', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async () => {
      throw stillWaiting('apply');
    },
    waitUntilQuiet: async (input, usual) => {
      if (attempt() <= 7) throw stillWaiting('the update lock');
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'rolled-back',
      reason: { code: 'update-limit', limitMs: 900_000, detail: 'SSM says InProgress' },
    },
  });
  expect(hosts.did().slice(-3)).toEqual(['describeOrder', 'waitUntilQuiet', 'activate']);
  expect(hosts.minutesBetween('applyUpdate', 'waitUntilQuiet')).toBeGreaterThanOrEqual(21);
});

test('an apply that AWS refuses is over only when nothing of ours acts on the host any more', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async () => {
      throw hopeless('InvalidInstanceId');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'rolled-back', reason: { code: 'aws-error', message: 'InvalidInstanceId' } },
    stopsRollout: false,
  });
  expect(hosts.did().slice(-2)).toEqual(['waitUntilQuiet', 'activate']);
});

test('a host that stays unreadable after an apply is given back when an apply and a reboot would be over', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async () => {
      throw stillWaiting('apply');
    },
    waitUntilQuiet: async () => {
      throw stillWaiting('SSM');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'update-limit' } } });
  expect(hosts.minutesBetween('waitUntilQuiet', 'activate')).toBeCloseTo(30, 0);
});

test('access denied while waiting for quiet does not leave the instance out of service', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async () => {
      throw stillWaiting('apply');
    },
    waitUntilQuiet: async (input, usual) => {
      if (hosts.attempts('waitUntilQuiet').length <= 3) throw accessDenied('ssm:CancelCommand');
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'update-limit' } } });
  expect(hosts.did().slice(-2)).toEqual(['waitUntilQuiet', 'activate']);
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('an outage of AWS while the host is asked again before its update ends at the update limit', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 20 }], {
    checkForUpdates: async () => {
      throw new Error('ServiceUnavailable');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'update-limit' } } });
  expect(hosts.minutesBetween('startDraining', 'activate')).toBeCloseTo(35, 0);
});

const away = async () => {
  throw new Error('ServiceUnavailable');
};

test('the reason of a limit names the error of AWS that let it pass', async () => {
  const hosts = fleet([{ id: 'i-1' }], { applyUpdate: away, describeOrder: away });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  const detail = 'AWS could not be asked: ServiceUnavailable';
  expect(ending).toMatchObject({ outcome: { reason: { code: 'update-limit', detail } } });
});
