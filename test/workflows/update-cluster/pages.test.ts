import { expect, test } from 'vitest';
import { accessDenied, fleet, type HostSpec, never } from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const plain = (count: number, spec: Omit<HostSpec, 'id'> = {}): HostSpec[] =>
  Array.from({ length: count }, (_, n) => ({ id: `i-${n + 1}`, ...spec }));

test('eight instances in pages of three are three runs and one rollout', async () => {
  const hosts = fleet([...plain(8), { id: 'i-current', offered: null }]);
  const { report, runs, rolloutId } = await play(hosts, async (stage) => {
    const rollout = await stage.startCluster({ settings: { updatesPerRun: 3, maxUnavailable: '3' } });
    const report = await rollout.result();
    return {
      report,
      runs: hosts.attempts('checkPrerequisites').length,
      rolloutId: rollout.firstExecutionRunId,
    };
  });
  expect(runs).toBe(3);
  expect(report).toMatchObject({ rolloutId, stopped: null, counts: { updated: 8, skipped: 1 } });
  expect(Object.keys(rowsOf(report))).toHaveLength(9);
  expect(hosts.attempts('startDraining').length).toBe(8);
  const marks = hosts.attempts('startDraining').map(({ input }) => input);
  expect(marks.every((input) => JSON.stringify(input).includes(`"rolloutId":"${rolloutId}"`))).toBe(true);
  expect(report.phases.draining?.instances).toBe(8);
});

test('no instance is attempted twice in a rollout, even if it is still due', async () => {
  const hosts = fleet(plain(4, { drainMinutes: never }));
  const report = await play(hosts, async (stage) =>
    (
      await stage.startCluster({
        settings: { updatesPerRun: 2, maxUnavailable: '2', failureBudget: 'unlimited' },
      })
    ).result(),
  );
  expect(report).toMatchObject({ counts: { 'rolled-back': 4 }, failures: 4 });
  expect(hosts.attempts('startDraining').map(({ ids }) => ids[0])).toEqual(['i-1', 'i-2', 'i-3', 'i-4']);
});

test('failures of earlier pages count against the budget', async () => {
  const hosts = fleet([
    { id: 'i-1', drainMinutes: never },
    { id: 'i-2' },
    { id: 'i-3', drainMinutes: never },
    { id: 'i-4' },
    { id: 'i-5' },
  ]);
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { updatesPerRun: 2 } })).result(),
  );
  expect(report.stopped).toEqual({ by: 'failure-budget', failures: 2, budget: 1 });
  expect(rowsOf(report)).toEqual({
    'i-1': 'rolled-back: drain-limit',
    'i-2': 'updated',
    'i-3': 'rolled-back: drain-limit',
    'i-4': 'not-started: rollout-stopped',
    'i-5': 'not-started: rollout-stopped',
  });
});

test('pause, paused instances and skips live on in the next page', async () => {
  const hosts = fleet(plain(6));
  const { report, status } = await play(hosts, async (stage) => {
    hosts.when('startDraining', async () => {
      await stage.signal('skip', null, { instance: 'i-5', reason: 'mine' });
      await stage.signal('pause', null, { instance: 'i-4', by: 'ann' });
    });
    hosts.when(
      'activate',
      () => stage.signal('pause', null, { reason: 'lunch' }),
      (call) => call.ids[0] === 'i-2',
    );
    const rollout = await stage.startCluster({ settings: { updatesPerRun: 2 }, timeout: '30 days' });
    await stage.passDays(1);
    const status = await stage.clusterStatus();
    await stage.signal('resume', null, 'i-4');
    await stage.signal('resume', null);
    return { report: await rollout.result(), status };
  });
  expect(status).toMatchObject({
    paused: { reason: 'lunch' },
    queued: [
      { ec2InstanceId: 'i-3', paused: null },
      { ec2InstanceId: 'i-4', paused: { by: 'ann' } },
      { ec2InstanceId: 'i-5', skipped: { reason: 'mine' } },
      { ec2InstanceId: 'i-6' },
    ],
  });
  expect(status.results).toEqual([expect.objectContaining({ ec2InstanceIds: ['i-1', 'i-2'] })]);
  expect(report.counts).toMatchObject({ updated: 5, skipped: 1 });
});

test('stopStartingAfter is measured from the start of the rollout, not of the page', async () => {
  const hosts = fleet(plain(4, { drainMinutes: 20 }));
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { updatesPerRun: 1, stopStartingAfter: '30m' } })).result(),
  );
  expect(report.counts).toMatchObject({ updated: 2, 'not-started': 2 });
});

test('an instance that joins the cluster between pages has its turn', async () => {
  const hosts = fleet(plain(2));
  const report = await play(hosts, async (stage) => {
    hosts.when('activate', async () => hosts.add({ id: 'i-new' }));
    return (await stage.startCluster({ settings: { updatesPerRun: 1 } })).result();
  });
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'updated', 'i-new': 'updated' });
});

test('a page whose plan fails stops the rollout, and what was done is reported', async () => {
  const hosts = fleet(plain(2), {
    checkForUpdates: async (input, usual) => {
      if (hosts.did().includes('activate')) throw accessDenied('ssm:SendCommand');
      return usual(input);
    },
  });
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { updatesPerRun: 1 } })).result(),
  );
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'not-started: rollout-stopped' });
  expect(report.stopped).toMatchObject({ by: 'error', message: 'access denied: ssm:SendCommand' });
});

test('where a later page cannot even read the cluster, those that had no turn are in the report', async () => {
  const hosts = fleet(plain(3), {
    discoverInstances: async (input, usual) => {
      if (hosts.did().includes('activate')) throw accessDenied('ecs:ListContainerInstances');
      return usual(input);
    },
  });
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { updatesPerRun: 1 } })).result(),
  );
  expect(rowsOf(report)).toEqual({
    'i-1': 'updated',
    'i-2': 'not-started: rollout-stopped',
    'i-3': 'not-started: rollout-stopped',
  });
});

test('AWS away for half an hour between two pages does not end the rollout', async () => {
  let failures = 0;
  const hosts = fleet(plain(2), {
    checkPrerequisites: async (input, usual) => {
      if (hosts.did().includes('activate') && failures++ < 60) throw new Error('ecs:DescribeClusters: 503');
      return usual(input);
    },
  });
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { updatesPerRun: 1 } })).result(),
  );
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'updated' });
});
