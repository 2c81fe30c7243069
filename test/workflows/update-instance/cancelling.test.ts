import { setTimeout } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import type { Activities } from '../../../activities/types.js';
import type { InstanceEnding } from '../../../src/model/outcome.js';
import { fleet, minute, stillWaiting } from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const inService = { status: 'ACTIVE', mark: null };

/** How a cancelled workflow closed: with an outcome, or as cancelled. */
async function closing(result: Promise<InstanceEnding>): Promise<InstanceEnding | 'cancelled'> {
  try {
    return await result;
  } catch (err) {
    if (err instanceof WorkflowFailedError && err.cause instanceof CancelledFailure) return 'cancelled';
    throw err;
  }
}

test.each<[keyof Activities, number]>([
  ['checkForUpdates', 0],
  ['startDraining', 0],
  ['waitUntilDrained', 0],
  ['waitUntilDrained', 8],
  ['applyUpdate', 0],
])(
  'cancelled during %s (a drain of %i minutes), it is given back and closes as cancelled',
  async (activity, drainMinutes) => {
    const hosts = fleet([{ id: 'i-1', drainMinutes }]);
    const closed = await play(hosts, async (stage) => {
      hosts.when(activity, () => stage.cancel('i-1'));
      const checkedAt = new Date((await stage.now()) - 16 * minute).toISOString();
      return closing((await stage.startInstance('i-1', { work: { checkedAt } })).result());
    });
    expect(closed).toBe('cancelled');
    expect(hosts.did()).not.toContain('orderReboot');
    expect(hosts.host('i-1').instance).toMatchObject(inService);
  },
);

test('cancelled while the drain is being ordered, it is given back only after that order', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const closed = await play(hosts, async (stage) => {
    hosts.when('startDraining', async () => {
      await stage.cancel('i-1');
      await setTimeout(500);
    });
    return closing((await stage.startInstance('i-1')).result());
  });
  expect(closed).toBe('cancelled');
  expect(hosts.did()).toEqual(['startDraining', 'activate']);
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('cancelled while an apply runs, it is given back only once the apply is over', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    applyUpdate: async () => {
      throw stillWaiting('apply');
    },
  });
  const closed = await play(hosts, async (stage) => {
    hosts.when('applyUpdate', () => stage.cancel('i-1'));
    return closing((await stage.startInstance('i-1')).result());
  });
  expect(closed).toBe('cancelled');
  expect(hosts.did().slice(-2)).toEqual(['waitUntilQuiet', 'activate']);
});

test.each<keyof Activities>(['orderReboot', 'waitForBoot', 'waitUntilHealthy', 'activate'])(
  'cancelled during %s, it finishes and returns its outcome, but settles nothing',
  async (activity) => {
    const hosts = fleet([{ id: 'i-1', bootMinutes: 4 }]);
    const closed = await play(hosts, async (stage) => {
      hosts.when(activity, () => stage.cancel('i-1'));
      return closing((await stage.startInstance('i-1')).result());
    });
    expect(closed).toMatchObject({ kind: 'ended', outcome: { kind: 'updated', to: '1.20.0' } });
    expect(hosts.did()).not.toContain('waitUntilSteady');
    expect(hosts.host('i-1').instance).toMatchObject(inService);
  },
);

test('cancelled while its services settle, it does not wait for them', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitUntilSteady: async () => {
      throw stillWaiting('web');
    },
  });
  const closed = await play(hosts, async (stage) => {
    hosts.when(
      'waitUntilSteady',
      () => stage.cancel('i-1'),
      (call) => call.attempt === 3,
    );
    return closing((await stage.startInstance('i-1')).result());
  });
  expect(closed).toEqual({
    kind: 'ended',
    outcome: { kind: 'updated', from: '1.19.0', to: '1.20.0' },
    target: '1.20.0',
    phaseMs: expect.any(Object),
    entered: expect.any(Array),
    steering: [],
    tasksMoved: 1,
    stopsRollout: false,
  });
  expect(hosts.attempts('waitUntilSteady').length).toBeLessThan(6);
});

test('cancelled after its reboot was ordered, a host that never comes back is given back after the limit', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'never' }]);
  const closed = await play(hosts, async (stage) => {
    hosts.when('waitForBoot', () => stage.cancel('i-1'));
    return closing((await stage.startInstance('i-1')).result());
  });
  expect(closed).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'reboot-limit' } } });
  expect(hosts.minutesBetween('orderReboot', 'activate')).toBeCloseTo(15, 0);
});

test('cancelled while it is being given back, it is given back all the same', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 30 }], {
    activate: async (input, usual) => {
      if (hosts.attempts('activate').length < 4) throw new Error('ServiceUnavailable');
      return usual(input);
    },
  });
  const closed = await play(hosts, async (stage) => {
    hosts.when('activate', () => stage.cancel('i-1'));
    return closing((await stage.startInstance('i-1')).result());
  });
  expect(closed).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'drain-limit' } } });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});
