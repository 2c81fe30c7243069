import { beforeAll, expect, test } from 'vitest';
import { clusterWorkflowId, instanceWorkflowId } from '../../src/model/names.js';
import { fleet, never } from '../support/fake-activities.js';
import { detailsOf, registerAll, type Visible, visibleOf } from '../support/visible.js';
import { type Stage, timeSkippingStage } from '../support/workflow-harness.js';

const play = timeSkippingStage();

const rollout = (stage: Stage) => stage.client.workflow.getHandle(clusterWorkflowId(stage.cluster.name));
const instance = (stage: Stage, id: string) =>
  stage.client.workflow.getHandle(instanceWorkflowId(stage.cluster.name, id));

const phasesOf = ({ upserts }: Visible): unknown[] => upserts.flatMap((one) => one['EcsUpdatePhase'] ?? []);
const outcomesOf = ({ upserts }: Visible): unknown[] =>
  upserts.flatMap((one) => one['EcsUpdateOutcome'] ?? []);

beforeAll(() => play(fleet([]), ({ client }) => registerAll(client)));

test('a rollout and its instances are found by cluster, instance, phase and outcome', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const { cluster, ofCluster, ofInstance, events } = await play(hosts, async (stage) => {
    await (await stage.startRollout({ searchAttributes: true })).result();
    return {
      cluster: stage.cluster,
      ofCluster: await visibleOf(rollout(stage)),
      ofInstance: await visibleOf(instance(stage, 'i-1')),
      events: (await instance(stage, 'i-1').fetchHistory()).events?.length,
    };
  });
  expect(ofCluster.start.attributes).toEqual({ EcsCluster: cluster.name });
  expect(ofCluster.upserts).toEqual([{ EcsUpdateOutcome: 'completed' }]);
  expect(ofInstance.start.attributes).toEqual({ EcsCluster: cluster.name, EcsInstanceId: 'i-1' });
  expect(phasesOf(ofInstance)).toEqual([
    'draining',
    'updating',
    'rebooting',
    'verifying',
    'activating',
    'settling',
  ]);
  expect(ofInstance.upserts.at(-1)).toEqual({ EcsUpdateOutcome: 'updated' });
  expect(events).toBeLessThan(85);
});

test('the memo has the versions of an update, and of a rollout what it planned', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2', offered: null }]);
  const { cluster, ofCluster, ofInstance, report } = await play(hosts, async (stage) => {
    const result = await (await stage.startRollout()).result();
    return {
      cluster: stage.cluster,
      ofCluster: await visibleOf(rollout(stage)),
      ofInstance: await visibleOf(instance(stage, 'i-1')),
      report: result.kind === 'finished' ? result.report : null,
    };
  });
  expect(ofCluster.start.memo).toEqual({ clusterArn: cluster.arn });
  expect(ofCluster.memos).toEqual([{ plan: { instances: 2, updates: 1, targets: { '1.20.0': 1 } } }]);
  expect(ofInstance.start.memo).toEqual({ rolloutId: report?.rolloutId, from: '1.19.0', to: '1.20.0' });
  expect(ofInstance.memos).toEqual([]);
});

test('the memo follows the version that the host has staged', async () => {
  const hosts = fleet([{ id: 'i-1', offered: '1.21.0' }]);
  const { memos } = await play(hosts, async (stage) => {
    const memo = { from: '1.19.0', to: '1.20.0' };
    const handle = await stage.startInstance('i-1', { work: { to: '1.20.0' }, memo });
    await handle.result();
    return visibleOf(handle);
  });
  expect(memos).toEqual([{ from: '1.19.0', to: '1.21.0' }]);
});

test('where the search attributes are not registered, none is given and none is upserted', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const found = await play(hosts, async (stage) => {
    await (await stage.startRollout()).result();
    return [await visibleOf(rollout(stage)), await visibleOf(instance(stage, 'i-1'))];
  });
  for (const { start, upserts } of found) {
    expect(start.attributes).toEqual({});
    expect(upserts).toEqual([]);
  }
});

test('what was started without a memo goes on without', async () => {
  const hosts = fleet([{ id: 'i-1', offered: '1.21.0' }]);
  const { memos } = await play(hosts, async (stage) => {
    const handle = await stage.startInstance('i-1', { work: { to: '1.20.0' } });
    await handle.result();
    return visibleOf(handle);
  });
  expect(memos).toEqual([]);
});

test('an instance that is given back is found by that, too', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: never }]);
  const seen = await play(hosts, async (stage) => {
    const handle = await stage.startInstance('i-1', { searchAttributes: true });
    await handle.result();
    return visibleOf(handle);
  });
  expect(phasesOf(seen)).toEqual(['draining', 'activating']);
  expect(outcomesOf(seen)).toEqual(['rolled-back']);
});

test('a rollout that goes on as a new run keeps its search attributes and its memo', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2' }]);
  const { cluster, first, last } = await play(hosts, async (stage) => {
    await (await stage.startRollout({ searchAttributes: true, settings: { updatesPerRun: 1 } })).result();
    const last = await rollout(stage).describe();
    return { cluster: stage.cluster, first: last, last: await visibleOf(rollout(stage)) };
  });
  expect(first.status.name).toBe('COMPLETED');
  expect(last.start.attributes).toMatchObject({ EcsCluster: cluster.name });
  expect(last.start.memo).toMatchObject({ clusterArn: cluster.arn });
  expect(last.upserts).toEqual([{ EcsUpdateOutcome: 'completed' }]);
});

test('the current details of a rollout are a table of its instances, from beginning to end', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2' }]);
  const seen: string[] = [];
  const last = await play(hosts, async (stage) => {
    const look = async () => seen.push(await detailsOf(rollout(stage)));
    hosts.when('checkForUpdates', look);
    hosts.when('applyUpdate', async () => {
      await look();
      await stage.update('pause', null, { reason: 'a | b', by: 'kim' });
      await look();
      await stage.update('resume', null);
    });
    await (await stage.startCluster()).result();
    return detailsOf(rollout(stage));
  });
  const [checking, rolling, paused] = seen;
  expect(checking).toMatch(/^\*\*Checking\*\*/);
  expect(rolling).toMatch(/^\*\*Rolling\*\*: 0 of 2 updates ended\. 1 in flight, 1 to update\.\n/);
  expect(rolling).toMatch(/^\| i-1 \| in-flight \| 1\.19\.0 \| 1\.20\.0 \| since \S+ \|$/m);
  expect(rolling).toMatch(/^\| i-2 \| queued \| 1\.19\.0 \| 1\.20\.0 \| {2}\|$/m);
  expect(paused).toMatch(/^\*\*Paused\*\*: `paused by kim since \S+: a ¦ b`$/m);
  expect(last).toMatch(/^\*\*Finished\*\*: 2 of 2 updates ended\. 2 updated\.\n/);
});

test('the current details of an instance name its phase at each step, and how it ended', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const seen: string[] = [];
  const last = await play(hosts, async (stage) => {
    for (const activity of ['waitUntilDrained', 'applyUpdate', 'waitForBoot', 'waitUntilSteady'] as const)
      hosts.when(activity, async () => seen.push(await detailsOf(instance(stage, 'i-1'))));
    await (await stage.startInstance('i-1')).result();
    return detailsOf(instance(stage, 'i-1'));
  });
  expect(seen.map((details) => /^\*\*(\w+)\*\* since /.exec(details)?.[1])).toEqual([
    'draining',
    'updating',
    'rebooting',
    'settling',
  ]);
  expect(last).toMatch(/^\*\*updated\*\*: updated from 1\.19\.0 to 1\.20\.0\./);
});

test('the current details outlast a cancel, and tell of it', async () => {
  const hosts = fleet([{ id: 'i-1', bootMinutes: 4 }]);
  const last = await play(hosts, async (stage) => {
    hosts.when('waitForBoot', () => stage.cancel(null));
    await (await stage.startCluster()).result();
    return detailsOf(rollout(stage));
  });
  expect(last).toMatch(/^\*\*Finished\*\*/);
  expect(last).toContain('**Starts nothing more**: it was cancelled');
});
