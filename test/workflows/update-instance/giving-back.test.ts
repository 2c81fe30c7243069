import { expect, test } from 'vitest';
import type { Activities, Lost } from '../../../activities/types.js';
import { accessDenied, attempt, fleet, never } from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const inService = { status: 'ACTIVE', mark: null };

test('giving back is tried for hours until it works', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    activate: async (input, usual) => {
      if (attempt() <= 40) throw new Error('ServiceUnavailable');
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
  expect(hosts.minutesBetween('activate', 'activate')).toBeGreaterThan(120);
  const at = hosts.attempts('activate').map((call) => call.at);
  const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0));
  expect(Math.max(...pauses)).toBeLessThanOrEqual(301_000);
});

test('giving back is tried again even when AWS denies it', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: never }], {
    activate: async (input, usual) => {
      if (hosts.attempts('activate').length <= 20) {
        throw accessDenied('ecs:UpdateContainerInstancesState');
      }
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'drain-limit' } } });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('an instance that is not given back after 15 minutes needs attention, until it is', async () => {
  const notes: (string | null)[] = [];
  const hosts = fleet([{ id: 'i-1' }], {
    activate: async (input, usual) => {
      if (attempt() <= 12) throw new Error('ServiceUnavailable');
      return usual(input);
    },
  });
  const last = await play(hosts, async (stage) => {
    hosts.when('activate', async () => notes.push((await stage.instanceStatus('i-1')).note));
    hosts.when(
      'activate',
      async () => notes.push((await stage.instanceStatus('i-1')).note),
      (call) => call.attempt === 12,
    );
    await (await stage.startInstance('i-1')).result();
    return stage.instanceStatus('i-1');
  });
  expect(notes).toEqual([null, expect.stringMatching(/^needs attention: not given back after 15m/)]);
  expect(last).toMatchObject({ note: null, outcome: { kind: 'updated' } });
});

const gone: Lost = { kind: 'gone', detail: 'EC2 terminated it' };

test.each<[keyof Activities, boolean]>([
  ['startDraining', false],
  ['waitUntilDrained', false],
  ['orderReboot', false],
  ['waitForBoot', true],
  ['waitUntilHealthy', true],
  ['activate', false],
])(
  'an instance found terminated by %s is gone (between its reboot and its proof: %s)',
  async (activity, rebooted) => {
    const hosts = fleet([{ id: 'i-1' }], { [activity]: async () => gone });
    const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
    const reason = { code: 'terminated', detail: 'EC2 terminated it', ...(rebooted && { rebooted }) };
    expect(ending).toMatchObject({ outcome: { kind: 'gone' } });
    expect(ending).toHaveProperty('outcome.reason', reason);
    expect(hosts.host('i-1').instance.status).toBe(activity === 'startDraining' ? 'ACTIVE' : 'DRAINING');
  },
);

test.each<Lost>([gone, { kind: 'taken-over', status: 'DRAINING' }])(
  'a host that fell back has failed, also where it is found $kind when it is to be given back',
  async (lost) => {
    const hosts = fleet([{ id: 'i-1', boots: 'old' }], { activate: async () => lost });
    const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
    expect(ending).toMatchObject({
      outcome: { kind: 'failed', reason: { code: 'booted-old-version', version: '1.19.0' } },
    });
  },
);

test.each([
  ['startDraining', 'rolled-back'],
  ['waitUntilDrained', 'rolled-back'],
  ['orderReboot', 'rolled-back'],
  ['waitForBoot', 'failed'],
  ['waitUntilHealthy', 'failed'],
] as const)('an instance that %s finds taken over is left to whoever did it', async (activity, kind) => {
  const hosts = fleet([{ id: 'i-1' }], {
    [activity]: async () => {
      Object.assign(hosts.host('i-1').instance, { status: 'DRAINING', mark: null });
      return { kind: 'taken-over', status: 'DRAINING' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind, reason: { code: 'taken-over', status: 'DRAINING' } } });
  expect(hosts.host('i-1').instance.status).toBe('DRAINING');
});

test('an instance that somebody set ACTIVE while it drained loses our mark', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitUntilDrained: async () => {
      hosts.host('i-1').instance.status = 'ACTIVE';
      return { kind: 'taken-over', status: 'ACTIVE' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'taken-over' } } });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('an updated instance that somebody took over before it was given back is updated, with a warning', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    activate: async () => ({ kind: 'taken-over', status: 'DRAINING' }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'updated', to: '1.20.0', warning: { code: 'taken-over', status: 'DRAINING' } },
  });
});

test('an order that SSM does not know is waited out before the instance is given back', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async () => {
      throw accessDenied('ssm:SendCommand');
    },
    waitUntilQuiet: async ({ orders }) => ({
      kind: 'quiet',
      rebooted: false,
      version: null,
      unlisted: orders.length,
    }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'aws-error' } } });
  expect(hosts.did().slice(-3)).toEqual(['waitUntilQuiet', 'waitUntilQuiet', 'activate']);
  expect(hosts.minutesBetween('applyUpdate', 'activate')).toBeCloseTo(2, 1);
});

test('an order that SSM knows is not waited for any longer once it is over', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async () => {
      throw accessDenied('ssm:ListCommandInvocations');
    },
  });
  await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(hosts.attempts('waitUntilQuiet')).toHaveLength(1);
  expect(hosts.attempts('waitUntilQuiet')[0]?.input).toMatchObject({
    orders: [expect.stringMatching(/^apply\./)],
  });
  expect(hosts.minutesBetween('applyUpdate', 'activate')).toBeLessThan(1);
});

test('an order in doubt that came, and from which the host fell back, is told and remembered as that', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'old' }], {
    orderReboot: async (input, usual) => {
      await usual(input);
      throw accessDenied('ssm:ListCommands');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'failed',
      reason: { code: 'booted-old-version', version: '1.19.0', target: '1.20.0' },
    },
    stopsRollout: true,
  });
  expect(hosts.host('i-1').instance).toMatchObject({
    status: 'ACTIVE',
    mark: null,
    failure: { code: 'booted-old-version', version: '1.20.0' },
  });
});
