import { expect, test } from 'vitest';
import { accessDenied, attempt, fleet, type HostSpec, stillWaiting } from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const inService = { status: 'ACTIVE', mark: null };

const since = '2026-01-05T03:00:00.000Z';

const leftBehind: HostSpec = {
  id: 'i-1',
  instance: { status: 'DRAINING', mark: { installation: 'default', rolloutId: 'earlier', since } },
};

const restore = { work: { mode: 'restore', since } } as const;

test('what an interrupted rollout left draining is given back once nothing of it can act any more', async () => {
  const hosts = fleet([leftBehind], {
    waitUntilQuiet: async (input, usual) => {
      if (attempt() <= 5) throw stillWaiting('an apply');
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', restore)).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'skipped', reason: { code: 'restored', since, rebooted: false, version: null } },
  });
  expect(hosts.did()).toEqual(['waitUntilQuiet', 'activate']);
  expect(hosts.attempts('waitUntilQuiet')[0]?.input).toMatchObject({ since });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('one that rebooted meanwhile is given back once it is healthy', async () => {
  const hosts = fleet([leftBehind], {
    waitUntilQuiet: async () => ({ kind: 'quiet', rebooted: true, version: '1.20.0', unlisted: 0 }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', restore)).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'skipped', reason: { code: 'restored', rebooted: true, version: '1.20.0' } },
  });
  expect(hosts.did()).toEqual(['waitUntilQuiet', 'waitUntilHealthy', 'activate']);
});

test('one that fell back to its old version has failed, and that is remembered', async () => {
  const hosts = fleet([leftBehind], {
    waitUntilQuiet: async () => ({ kind: 'quiet', rebooted: true, version: '1.19.0', unlisted: 0 }),
  });
  const work = { ...restore.work, from: '1.19.0', to: '1.20.0' };
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', { work })).result());
  const reason = { code: 'booted-old-version', version: '1.19.0', target: '1.20.0' };
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason } });
  expect(hosts.attempts('activate')[0]?.input).toMatchObject({
    memory: { kind: 'remember', failure: { version: '1.20.0', code: 'booted-old-version' } },
  });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test.each([
  ['older', '1.18.0', 'failed', 'booted-old-version'],
  ['newer', '1.21.0', 'skipped', 'restored'],
])(
  'one of which only the target is known, and that runs an %s version: %s',
  async (_, version, kind, code) => {
    const hosts = fleet([leftBehind], {
      waitUntilQuiet: async () => ({ kind: 'quiet', rebooted: true, version, unlisted: 0 }),
    });
    const work = { ...restore.work, to: '1.20.0' };
    const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', { work })).result());
    expect(ending).toMatchObject({ outcome: { kind, reason: { code, version } } });
  },
);

test('one that was set ACTIVE before the interruption only loses our mark', async () => {
  const mark = { installation: 'default', rolloutId: 'earlier', since };
  const hosts = fleet([{ ...leftBehind, instance: { status: 'ACTIVE', mark } }], {
    waitUntilQuiet: async () => ({ kind: 'quiet', rebooted: true, version: '1.20.0', unlisted: 0 }),
    waitUntilHealthy: async () => ({ kind: 'taken-over', status: 'ACTIVE' }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', restore)).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'skipped', reason: { code: 'restored', rebooted: true, version: '1.20.0' } },
  });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('one that rebooted and is not healthy in time has failed, and is given back', async () => {
  const hosts = fleet([leftBehind], {
    waitUntilQuiet: async () => ({ kind: 'quiet', rebooted: true, version: null, unlisted: 0 }),
    waitUntilHealthy: async () => {
      throw stillWaiting('agent');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', restore)).result());
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'verify-limit' } } });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test.each([
  ['cannot be read', () => stillWaiting('SSM')],
  ['AWS will not show', () => accessDenied('ssm:SendCommand')],
])('a host that %s is given back when an apply and a reboot would be over', async (_, error) => {
  const hosts = fleet([leftBehind], {
    waitUntilQuiet: async () => {
      throw error();
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', restore)).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'skipped', reason: { code: 'restored', rebooted: true } },
  });
  expect(hosts.minutesBetween('waitUntilQuiet', 'activate')).toBeCloseTo(30, 0);
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('one that somebody took over meanwhile is left to them', async () => {
  const hosts = fleet([{ ...leftBehind, instance: { status: 'DRAINING', mark: null } }], {
    waitUntilQuiet: async () => ({ kind: 'taken-over', status: 'DRAINING' }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', restore)).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'taken-over' } } });
  expect(hosts.host('i-1').instance.status).toBe('DRAINING');
});

test('one that somebody set ACTIVE meanwhile loses our mark', async () => {
  const mark = { installation: 'default', rolloutId: 'earlier', since };
  const hosts = fleet([{ ...leftBehind, instance: { status: 'ACTIVE', mark } }], {
    waitUntilQuiet: async () => ({ kind: 'taken-over', status: 'ACTIVE' }),
  });
  await play(hosts, async (stage) => (await stage.startInstance('i-1', restore)).result());
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('one that was terminated is gone', async () => {
  const hosts = fleet([leftBehind], { waitUntilQuiet: async () => ({ kind: 'gone', detail: 'terminated' }) });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', restore)).result());
  expect(ending).toMatchObject({ outcome: { kind: 'gone' } });
});

test.each(['waitUntilQuiet', 'waitUntilHealthy', 'activate'] as const)(
  'cancelled during %s, it is given back all the same',
  async (activity) => {
    const hosts = fleet([leftBehind], {
      waitUntilQuiet: async () => {
        if (attempt() <= 5) throw stillWaiting('an apply');
        return { kind: 'quiet', rebooted: true, version: '1.20.0', unlisted: 0 };
      },
    });
    const ending = await play(hosts, async (stage) => {
      hosts.when(activity, () => stage.cancel('i-1'));
      return (await stage.startInstance('i-1', restore)).result();
    });
    expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: 'restored' } } });
    expect(hosts.host('i-1').instance).toMatchObject(inService);
  },
);

test('it cannot be skipped: the signal is noted', async () => {
  const hosts = fleet([leftBehind]);
  const last = await play(hosts, async (stage) => {
    hosts.when('waitUntilQuiet', () => stage.signal('skip', 'i-1'));
    await (await stage.startInstance('i-1', restore)).result();
    return stage.instanceStatus('i-1');
  });
  expect(last).toMatchObject({
    note: expect.stringMatching(/^skip comes too late/),
    outcome: { kind: 'skipped' },
  });
});

test('nothing is given back before what the interrupted rollout may still order is void', async () => {
  const hosts = fleet([leftBehind]);
  const began = await play(hosts, async (stage) => {
    const now = await stage.now();
    await (await stage.startInstance('i-1', restore)).result();
    return now;
  });
  const looked = hosts.attempts('waitUntilQuiet')[0]?.at ?? 0;
  expect(looked - began).toBeGreaterThanOrEqual(119_000);
});
