import { expect, test } from 'vitest';
import { accessDenied, fleet } from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const before = { since: '2026-01-01T00:00:00.000Z', version: '1.19.5' };
const task = { taskArn: 'arn:aws:ecs:eu-west-1:1:task/test/t', group: 'family:batch', lastStatus: 'RUNNING' };

test('who is left behind is told so, who has caught up is no more, and the report says since when', async () => {
  const hosts = fleet([
    { id: 'i-1' },
    { id: 'i-2', instance: { behind: before } },
    { id: 'i-3', standaloneTasks: [task] },
    { id: 'i-4', standaloneTasks: [task], instance: { behind: before } },
    { id: 'i-5', instance: { behind: before, hold: {} } },
    { id: 'i-6', instance: { hold: {} } },
  ]);
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({
    'i-1': 'updated',
    'i-2': 'updated',
    'i-3': 'skipped: standalone-task',
    'i-4': 'skipped: standalone-task',
    'i-5': 'skipped: held',
    'i-6': 'skipped: held',
  });
  const marks = Object.fromEntries(
    ['i-1', 'i-2', 'i-3', 'i-4', 'i-5', 'i-6'].map((id) => [id, hosts.host(id).instance.behind]),
  );
  expect(marks).toEqual({
    'i-1': null,
    'i-2': null,
    'i-3': { since: report.startedAt, version: '1.20.0' },
    'i-4': before,
    'i-5': before,
    'i-6': null,
  });
  expect(report.behind).toEqual({ instances: 3, oldestSince: before.since });
});

test('where all are updated nothing is written', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2', offered: null }]);
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(report.behind).toEqual({ instances: 0, oldestSince: null });
  expect(hosts.attempts('noteBehind')).toEqual([]);
});

test('a rollout that may not write that ends as it would', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2', standaloneTasks: [task] }], {
    noteBehind: async () => {
      throw accessDenied('ecs:PutAttributes');
    },
  });
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(report.counts).toMatchObject({ updated: 1, skipped: 1 });
  expect(report.stopped).toBeNull();
});
