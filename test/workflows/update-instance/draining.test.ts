import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import {
  accessDenied,
  attempt,
  fleet,
  never,
  serviceTask,
  standaloneTask,
  stillWaiting,
} from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const inService = { status: 'ACTIVE', mark: null };

const deploymentInProgress = () =>
  ApplicationFailure.create({
    type: 'DeploymentInProgress',
    message: 'a deployment of web is in progress',
    category: 'BENIGN',
    nextRetryDelay: '1 minute',
  });

test('a drain that takes 25 minutes is rolled back, with the tasks that stayed', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: never }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'rolled-back',
      reason: {
        code: 'drain-limit',
        limitMs: 1_500_000,
        tasks: [serviceTask],
        serviceEvents: ['(service web) was unable to place a task.'],
      },
    },
  });
  expect(hosts.minutesBetween('startDraining', 'activate')).toBeCloseTo(25, 0);
  expect(hosts.did()).not.toContain('applyUpdate');
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('a drain that takes 24 minutes goes on', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 24 }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});

test('it is given back after the drain limit even if AWS will not say what remained', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: never }], {
    describeRemaining: async () => {
      throw accessDenied('ecs:ListTasks');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'rolled-back',
      reason: {
        code: 'drain-limit',
        tasks: [],
        detail: 'AWS could not be asked: access denied: ecs:ListTasks',
      },
    },
  });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('a standalone task that began after the plan leaves the instance in service', async () => {
  const hosts = fleet([{ id: 'i-1', standaloneTasks: [standaloneTask] }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'skipped', reason: { code: 'standalone-task', tasks: [standaloneTask] } },
  });
  expect(hosts.did()).not.toContain('waitUntilDrained');
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test.each(['standalone-task', 'protected-task'] as const)(
  'a %s seen while it drains has the instance given back',
  async (by) => {
    const hosts = fleet([{ id: 'i-1', drainMinutes: 9 }], {
      waitUntilDrained: async (input, usual) =>
        attempt() < 4 ? usual(input) : { kind: 'blocked', by, tasks: [standaloneTask] },
    });
    const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
    expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: by } } });
    expect(hosts.did()).toEqual(['startDraining', 'waitUntilDrained', 'activate']);
    expect(hosts.host('i-1').instance).toMatchObject(inService);
  },
);

test('an instance that somebody else set DRAINING after the plan is left alone', async () => {
  const hosts = fleet([{ id: 'i-1', instance: { status: 'DRAINING' } }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: 'draining-by-others' } } });
  expect(hosts.did()).not.toContain('activate');
  expect(hosts.host('i-1').instance.status).toBe('DRAINING');
});

test('an agent that went away since the plan leaves the instance in service', async () => {
  const hosts = fleet([{ id: 'i-1' }], { startDraining: async () => ({ kind: 'agent-disconnected' }) });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'skipped', reason: { code: 'agent-disconnected' } } });
});

test('a service that came since the plan and cannot drain leaves the instance in service', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    startDraining: async () => ({ kind: 'cannot-drain', services: ['db'] }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'skipped', reason: { code: 'cannot-drain', services: ['db'] } },
  });
});

test('a deployment is waited for before the drain', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    startDraining: async (input, usual) => {
      if (attempt() <= 10) throw deploymentInProgress();
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});

test('what a deployment took is not taken from the time to drain', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 20 }], {
    startDraining: async (input, usual) => {
      if (attempt() <= 20) throw deploymentInProgress();
      return usual(input);
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(hosts.minutesBetween('startDraining', 'applyUpdate')).toBeGreaterThan(35);
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});

test('a deployment that lasts longer than the drain limit has the instance skipped, undisturbed', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    startDraining: async () => {
      throw deploymentInProgress();
    },
    describeRemaining: async () => ({ tasks: [serviceTask], serviceEvents: [], deployingServices: ['web'] }),
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'skipped', reason: { code: 'deployment-in-progress', services: ['web'] } },
  });
  expect(hosts.did()).not.toContain('waitUntilDrained');
});

test('what AWS refuses when the drain begins ends the work, gives back, and stops the rollout', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    startDraining: async () => {
      throw accessDenied('ecs:UpdateContainerInstancesState');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'rolled-back',
      reason: {
        code: 'aws-error',
        error: 'StopsRollout',
        message: 'access denied: ecs:UpdateContainerInstancesState',
      },
    },
    stopsRollout: true,
  });
  expect(hosts.did()).toEqual(['activate']);
});

test('an outage of AWS while it drains ends at the drain limit', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitUntilDrained: async () => {
      throw new Error('ServiceUnavailable');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'rolled-back', reason: { code: 'drain-limit' } } });
  expect(hosts.minutesBetween('startDraining', 'activate')).toBeCloseTo(25, 0);
});

test('only timers of the workflow limit the drain: no activity is given up by the server', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: never }], {
    describeRemaining: async () => {
      throw stillWaiting('AWS', '10s');
    },
  });
  const timers = await play(hosts, async (stage) => {
    const handle = await stage.startInstance('i-1');
    await handle.result();
    const { events } = await handle.fetchHistory();
    expect(
      events?.[0]?.workflowExecutionStartedEventAttributes?.workflowRunTimeout?.seconds?.toString(),
    ).toBe('86400');
    return events?.filter((event) => event.timerStartedEventAttributes).length;
  });
  expect(timers).toBeGreaterThanOrEqual(2);
});
