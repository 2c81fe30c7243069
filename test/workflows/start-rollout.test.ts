import { expect, test } from 'vitest';
import { fleet } from '../support/fake-activities.js';
import { rowsOf } from '../support/report-rows.js';
import { timeSkippingStage } from '../support/workflow-harness.js';

const play = timeSkippingStage();

test('the Schedule starts a rollout under its fixed id, and ends with its report', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const result = await play(hosts, async (stage) => (await stage.startRollout()).result());
  const rows = result.kind === 'finished' ? rowsOf(result.report) : null;
  expect(rows).toEqual({ 'i-1': 'updated' });
});

test('a second start is refused while a rollout runs, and hurts nothing', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const { second, report, cluster } = await play(hosts, async (stage) => {
    let second: unknown;
    hosts.when('waitUntilDrained', async () => {
      const { workflowId } = await stage.startRollout();
      second = await stage.resultAtOnce(workflowId);
    });
    const report = await (await stage.startCluster()).result();
    return { second, report, cluster: stage.cluster.name };
  });
  expect(second).toEqual({ kind: 'already-running', workflowId: `ecs-updater/${cluster}` });
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated' });
  expect(hosts.attempts('startDraining')).toHaveLength(1);
});
