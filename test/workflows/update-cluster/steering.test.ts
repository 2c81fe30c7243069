import { WorkflowUpdateFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { fleet, type HostSpec, stillWaiting } from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const plain = (count: number, spec: Omit<HostSpec, 'id'> = {}): HostSpec[] =>
  Array.from({ length: count }, (_, n) => ({ id: `i-${n + 1}`, ...spec }));

const day = 86_400_000;

/** What an operator is told whose update is refused. */
async function refusal(update: Promise<unknown>): Promise<string> {
  try {
    await update;
    return 'was not refused';
  } catch (err) {
    if (!(err instanceof WorkflowUpdateFailedError)) throw err;
    return err.cause?.message ?? '';
  }
}

test('a pause of a month starts nothing new, and the rollout goes on after it', async () => {
  const hosts = fleet(plain(3));
  const { report, paused } = await play(hosts, async (stage) => {
    hosts.when('startDraining', () => stage.signal('pause', null, { reason: 'release freeze', by: 'ann' }));
    const rollout = await stage.startCluster({ timeout: '90 days' });
    await stage.passDays(31);
    const paused = await stage.clusterStatus();
    await stage.signal('resume', null);
    return { report: await rollout.result(), paused };
  });
  expect(paused).toMatchObject({
    stage: 'rolling',
    paused: { reason: 'release freeze', by: 'ann' },
    inFlight: [],
    queued: [{ ec2InstanceId: 'i-2' }, { ec2InstanceId: 'i-3' }],
  });
  expect(report.counts.updated).toBe(3);
  const [, second] = hosts.attempts('startDraining');
  const first = hosts.attempts('activate')[0];
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(30 * day);
});

test('after a pause of days the hosts are asked again before they are drained', async () => {
  const hosts = fleet(plain(2));
  const report = await play(hosts, async (stage) => {
    hosts.when('startDraining', () => stage.signal('pause', null));
    const rollout = await stage.startCluster({ timeout: '30 days' });
    await stage.passDays(2);
    hosts.host('i-2').found = 'Idle';
    hosts.host('i-2').offered = null;
    await stage.signal('resume', null);
    return rollout.result();
  });
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'skipped: update-withdrawn' });
});

test('a pause that comes while instances start keeps the others from it', async () => {
  const hosts = fleet(plain(12));
  const started = await play(hosts, async (stage) => {
    hosts.when('startDraining', () => stage.signal('pause', null));
    await stage.startCluster({ settings: { maxUnavailable: 'unlimited' }, timeout: '30 days' });
    await stage.passDays(1);
    const { inFlight, queued, paused } = await stage.clusterStatus();
    const pausedAt = Date.parse(paused?.since ?? '');
    const late = hosts.attempts('startDraining').filter(({ at }) => at > pausedAt + 1000);
    return { inFlight, queued, late };
  });
  expect(started.inFlight).toEqual([]);
  expect(started.late).toEqual([]);
});

test('a paused instance waits for its turn, the others have theirs', async () => {
  const hosts = fleet(plain(3));
  const { report, status } = await play(hosts, async (stage) => {
    hosts.when('startDraining', () => stage.signal('pause', null, { instance: 'i-2', reason: 'debugging' }));
    const rollout = await stage.startCluster({ timeout: '30 days' });
    await stage.passDays(1);
    const status = await stage.clusterStatus();
    await stage.signal('resume', null, 'i-2');
    return { report: await rollout.result(), status };
  });
  expect(status.queued).toMatchObject([{ ec2InstanceId: 'i-2', paused: { reason: 'debugging' } }]);
  expect(report.counts.updated).toBe(3);
  expect(hosts.attempts('startDraining').map(({ ids }) => ids[0])).toEqual(['i-1', 'i-3', 'i-2']);
});

test('an instance that is paused while its host is asked again goes back to the queue', async () => {
  const hosts = fleet(plain(1));
  const { report, status } = await play(hosts, async (stage) => {
    hosts.when('lookAtCluster', () => stage.signal('pause', null));
    const rollout = await stage.startCluster({ timeout: '30 days' });
    await stage.passDays(1);
    hosts.when('checkForUpdates', () => stage.signal('pause', 'i-1', 'wait'));
    await stage.signal('resume', null);
    await stage.passDays(1);
    const status = await stage.clusterStatus();
    await stage.signal('resume', null, 'i-1');
    return { report: await rollout.result(), status };
  });
  expect(status.queued).toMatchObject([{ ec2InstanceId: 'i-1', paused: { reason: 'wait' } }]);
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated' });
});

test('a skipped instance is left out, one that is unskipped has its turn', async () => {
  const hosts = fleet(plain(3));
  const report = await play(hosts, async (stage) => {
    hosts.when('startDraining', async () => {
      await stage.signal('skip', null, 'i-2');
      await stage.signal('skip', null, { instance: 'i-3', reason: 'mine', by: 'ann' });
      await stage.signal('unskip', null, 'i-2');
    });
    return (await stage.startCluster()).result();
  });
  expect(rowsOf(report)).toEqual({
    'i-1': 'updated',
    'i-2': 'updated',
    'i-3': 'skipped: skipped-by-operator',
  });
  expect(JSON.stringify(report)).toContain('"by":"ann"');
});

test('an instance that is skipped before the plan is made is left out', async () => {
  const hosts = fleet(plain(2));
  const report = await play(hosts, async (stage) => {
    hosts.when('discoverInstances', () => stage.signal('skip', null, 'i-1'));
    return (await stage.startCluster()).result();
  });
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: skipped-by-operator', 'i-2': 'updated' });
});

test('a skip of an instance in flight is passed on to it', async () => {
  const hosts = fleet(plain(2, { drainMinutes: 5 }));
  const answers: string[] = [];
  const { report, cluster } = await play(hosts, async (stage) => {
    hosts.when('waitUntilDrained', async () =>
      answers.push(await stage.update('skip', null, { instance: 'i-1', reason: 'busy' })),
    );
    return { report: await (await stage.startCluster()).result(), cluster: stage.cluster.name };
  });
  expect(answers).toEqual([
    `Told ecs-updater/${cluster}/i-1, which gives the instance back unless it is being updated already.`,
  ]);
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: skipped-by-operator', 'i-2': 'updated' });
});

test('a skip of an instance whose workflow has just closed does not hurt the rollout', async () => {
  const hosts = fleet(plain(2), {
    startDraining: async (input, usual) => {
      if (input.rolloutId === 'rollout-1') throw stillWaiting('a deployment');
      return usual(input);
    },
  });
  const answers: string[] = [];
  const report = await play(hosts, async (stage) => {
    await stage.startInstance('i-1');
    hosts.when('waitForWorkflow', async () => {
      await stage.terminateInstance('i-1');
      answers.push(await stage.update('skip', null, 'i-1'));
      await stage.signal('skip', null, 'i-1');
    });
    return (await stage.startCluster()).result();
  });
  expect(answers).toEqual([expect.stringMatching(/i-1 has ended meanwhile\.$/)]);
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: handled-by-another-run', 'i-2': 'updated' });
});

test('updates that would change nothing are refused with a sentence', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2', offered: null }]);
  const refusals: string[] = [];
  const cluster = await play(hosts, async (stage) => {
    hosts.when('waitUntilDrained', async () => {
      const odd: object = { instance: 5 };
      for (const update of [
        () => stage.update('pause', null, 'i-1'),
        () => stage.update('pause', null, 'i-2'),
        () => stage.update('resume', null),
        () => stage.update('resume', null, 'i-1'),
        () => stage.update('skip', null),
        () => stage.update('skip', null, 'i-unknown'),
        () => stage.update('skip', null, 'i-2'),
        () => stage.update('unskip', null, 'i-1'),
        () => stage.update('pause', null, odd),
      ]) {
        refusals.push(await refusal(update()));
      }
    });
    await (await stage.startCluster()).result();
    return stage.cluster.name;
  });
  expect(refusals).toEqual([
    'i-1 is in flight; what has begun finishes. Skip it to have it given back.',
    'i-2 is settled in this rollout: runs 1.19.0, nothing newer is published.',
    `${cluster} is not paused.`,
    'i-1 is not paused.',
    'skip is for one instance: name it. To keep rollouts off the whole cluster, pause it.',
    `i-unknown is not an instance of ${cluster}.`,
    'i-2 is settled in this rollout: runs 1.19.0, nothing newer is published.',
    'i-1 is not skipped.',
    expect.stringMatching(/^Send \{"instance", "reason", "by"\}, an instance id, or nothing;/),
  ]);
});

test('updates are answered with what follows', async () => {
  const hosts = fleet(plain(2));
  const answers: string[] = [];
  const cluster = await play(hosts, async (stage) => {
    hosts.when('waitUntilDrained', async () => {
      answers.push(
        await stage.update('pause', null),
        await stage.update('resume', null),
        await stage.update('pause', null, 'i-2'),
        await stage.update('resume', null, 'i-2'),
        await stage.update('skip', null, 'i-2'),
        await stage.update('unskip', null, 'i-2'),
      );
    });
    await (await stage.startCluster()).result();
    return stage.cluster.name;
  });
  expect(answers).toEqual([
    `Nothing new starts in ${cluster} until it is resumed; 1 in flight finishes. Its Schedule is paused, too.`,
    `${cluster} goes on. Its Schedule goes on, too.`,
    'i-2 waits until it is resumed.',
    'i-2 goes on.',
    'i-2 is left out of this rollout.',
    'i-2 has its turn again.',
  ]);
});

test.each([5, true, [], { reason: {} }, { instance: 7 }, 'i-unknown', null])(
  'a signal that carries %j does not hurt the rollout',
  async (payload) => {
    const hosts = fleet(plain(1));
    const report = await play(hosts, async (stage) => {
      hosts.when('waitUntilDrained', async () => {
        for (const name of ['skip', 'unskip', 'resume'] as const) await stage.signalOddly(name, payload);
      });
      return (await stage.startCluster()).result();
    });
    expect(rowsOf(report)).toEqual({ 'i-1': 'updated' });
  },
);
