import { expect, test } from 'vitest';
import {
  accessDenied,
  attempt,
  fleet,
  type HostSpec,
  minute,
  never,
  stillWaiting,
} from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const plain = (count: number, spec: Omit<HostSpec, 'id'> = {}): HostSpec[] =>
  Array.from({ length: count }, (_, n) => ({ id: `i-${n + 1}`, ...spec }));

const fails: Partial<HostSpec> = { drainMinutes: never };

test('one at a time is the default', async () => {
  const hosts = fleet(plain(3));
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(report).toMatchObject({ counts: { updated: 3 }, stopped: null, failures: 0 });
  expect(hosts.mostOutOfService).toBe(1);
});

test('never more than maxUnavailable are out of service, and freed slots are filled', async () => {
  const hosts = fleet([{ id: 'i-0', drainMinutes: 20 }, ...plain(5)]);
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { maxUnavailable: '2' } })).result(),
  );
  expect(report.counts.updated).toBe(6);
  expect(hosts.mostOutOfService).toBe(2);
  const slow = hosts.attempts('activate', 'i-0')[0]?.at ?? 0;
  const meanwhile = hosts.attempts('activate').filter(({ at }) => at < slow);
  expect(meanwhile.length).toBeGreaterThanOrEqual(3);
});

test('a percentage is rounded down', async () => {
  const hosts = fleet(plain(5));
  await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { maxUnavailable: '50%' } })).result(),
  );
  expect(hosts.mostOutOfService).toBe(2);
});

test('what others took out of service counts', async () => {
  const hosts = fleet([{ id: 'i-0', instance: { status: 'DRAINING' } }, ...plain(3)]);
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { maxUnavailable: '2' } })).result(),
  );
  expect(report.counts.updated).toBe(3);
  expect(hosts.mostOutOfService).toBe(1);
});

test('the cluster is looked at before each start', async () => {
  const hosts = fleet(plain(4));
  await play(hosts, async (stage) => (await stage.startCluster()).result());
  const names = hosts.did().filter((name) => name === 'lookAtCluster' || name === 'startDraining');
  for (const [index, name] of names.entries()) {
    expect(name === 'lookAtCluster' || names[index - 1] === 'lookAtCluster').toBe(true);
  }
});

test('unlimited still leaves one in service', async () => {
  const hosts = fleet(plain(4));
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { maxUnavailable: 'unlimited' } })).result(),
  );
  expect(report.counts.updated).toBe(4);
  expect(hosts.mostOutOfService).toBe(3);
});

test('a single host is never drained when one has to stay: after half an hour there is no capacity', async () => {
  const hosts = fleet(plain(1));
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { maxUnavailable: 'unlimited' } })).result(),
  );
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: no-capacity' });
  expect(hosts.did()).not.toContain('startDraining');
  expect(hosts.minutesBetween('lookAtCluster', 'lookAtCluster')).toBeCloseTo(30, 0);
});

test('a long wait for capacity looks ever more rarely, and ends when its time is over', async () => {
  const hosts = fleet(plain(1));
  const settings = { maxUnavailable: 'unlimited', capacityLimit: '6h' };
  const report = await play(hosts, async (stage) => (await stage.startCluster({ settings })).result());
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: no-capacity' });
  expect(hosts.attempts('lookAtCluster').length).toBeLessThan(200);
  expect(hosts.minutesBetween('lookAtCluster', 'lookAtCluster')).toBeCloseTo(360, 0);
});

test('capacity that comes back in time is used', async () => {
  const hosts = fleet([{ id: 'i-0', instance: { status: 'DRAINING' } }, ...plain(1)], {
    lookAtCluster: async (input, usual) => {
      if (hosts.attempts('lookAtCluster').length === 6) hosts.host('i-0').instance.status = 'ACTIVE';
      return usual(input);
    },
  });
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-0': 'skipped: draining-by-others', 'i-1': 'updated' });
});

test('a pause does not use up the time that is given to missing capacity', async () => {
  const hosts = fleet([{ id: 'i-0', instance: { status: 'DRAINING' } }, ...plain(1)]);
  const report = await play(hosts, async (stage) => {
    hosts.when(
      'lookAtCluster',
      () => stage.signal('pause', null),
      () => hosts.attempts('lookAtCluster').length === 3,
    );
    hosts.when(
      'lookAtCluster',
      async () => {
        hosts.host('i-0').instance.status = 'ACTIVE';
      },
      () => hosts.attempts('lookAtCluster').length === 6,
    );
    const rollout = await stage.startCluster({ timeout: '10 days' });
    await stage.passDays(2);
    await stage.signal('resume', null);
    return rollout.result();
  });
  expect(rowsOf(report)['i-1']).toBe('updated');
});

test('an instance that went away through us stays charged while its agent is away', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'never' }, { id: 'i-2' }], {
    activate: async (input, usual) => {
      if (input.instance.ec2InstanceId === 'i-1') hosts.host('i-1').instance.agentConnected = false;
      return usual(input);
    },
  });
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-1': 'failed: reboot-limit', 'i-2': 'skipped: no-capacity' });
});

test('one failure more than the budget stops new starts; what is in flight finishes', async () => {
  const hosts = fleet([
    { id: 'i-1', ...fails },
    { id: 'i-2', ...fails },
    { id: 'i-3', drainMinutes: 24 },
    ...['i-4', 'i-5', 'i-6'].map((id) => ({ id, version: '1.19.1', drainMinutes: 24 })),
  ]);
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { maxUnavailable: '3' } })).result(),
  );
  expect(report.stopped).toEqual({ by: 'failure-budget', failures: 2, budget: 1 });
  expect(report.failures).toBe(2);
  expect(rowsOf(report)).toMatchObject({
    'i-1': 'rolled-back: drain-limit',
    'i-2': 'rolled-back: drain-limit',
    'i-3': 'updated',
    'i-6': 'not-started: rollout-stopped',
  });
  expect(report.counts['not-started']).toBeGreaterThanOrEqual(1);
});

test('a budget in percent is of what is planned, over all runs', async () => {
  const failing = plain(8, fails);
  const spec = { settings: { failureBudget: '25%', updatesPerRun: 3 } };
  const few = await play(fleet(failing.slice(0, 3)), async (stage) =>
    (await stage.startCluster(spec)).result(),
  );
  expect(few.stopped).toEqual({
    by: 'failure-budget',
    failures: 1,
    budget: 0,
    of: { percent: 25, planned: 3 },
  });
  const more = await play(fleet(failing), async (stage) => (await stage.startCluster(spec)).result());
  expect(more).toMatchObject({
    stopped: { failures: 3, budget: 2, of: { percent: 25, planned: 8 } },
    counts: { 'rolled-back': 3, 'not-started': 5 },
  });
});

test('a budget in percent grows with what a later run plans', async () => {
  const hosts = fleet([{ id: 'i-1', ...fails }, ...plain(4).slice(1)]);
  hosts.when('activate', async () => {
    for (let n = 5; n <= 8; n++) hosts.add({ id: `i-${n}`, version: '1.19.5', ...(n === 5 && fails) });
  });
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { failureBudget: '25%', updatesPerRun: 2 } })).result(),
  );
  expect(report).toMatchObject({ stopped: null, failures: 2, counts: { updated: 6 } });
});

test('a record of a machine that is no more takes no slot', async () => {
  const hosts = fleet([{ id: 'i-0', machine: null, instance: { agentConnected: false } }, ...plain(2)]);
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-0': 'skipped: ghost', 'i-1': 'updated', 'i-2': 'updated' });
});

test('one that EC2 ended while its agent was away takes no slot for ever', async () => {
  const hosts = fleet(plain(3), {
    waitForBoot: async (input, usual) => {
      const { ec2InstanceId } = input.instance;
      if (ec2InstanceId !== 'i-1') return usual(input);
      Object.assign(hosts.host(ec2InstanceId), { machine: 'terminated' });
      return { kind: 'gone', detail: 'EC2 says it is terminated' };
    },
  });
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-1': 'gone: terminated', 'i-2': 'updated', 'i-3': 'updated' });
  expect(hosts.attempts('machineStates')).toHaveLength(1);
});

test('an unlimited budget stops for nothing', async () => {
  const hosts = fleet(plain(4, fails));
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { failureBudget: 'unlimited', maxUnavailable: '4' } })).result(),
  );
  expect(report).toMatchObject({ stopped: null, failures: 4, counts: { 'rolled-back': 4 } });
});

test('skips are no failures', async () => {
  const hosts = fleet(plain(3), {
    startDraining: async () => ({ kind: 'agent-disconnected' }),
  });
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { failureBudget: '0' } })).result(),
  );
  expect(report).toMatchObject({ stopped: null, failures: 0, counts: { skipped: 3 } });
});

test('an error that concerns every instance stops new starts at once', async () => {
  const hosts = fleet(plain(3), {
    startDraining: async () => {
      throw accessDenied('ecs:UpdateContainerInstancesState');
    },
  });
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { failureBudget: 'unlimited' } })).result(),
  );
  expect(rowsOf(report)).toEqual({
    'i-1': 'rolled-back: aws-error',
    'i-2': 'not-started: rollout-stopped',
    'i-3': 'not-started: rollout-stopped',
  });
  expect(report.stopped).toMatchObject({ by: 'error' });
});

test('nothing starts once stopStartingAfter has passed; what is in flight finishes', async () => {
  const hosts = fleet(plain(4, { drainMinutes: 20 }));
  const report = await play(hosts, async (stage) =>
    (await stage.startCluster({ settings: { stopStartingAfter: '30m' } })).result(),
  );
  expect(report.stopped).toEqual({ by: 'stop-starting-after', afterMs: 30 * minute });
  expect(rowsOf(report)).toEqual({
    'i-1': 'updated',
    'i-2': 'updated',
    'i-3': 'not-started: rollout-stopped',
    'i-4': 'not-started: rollout-stopped',
  });
});

test('AWS away for an hour while the cluster is looked at stops the rollout with a report', async () => {
  const hosts = fleet(plain(2), {
    lookAtCluster: async (input, usual) => {
      if (hosts.did().includes('activate')) throw new Error('ServiceUnavailable');
      return usual(input);
    },
  });
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'not-started: rollout-stopped' });
  expect(report.stopped).toMatchObject({
    by: 'error',
    message: expect.stringContaining('ServiceUnavailable'),
  });
});

test('an instance that another run is at is waited for, and named', async () => {
  const hosts = fleet(plain(2), {
    startDraining: async (input, usual) => {
      if (input.rolloutId === 'rollout-1') throw stillWaiting('a deployment');
      return usual(input);
    },
    waitForWorkflow: async () => {
      if (attempt() < 4) throw stillWaiting('the other run');
    },
  });
  const { report, cluster } = await play(hosts, async (stage) => {
    await stage.startInstance('i-1');
    return { report: await (await stage.startCluster()).result(), cluster: stage.cluster.name };
  });
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: handled-by-another-run', 'i-2': 'updated' });
  expect(JSON.stringify(report)).toContain(`"workflowId":"ecs-updater/${cluster}/i-1"`);
  const waited = hosts.attempts('waitForWorkflow').at(-1)?.at ?? never;
  expect(hosts.attempts('startDraining', 'i-2')[0]?.at).toBeGreaterThanOrEqual(waited);
});

test('an instance that another run is at, and cannot be followed, does not end the rollout', async () => {
  const hosts = fleet(plain(2), {
    startDraining: async (input, usual) => {
      if (input.rolloutId === 'rollout-1') throw stillWaiting('a deployment');
      return usual(input);
    },
    waitForWorkflow: async () => {
      throw accessDenied('temporal');
    },
  });
  const report = await play(hosts, async (stage) => {
    await stage.startInstance('i-1');
    return (await stage.startCluster()).result();
  });
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: handled-by-another-run', 'i-2': 'updated' });
});

test('the report adds up the phases', async () => {
  const hosts = fleet(plain(2, { drainMinutes: 4 }));
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  const draining = report.phases.draining;
  expect(draining?.instances).toBe(2);
  expect((draining?.totalMs ?? 0) / minute).toBeCloseTo(8, 0);
  expect((draining?.longestMs ?? 0) / minute).toBeCloseTo(4, 0);
});
