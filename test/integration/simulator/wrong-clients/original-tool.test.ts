import { beforeEach, describe, expect, it } from 'vitest';
import type { EcsInstance } from '../../../../src/simulator/ecs/model.js';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import { minutes, seconds, startBench, threeInstances, type Bench } from '../../../unit/simulator/support.js';
import { clientOf, ended, until, type Client } from './client.js';

/** bottlerocket-ecs-updater's loop over one instance, habits and all; `waits`: for the boot before ACTIVE, which it does not. */
async function updateAsTheOriginal(
  bench: Bench,
  client: Client,
  instance: EcsInstance,
  waits = false,
): Promise<'done' | 'skipped'> {
  const tasks = await client.firstPageOfTasks(instance);
  if (tasks.some(({ isService }) => !isService)) return 'skipped';
  await client.setState('DRAINING', instance);
  await client.waitForStop(tasks);
  await client.waitForCommand(
    instance,
    await client.send(instance, 'apiclient update check && apiclient update apply'),
  );
  await client.send(instance, 'apiclient reboot');
  await bench.clock.advance(seconds(15));
  // EC2 says ok at once: it has not noticed the reboot.
  while (!(await client.ec2SaysOk(instance))) await bench.clock.advance(seconds(15));
  if (waits) {
    await until(bench, 'boot-finished');
    while (!(await client.isConnected(instance))) await bench.clock.advance(seconds(5));
  }
  await client.setState('ACTIVE', instance);
  await bench.clock.advance(minutes(3));
  return 'done';
}

let bench: Bench;
let client: Client;
let a: EcsInstance;
beforeEach(async () => {
  bench = await startBench(
    {
      instances: threeInstances,
      services: [{ name: 'web', desiredCount: 6, cpu: 128, memory: 256 }],
      agentFlapsPerHour: 0,
    },
    { pageSize: 2 },
  );
  client = clientOf(bench);
  a = bench.instance('a');
});

describe('the original tool', () => {
  it('is caught setting ACTIVE before its reboot is over', async () => {
    expect(await updateAsTheOriginal(bench, client, a)).toBe('done');
    expect(client.blamedFor()).toContain(2);
  });

  it('is blamed for nothing where it waits for the boot', async () => {
    expect(await updateAsTheOriginal(bench, client, a, true)).toBe('done');
    ended(bench);
    expect(client.blamedFor()).toEqual([]);
  });

  it('is caught rebooting a host under a standalone task of the second page', async () => {
    await standaloneTaskBeyondFirstPage();
    expect(await updateAsTheOriginal(bench, client, a, true)).toBe('done');
    expect(client.blamedFor()).toEqual([1, 3]);
  });

  it('leaves alone a host with a standalone task on the first page', async () => {
    bench.simulator.fault({ kind: 'update-service', service: 'web', desiredCount: 0 });
    await bench.clock.advanceUntil(() => liveTasks(a).length === 0, minutes(10));
    bench.simulator.fault({ kind: 'run-task', instance: a.ec2InstanceId });
    expect(await updateAsTheOriginal(bench, client, a)).toBe('skipped');
    expect(client.blamedFor()).toEqual([]);
  });

  it('is caught leaving an instance DRAINING when it gives up', async () => {
    bench.service('web').maximumPercent = 100;
    await client.setState('DRAINING', a);
    await bench.clock.advance(minutes(25));
    expect(liveTasks(a)).not.toHaveLength(0);
    ended(bench);
    expect(client.blamedFor()).toEqual([6]);
  });
});

/** Which ids come first is a matter of chance: tries until one does not. */
async function standaloneTaskBeyondFirstPage(): Promise<void> {
  for (;;) {
    bench.simulator.fault({ kind: 'run-task', instance: a.ec2InstanceId });
    await bench.clock.advance(minutes(1));
    const page = await client.firstPageOfTasks(a);
    if (page.every(({ isService }) => isService)) return;
    bench.simulator.fault({ kind: 'stop-task', instance: a.ec2InstanceId, group: 'family:by-hand' });
    await bench.clock.advance(minutes(1));
  }
}
