import { expect, test } from 'vitest';
import { fleet, stillWaiting } from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage({ workersGo: true });

const forDays = { timeout: '30 days' } as const;

test('a worker away for a day while the hosts are checked goes on with their answers', async () => {
  let answering = false;
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2' }], {
    checkForUpdates: async (input, usual) => {
      if (!answering) throw stillWaiting('answers');
      return usual(input);
    },
  });
  const report = await play(hosts, async (stage) => {
    const handle = await stage.startCluster(forDays);
    await stage.passUntilCalled('checkForUpdates');
    answering = true;
    await stage.passDaysWithoutWorker(1);
    return handle.result();
  });
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'updated' });
  expect(report.failures).toBe(0);
  expect(hosts.attempts('orderReboot')).toHaveLength(2);
});

test.each([
  ['the rollout', undefined],
  ['its instance', 'i-1'],
])(
  'a worker away for a day while %s is paused leaves it waiting, and asks the host again after it',
  async (_, instance) => {
    const hosts = fleet([{ id: 'i-1' }]);
    const report = await play(hosts, async (stage) => {
      hosts.when('checkForUpdates', () => stage.signal('pause', null, instance));
      const handle = await stage.startCluster(forDays);
      await stage.passUntilCalled('inspectWorkloads');
      await stage.passDaysWithoutWorker(1);
      expect(await stage.clusterStatus()).toMatchObject({ queued: [{ ec2InstanceId: 'i-1' }], inFlight: [] });
      expect(hosts.did()).not.toContain('startDraining');
      await stage.update('resume', null, instance);
      return handle.result();
    });
    expect(rowsOf(report)).toEqual({ 'i-1': 'updated' });
    expect(hosts.attempts('checkForUpdates')).toHaveLength(2);
  },
);

test('a worker away for a day while others hold every slot finds out that there was none in time', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2', instance: { status: 'DRAINING' } }]);
  const report = await play(hosts, async (stage) => {
    const handle = await stage.startCluster(forDays);
    await stage.passUntilCalled('lookAtCluster');
    await stage.passDaysWithoutWorker(1);
    return handle.result();
  });
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: no-capacity', 'i-2': 'skipped: draining-by-others' });
  expect(hosts.did()).not.toContain('startDraining');
});
