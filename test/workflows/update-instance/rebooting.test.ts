import { expect, test } from 'vitest';
import {
  accessDenied,
  attempt,
  fleet,
  serviceTask,
  standaloneTask,
  stillWaiting,
} from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const inService = { status: 'ACTIVE', mark: null };

test('a standalone task at the last look keeps the host from its reboot', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    orderReboot: async () => ({ kind: 'blocked', by: 'standalone-task', tasks: [standaloneTask] }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: 'standalone-task' } } });
  expect(hosts.did()).not.toContain('waitForBoot');
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('a service task at the last look keeps the host from its reboot', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    orderReboot: async () => ({ kind: 'tasks-left', tasks: [serviceTask] }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'rolled-back', reason: { code: 'drain-limit', tasks: [serviceTask] } },
  });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test.each([
  ['by a first attempt', false, false, 0, 'rolled-back'],
  ['by a later one, as an order may be on its way', true, false, 1, 'rolled-back'],
  ['by a later one, and an order took effect', true, true, 1, 'failed'],
])(
  'tasks seen at the last look %s: it is given back once quiet',
  async (_, mayBeSent, rebooted, looks, kind) => {
    const hosts = fleet([{ id: 'i-1' }], {
      orderReboot: async () => {
        hosts.host('i-1').rebootOrdered = rebooted;
        return { kind: 'tasks-left', tasks: [serviceTask], ...(mayBeSent && { mayBeSent }) };
      },
    });
    const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
    expect(ending).toMatchObject({ outcome: { kind, reason: { code: 'drain-limit' } } });
    expect(hosts.attempts('waitUntilQuiet')).toHaveLength(looks);
    expect(hosts.host('i-1').instance).toMatchObject(inService);
  },
);

const lostBySsm = 'SSM does not take the order: InvalidInstanceId';

test('an order that SSM does not take is given again once the host answers', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    orderReboot: async (input, usual) =>
      hosts.attempts('orderReboot').length === 1 ? { kind: 'refused', detail: lostBySsm } : usual(input),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
  expect(hosts.attempts('orderReboot')).toHaveLength(2);
});

test('a host that SSM has lost before its reboot was never rebooted, and is given back', async () => {
  const hosts = fleet([{ id: 'i-1' }], { orderReboot: async () => ({ kind: 'refused', detail: lostBySsm }) });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'rolled-back', reason: { code: 'reboot-refused', detail: lostBySsm } },
  });
  expect(hosts.did()).not.toContain('waitForBoot');
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('a host that ends between the last look and the order is gone, and no failure', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    orderReboot: async () => ({ kind: 'refused', detail: lostBySsm }),
    activate: async () => ({ kind: 'gone', detail: 'EC2 says it is terminated' }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'gone', reason: { code: 'terminated', detail: 'EC2 says it is terminated' } },
  });
});

test('an order that SSM does not take, where one before may be on its way, is waited for', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    orderReboot: async (input, usual) => {
      await usual(input);
      return { kind: 'refused', detail: lostBySsm, mayBeSent: true };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});

test('an order that came too late is decided anew, from a fresh look at the host', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitForBoot: async (input, usual) => {
      if (hosts.attempts('orderReboot').length > 1) return usual(input);
      hosts.host('i-1').rebootOrdered = false;
      return { kind: 'not-rebooted', why: 'too-late', detail: 'exit code 10' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated', to: '1.20.0' } });
  const orders = hosts.attempts('orderReboot').map(({ input }) => input);
  expect(orders).toHaveLength(2);
  expect(new Set(orders.map((order) => JSON.stringify(order))).size).toBe(2);
  expect(hosts.did().slice(3, 7)).toEqual(['orderReboot', 'waitForBoot', 'checkForUpdates', 'orderReboot']);
});

test.each([
  ['fail nothing, if one is in time at last', 6, 'updated'],
  ['are given no more often than a broken clock bears', 99, 'rolled-back'],
])('orders that come too late, as where SSM is throttled, %s', async (_, late, kind) => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitForBoot: async (input, usual) => {
      if (hosts.attempts('orderReboot').length > late) return usual(input);
      hosts.host('i-1').rebootOrdered = false;
      return { kind: 'not-rebooted', why: 'too-late', detail: 'exit code 10' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind } });
  expect(hosts.attempts('orderReboot')).toHaveLength(Math.min(late + 1, 20));
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('orders that come too late are given for the limit of a reboot', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitForBoot: async () => {
      if (attempt() <= 6) throw stillWaiting('a reboot');
      hosts.host('i-1').rebootOrdered = false;
      return { kind: 'not-rebooted', why: 'too-late', detail: 'exit code 10' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'reboot-refused' } } });
  expect(hosts.attempts('orderReboot')).toHaveLength(3);
});

test('a host that refuses twice to reboot is rolled back, never rebooted', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitForBoot: async () => {
      hosts.host('i-1').rebootOrdered = false;
      return { kind: 'not-rebooted', why: 'refused', detail: 'inhibited by kubelet' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'rolled-back', reason: { code: 'reboot-refused', detail: 'inhibited by kubelet' } },
  });
  expect(hosts.attempts('orderReboot')).toHaveLength(2);
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('a host that did not reboot and cannot be asked anew is rolled back, and says why', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitForBoot: async () => {
      Object.assign(hosts.host('i-1'), {
        rebootOrdered: false,
        check: { kind: 'check-failed', seen: 'exit code 1' },
      });
      return { kind: 'not-rebooted', why: 'refused', detail: 'inhibited' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'rolled-back', reason: { code: 'reboot-refused', detail: 'inhibited' } },
  });
});

test('a host that is not seen again within 15 minutes has failed, and serves as soon as its agent is back', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'never' }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'failed', reason: { code: 'reboot-limit', limitMs: 900_000 } },
  });
  expect(hosts.minutesBetween('orderReboot', 'activate')).toBeCloseTo(15, 0);
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('each order has the whole limit: the host is not given back while the last one may still take effect', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'never' }], {
    waitForBoot: async (input, usual) => {
      if (hosts.attempts('orderReboot').length > 1) return usual(input);
      if (attempt() <= 12) throw stillWaiting('boot');
      hosts.host('i-1').rebootOrdered = false;
      return { kind: 'not-rebooted', why: 'too-late', detail: 'never started' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'reboot-limit' } } });
  const lastOrder = hosts.attempts('orderReboot').at(-1)?.at ?? 0;
  const givenBack = hosts.attempts('activate')[0]?.at ?? 0;
  expect((givenBack - lastOrder) / 60_000).toBeGreaterThanOrEqual(14.9);
});

test('a host that did not reboot and whose AWS is away meanwhile was never rebooted', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitForBoot: async () => {
      hosts.host('i-1').rebootOrdered = false;
      return { kind: 'not-rebooted', why: 'too-late', detail: 'exit code 10' };
    },
    checkForUpdates: async () => {
      throw new Error('ServiceUnavailable');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'rolled-back', reason: { code: 'reboot-refused', detail: 'exit code 10' } },
  });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('access denied while waiting for the boot gives nothing back before the limit', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'never' }], {
    waitForBoot: async () => {
      throw accessDenied('ssm:SendCommand');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'reboot-limit' } } });
  expect(hosts.minutesBetween('orderReboot', 'activate')).toBeCloseTo(15, 0);
});

test('access denied for some minutes while waiting for the boot is got over', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitForBoot: async (input, usual) => {
      if (hosts.attempts('waitForBoot').length <= 3) throw accessDenied('ssm:SendCommand');
      if (attempt() < 3) throw stillWaiting('boot');
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});

test('a reboot that AWS refuses to send may have been sent before: quiet comes first', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    orderReboot: async () => {
      throw accessDenied('ssm:SendCommand');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'rolled-back',
      reason: { code: 'aws-error', message: 'access denied: ssm:SendCommand' },
    },
    stopsRollout: true,
  });
  expect(hosts.did().slice(-2)).toEqual(['waitUntilQuiet', 'activate']);
});

test.each([
  ['never ordered', false, 'rolled-back'],
  ['ordered all the same', true, 'failed'],
])(
  'a reboot that AWS does not answer for all its time is not taken for a hung boot: %s',
  async (_, tookEffect, kind) => {
    const hosts = fleet([{ id: 'i-1' }], {
      orderReboot: async (input, usual) => {
        if (tookEffect && attempt() === 1) await usual(input);
        throw new Error('ServiceUnavailable');
      },
    });
    const hold = { settings: { afterFailedReboot: 'hold' } } as const;
    const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1', hold)).result());
    expect(ending).toMatchObject({ outcome: { kind, reason: { code: 'reboot-limit', unordered: true } } });
    const after = ['waitUntilQuiet', ...(tookEffect ? ['waitUntilHealthy'] : []), 'activate'];
    expect(hosts.did().slice(-after.length)).toEqual(after);
    expect(hosts.did()).not.toContain('hold');
    expect(hosts.host('i-1').instance).toMatchObject(inService);
  },
);

test('a reboot of which AWS lost the answer, and that took effect, has failed: its host serves again once it is healthy', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    orderReboot: async (input, usual) => {
      await usual(input);
      throw accessDenied('ssm:ListCommands');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'aws-error' } } });
  expect(hosts.did().slice(-3)).toEqual(['waitUntilQuiet', 'waitUntilHealthy', 'activate']);
});

test('after such a reboot a host that somebody set ACTIVE loses our mark', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    orderReboot: async (input, usual) => {
      await usual(input);
      throw accessDenied('ssm:ListCommands');
    },
    waitUntilHealthy: async () => {
      hosts.host('i-1').instance.status = 'ACTIVE';
      return { kind: 'taken-over', status: 'ACTIVE' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'failed' } });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('after such a reboot a host that is not healthy serves all the same when the limit has passed', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    orderReboot: async (input, usual) => {
      await usual(input);
      throw accessDenied('ssm:ListCommands');
    },
    waitUntilHealthy: async () => {
      throw stillWaiting('agent');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'aws-error' } } });
  expect(hosts.minutesBetween('waitUntilHealthy', 'activate')).toBeCloseTo(10, 0);
});
