import { expect, test } from 'vitest';
import {
  accessDenied,
  attempt,
  fleet,
  type HostSpec,
  never,
  serviceTask,
  stillWaiting,
} from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const inService = { status: 'ACTIVE', mark: null };
const hold = { settings: { afterFailedReboot: 'hold' } } as const;
const ec2 = { settings: { afterFailedReboot: 'ec2-reboot' } } as const;

const unseen: HostSpec = { id: 'i-1', boots: 'never' };

const sick = {
  waitUntilHealthy: async () => {
    throw stillWaiting('agent');
  },
};

test.each([
  ['is not seen again', fleet([unseen]), 'reboot-limit'],
  ['is not healthy in time', fleet([{ id: 'i-1' }], sick), 'verify-limit'],
  [
    'runs another version',
    fleet([{ id: 'i-1' }], {
      waitForBoot: async () => ({
        kind: 'booted',
        host: { bootId: 'b', now: 0, runningVersion: '1.18.0', updateState: null, locked: false },
      }),
    }),
    'wrong-version',
  ],
])('held: a host that %s stays DRAINING, marked, and has failed', async (_, hosts, code) => {
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', hold)).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'failed', reason: { code, afterwards: { did: 'hold' } } },
  });
  expect(hosts.did()).not.toContain('activate');
  expect(hosts.attempts('hold')[0]?.input).toMatchObject({
    memory: { kind: 'remember', failure: { version: '1.20.0', code } },
  });
  expect(hosts.host('i-1').instance).toMatchObject({ status: 'DRAINING', mark: { held: true } });
});

test('held: the mark is written whatever AWS refuses', async () => {
  const hosts = fleet([unseen], {
    hold: async (input, usual) => {
      if (hosts.attempts('hold').length <= 3) throw accessDenied('ecs:PutAttributes');
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', hold)).result());
  expect(ending).toMatchObject({ outcome: { reason: { afterwards: { did: 'hold' } } } });
});

test('held: one that somebody took over is left to them', async () => {
  const hosts = fleet([unseen], { hold: async () => ({ kind: 'taken-over', status: 'ACTIVE' }) });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', hold)).result());
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'taken-over' } } });
});

test('held: a host that fell back to its old version is back, and is given back', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'old' }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', hold)).result());
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'booted-old-version' } } });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('held: what was interrupted after it was marked is not given back', async () => {
  const mark = {
    installation: 'default',
    rolloutId: 'earlier',
    since: '2026-01-05T03:00:00.000Z',
    held: true,
  } as const;
  const hosts = fleet([{ id: 'i-1', instance: { status: 'DRAINING', mark } }]);
  const ending = await play(hosts, async (stage) =>
    (await stage.startInstance('i-1', { work: { mode: 'restore', since: mark.since } })).result(),
  );
  expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: 'held' } } });
  expect(hosts.host('i-1').instance.status).toBe('DRAINING');
});

test('rebooted through EC2, a host that comes back healthy is given back, and has failed', async () => {
  const hosts = fleet([{ ...unseen, ec2BootMinutes: 4 }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  const afterwards = { did: 'ec2-reboot', seen: 'healthy', version: '1.19.0' };
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'reboot-limit', afterwards } } });
  expect(hosts.minutesBetween('orderReboot', 'rebootThroughEc2')).toBeCloseTo(15, 0);
  expect(hosts.attempts('rebootThroughEc2')[0]?.input).toMatchObject({ unlessHealthy: false });
  expect(hosts.did().slice(-4)).toEqual([
    'rebootThroughEc2',
    'waitForEc2Boot',
    'waitUntilHealthy',
    'activate',
  ]);
  expect(hosts.attempts('waitForEc2Boot')[0]?.input).toMatchObject({ bootId: null });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('rebooted through EC2, a host that came back by itself meanwhile is given back when EC2 can reset it no more', async () => {
  const hosts = fleet([{ ...unseen, ec2BootMinutes: 1 }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { afterwards: { seen: 'healthy' } } } });
  expect(hosts.minutesBetween('rebootThroughEc2', 'waitUntilHealthy')).toBeGreaterThanOrEqual(5);
  expect(hosts.did().slice(-2)).toEqual(['waitUntilHealthy', 'activate']);
});

test('rebooted through EC2, a host that was not healthy has another boot to show', async () => {
  const hosts = fleet([{ id: 'i-1' }], sick);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  const afterwards = { did: 'ec2-reboot', seen: 'booted', version: '1.20.0' };
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'verify-limit', afterwards } } });
  expect(hosts.attempts('waitForEc2Boot')[0]?.input).toMatchObject({ bootId: 'i-1-boot-2' });
  expect(hosts.minutesBetween('rebootThroughEc2', 'activate')).toBeCloseTo(15, 0);
});

test('a host that is healthy at last, when it was to be rebooted through EC2, is not', async () => {
  const hosts = fleet([{ id: 'i-1' }], { ...sick, rebootThroughEc2: async () => ({ kind: 'healthy' }) });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  const afterwards = { did: 'nothing', detail: 'it had just become healthy' };
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'verify-limit', afterwards } } });
  expect(hosts.attempts('rebootThroughEc2')[0]?.input).toMatchObject({ unlessHealthy: true });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('rebooted through EC2, a host that is not seen again is given back after the limit of a reboot', async () => {
  const hosts = fleet([{ ...unseen, ec2BootMinutes: never }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  const afterwards = { did: 'ec2-reboot', seen: 'nothing' };
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'reboot-limit', afterwards } } });
  expect(hosts.minutesBetween('rebootThroughEc2', 'activate')).toBeCloseTo(15, 0);
  expect(hosts.attempts('rebootThroughEc2')).toHaveLength(1);
});

test('a reboot through EC2 that failed before it was ordered is ordered again', async () => {
  const hosts = fleet([unseen], {
    rebootThroughEc2: async (input, usual) => {
      if (hosts.attempts('rebootThroughEc2').length <= 2) throw new Error('RequestLimitExceeded');
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  expect(ending).toMatchObject({ outcome: { reason: { afterwards: { seen: 'healthy' } } } });
  expect(hosts.attempts('rebootThroughEc2').map((call) => call.attempt)).toEqual([1, 1, 1]);
});

test('a reboot that EC2 took late has its time before the host is given back', async () => {
  const hosts = fleet([{ ...unseen, ec2BootMinutes: never }], {
    rebootThroughEc2: async (input, usual) => {
      if (hosts.minutesBetween('rebootThroughEc2', 'rebootThroughEc2') < 13) {
        throw new Error('RequestLimitExceeded');
      }
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  expect(ending).toMatchObject({ outcome: { reason: { afterwards: { seen: 'nothing' } } } });
  const taken = hosts.attempts('rebootThroughEc2').at(-1)?.at ?? 0;
  const givenBack = hosts.attempts('activate')[0]?.at ?? 0;
  expect((givenBack - taken) / 60_000).toBeGreaterThanOrEqual(5);
});

test('a reboot that EC2 refuses for good is not awaited', async () => {
  const hosts = fleet([unseen], {
    rebootThroughEc2: async () => {
      throw accessDenied('ec2:RebootInstances');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  const afterwards = { did: 'nothing', detail: 'access denied: ec2:RebootInstances' };
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { afterwards } } });
  expect(hosts.did().at(-1)).toBe('activate');
});

test('a host with a task on it is not rebooted through EC2', async () => {
  const hosts = fleet([unseen], {
    rebootThroughEc2: async () => ({ kind: 'tasks-left', tasks: [serviceTask] }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  const afterwards = { did: 'nothing', detail: 'tasks are on it (1)' };
  expect(ending).toMatchObject({ outcome: { reason: { afterwards } } });
});

test('one that was terminated when EC2 was to reboot it is gone', async () => {
  const hosts = fleet([unseen], {
    rebootThroughEc2: async () => ({ kind: 'gone', detail: 'terminated' }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  expect(ending).toMatchObject({ outcome: { kind: 'gone' } });
});

test('restored, a host of which EC2 may have been asked is given back when no reboot can come any more', async () => {
  const mark = { installation: 'default', rolloutId: 'earlier', since: '2026-01-05T03:00:00.000Z' };
  const hosts = fleet([{ id: 'i-1', instance: { status: 'DRAINING', mark } }], {
    waitUntilQuiet: async () => {
      if (attempt() === 1) throw stillWaiting('a reboot');
      return { kind: 'quiet', rebooted: true, version: '1.20.0', unlisted: 0 };
    },
  });
  await play(hosts, async (stage) =>
    (await stage.startInstance('i-1', { ...ec2, work: { mode: 'restore', since: mark.since } })).result(),
  );
  expect(hosts.minutesBetween('waitUntilQuiet', 'waitUntilHealthy')).toBeGreaterThanOrEqual(15);
  expect(hosts.did()).not.toContain('rebootThroughEc2');
});

test('restored, a host that only EC2 may still reboot is looked at again when it can no more', async () => {
  const mark = { installation: 'default', rolloutId: 'earlier', since: '2026-01-05T03:00:00.000Z' };
  const hosts = fleet([{ id: 'i-1', instance: { status: 'DRAINING', mark } }], {
    waitUntilQuiet: async () => {
      const looks = hosts.attempts('waitUntilQuiet').length;
      if (looks === 1) throw stillWaiting('a reboot');
      return { kind: 'quiet', rebooted: looks > 2, version: '1.19.0', unlisted: 0 };
    },
  });
  const ending = await play(hosts, async (stage) =>
    (await stage.startInstance('i-1', { ...ec2, work: { mode: 'restore', since: mark.since } })).result(),
  );
  expect(hosts.attempts('waitUntilQuiet')).toHaveLength(3);
  expect(hosts.minutesBetween('waitUntilQuiet', 'activate')).toBeGreaterThanOrEqual(15);
  expect(hosts.did().slice(-2)).toEqual(['waitUntilHealthy', 'activate']);
  expect(ending).toMatchObject({ outcome: { reason: { code: 'restored', rebooted: true } } });
});

test('restored, a host that was never told to reboot is given back at once: EC2 was not asked either', async () => {
  const mark = { installation: 'default', rolloutId: 'earlier', since: '2026-01-05T03:00:00.000Z' };
  const hosts = fleet([{ id: 'i-1', instance: { status: 'DRAINING', mark } }], {
    waitUntilQuiet: async () => ({
      kind: 'quiet',
      rebooted: false,
      version: '1.19.0',
      unlisted: 0,
      reboots: 0,
    }),
  });
  await play(hosts, async (stage) =>
    (await stage.startInstance('i-1', { ...ec2, work: { mode: 'restore', since: mark.since } })).result(),
  );
  expect(hosts.minutesBetween('waitUntilQuiet', 'activate')).toBeLessThan(1);
});

test('rebooted through EC2, a host that never left its boot of before has not fallen back', async () => {
  const hosts = fleet([unseen], {
    waitForEc2Boot: async () => ({
      kind: 'booted',
      host: { bootId: 'i-1-boot-1', now: 0, runningVersion: '1.19.0', updateState: null, locked: false },
    }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', ec2)).result());
  const afterwards = { did: 'ec2-reboot', seen: 'healthy', version: null };
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'reboot-limit', afterwards } } });
  expect(hosts.host('i-1').instance.failure).toMatchObject({ code: 'reboot-limit' });
});
