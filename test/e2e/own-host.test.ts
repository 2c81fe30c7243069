import { describe, inject, test, type TestContext } from 'vitest';
import type { WorkerProcess } from '../../chaos/worker-process.js';
import type { FleetEvent } from '../../src/simulator/kernel.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts, startFleet } from '../support/fleet.js';
import { type ProcessInstallation, startProcessInstallation } from '../support/worker-processes.js';

/** Long enough for work that has to wait for another worker's start, at the speed of the fleet. */
const patient = {
  checkLimit: '1h',
  drainLimit: '2h',
  updateLimit: '2h',
  rebootLimit: '2h',
  verifyLimit: '2h',
  settleLimit: '2h',
};

/** The workers as a service: their containers have some seconds to end, at the speed of the fleet. */
const workers = { name: 'workers', desiredCount: 2, on: ['a', 'b'], stopSeconds: 160 };

type Given = Parameters<typeof startFleet>;

/** A fleet whose workers are processes; both end with the test. */
async function start(
  { onTestFinished }: TestContext,
  scenario: Given[1],
  options: Given[2] = {},
): Promise<{ installation: ProcessInstallation; fleet: Fleet }> {
  const installation = await startProcessInstallation(inject('devServer').address);
  onTestFinished(() => installation.close());
  const fleet = await startFleet(installation, scenario, options);
  onTestFinished(() => fleet.close());
  return { installation, fleet };
}

const idOf = (taskArn: string): string => taskArn.slice(taskArn.lastIndexOf('/') + 1);

/** Does what the agents of the hosts do: a process for each task of the service, SIGTERM when it has to stop, SIGKILL in the end. */
function runTasksAsProcesses(installation: ProcessInstallation, fleet: Fleet): Map<string, WorkerProcess> {
  const { simulator } = fleet;
  const processes = new Map<string, WorkerProcess>();
  const follow = (taskArn: string, lastStatus: string): void => {
    if (lastStatus === 'RUNNING' && !processes.has(taskArn)) {
      const environment = {
        ECS_CONTAINER_METADATA_URI_V4: `${simulator.url}/v4/${idOf(taskArn)}-0123456789`,
      };
      processes.set(taskArn, installation.startWorker(environment));
    }
    if (lastStatus === 'STOPPING') processes.get(taskArn)?.signal('SIGTERM');
    if (lastStatus === 'STOPPED') processes.get(taskArn)?.signal('SIGKILL');
  };
  for (const { tasks } of simulator.state().clusters.flatMap(({ instances }) => instances)) {
    for (const { group, taskArn, lastStatus } of tasks) {
      if (group === 'service:workers') follow(taskArn, lastStatus);
    }
  }
  simulator.fleet.journal.on((entry) => {
    if (entry.kind !== 'event' || entry.event !== 'task-status' || entry['group'] !== 'service:workers')
      return;
    follow(String(entry['taskArn']), String(entry['lastStatus']));
  });
  return processes;
}

const eventsOf = (fleet: Fleet, event: string): FleetEvent[] =>
  fleet.simulator.fleet.journal.entries.filter(
    (entry): entry is FleetEvent => entry.kind === 'event' && entry.event === event,
  );

describe.concurrent('the worker', () => {
  test('does the hosts that it runs on last, and moves with its tasks', async (context) => {
    const { expect } = context;
    const { installation, fleet } = await start(context, {
      instances: hosts('a', 'b', 'c'),
      services: [workers, { name: 'web', desiredCount: 3 }],
    });
    const processes = runTasksAsProcesses(installation, fleet);
    expect(processes.size).toBe(2);
    const first = [...processes.values()];
    await installation.workerPolls();
    await fleet.start(patient);
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated', c: 'updated' });
    const inOrder = ['c', 'a', 'b'].map((name) => fleet.id(name));
    for (const event of ['apply-started', 'reboot-started'])
      expect(eventsOf(fleet, event).map(({ ec2InstanceId }) => ec2InstanceId)).toEqual(inOrder);
    // Each was asked to leave, and left by itself.
    expect(await Promise.all(first.map(({ ended }) => ended))).toEqual([0, 0]);
    expect(processes.size).toBeGreaterThan(3);
  });

  test('that is asked to stop leaves what it waits for to another, which no workflow takes for a cancel', async (context) => {
    const { expect } = context;
    const slowBoot = { hostTimings: { boot: [300_000, 300_000] as const } };
    const { installation, fleet } = await start(context, { instances: hosts('a') }, slowBoot);
    const first = installation.startWorker();
    await installation.workerPolls();
    await fleet.start(patient);
    await fleet.event('reboot-started', 'a');
    // The host may be away before the worker has begun to wait for it.
    await eventually('it waits for the boot', async () => {
      const { raw } = await fleet.handle('a').describe();
      return (raw.pendingActivities ?? []).some(
        ({ activityType, lastStartedTime }) => activityType?.name === 'waitForBoot' && lastStartedTime,
      );
    });
    first.signal('SIGTERM');
    expect(await first.ended).toBe(0);
    installation.startWorker();
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated' });
    expect(eventsOf(fleet, 'reboot-started')).toHaveLength(1);
    const { events } = await fleet.handle('a').fetchHistory();
    const handedOver = (events ?? []).flatMap(
      ({ activityTaskStartedEventAttributes: started }) =>
        started?.lastFailure?.applicationFailureInfo?.type ?? [],
    );
    expect(handedOver).toContain('WorkerShutdown');
  });
});
