import { expect, test } from 'vitest';
import { fleet, hopeless } from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const hosts = (findOwnHosts: () => Promise<string[]>) =>
  fleet([{ id: 'i-1', version: '1.18.0' }, { id: 'i-2' }, { id: 'i-3' }], { findOwnHosts });

const order = (played: ReturnType<typeof hosts>) =>
  played.attempts('startDraining').flatMap(({ ids }) => ids);

test('the hosts of the workers come last, whatever their version', async () => {
  const played = hosts(() => Promise.resolve([played.host('i-1').instance.containerInstanceArn]));
  const report = await play(played, async (stage) => (await stage.startCluster()).result());
  expect(report.counts).toMatchObject({ updated: 3 });
  expect(order(played)).toEqual(['i-2', 'i-3', 'i-1']);
});

test('the rollout goes on where nobody can tell which they are', async () => {
  const played = hosts(() => Promise.reject(hopeless('no such activity')));
  const report = await play(played, async (stage) => (await stage.startCluster()).result());
  expect(report.counts).toMatchObject({ updated: 3 });
  expect(order(played)).toEqual(['i-1', 'i-2', 'i-3']);
});

test('it is not asked where there is no order', async () => {
  const played = fleet([{ id: 'i-1' }]);
  await play(played, async (stage) => (await stage.startCluster()).result());
  expect(played.attempts('findOwnHosts')).toEqual([]);
});
