import { WorkflowFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { type Notice, targetName } from '../../../src/model/notice.js';
import { notificationEvents, type NotificationTarget } from '../../../src/model/notifications.js';
import type { RolloutReport } from '../../../src/model/report.js';
import { eventually } from '../../support/eventually.js';
import {
  accessDenied,
  fleet,
  type Fleet,
  type HostSpec,
  minute,
  never,
} from '../../support/fake-activities.js';
import { type Stage, type StartOptions, timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const plain = (count: number, spec: Omit<HostSpec, 'id'> = {}): HostSpec[] =>
  Array.from({ length: count }, (_, n) => ({ id: `i-${n + 1}`, ...spec }));

/** A chat that wants to know of everything, or of some events only. */
const chat = (
  events: NotificationTarget['events'] = [...notificationEvents],
  urlFromEnv = 'CHAT',
): NotificationTarget => ({ type: 'slack', urlFromEnv, events });

const delivered = ({ messages }: Fleet): Notice[] => messages.map(({ notice }) => notice);

const told = (hosts: Fleet, count: number) =>
  eventually(`${count} messages`, () => hosts.messages.length >= count);

/** Rolls out, and waits until everybody was told. */
async function runAndTell(stage: Stage, options: StartOptions): Promise<RolloutReport> {
  const rollout = await stage.startCluster(options);
  const report = await rollout.result();
  await stage.allTold(rollout);
  return report;
}

const eventsOf = (hosts: Fleet): string[] => delivered(hosts).map(({ event }) => event);

test('people are told when a rollout starts and what it did', async () => {
  const hosts = fleet([...plain(2), { id: 'i-current', offered: null }]);
  const report = await play(hosts, (stage) => runAndTell(stage, { notify: [chat()] }));
  expect(delivered(hosts)).toMatchObject([
    {
      event: 'rollout-started',
      rollout: { id: report.rolloutId },
      counts: { queued: 2, results: { skipped: 1 } },
      instances: [{ id: 'i-1', state: 'queued' }, { id: 'i-2' }],
    },
    { event: 'rollout-finished', at: report.endedAt, counts: { results: { updated: 2 } } },
  ]);
});

test('nobody is told of a rollout that finds nothing to do', async () => {
  const hosts = fleet(plain(2, { offered: null }));
  const types = await play(hosts, async (stage) => {
    const rollout = await stage.startCluster({ notify: [chat()] });
    await rollout.result();
    const { events } = await rollout.fetchHistory();
    return events?.filter((event) => event.startChildWorkflowExecutionInitiatedEventAttributes);
  });
  expect(types).toEqual([]);
});

test('a rollout that updates nobody, but finds one that needs a look, says so at its end', async () => {
  const hosts = fleet([
    { id: 'i-1', check: { kind: 'ssm-offline', pingStatus: 'Inactive', lastPing: null } },
  ]);
  await play(hosts, async (stage) => {
    await runAndTell(stage, { notify: [chat()] });
  });
  expect(delivered(hosts)).toMatchObject([
    { event: 'rollout-finished', instances: [{ id: 'i-1', state: 'ssm-offline' }] },
  ]);
});

test('a rollout that stops says so once, before it finishes what is in flight', async () => {
  const hosts = fleet([
    { id: 'i-1', drainMinutes: never },
    { id: 'i-2', bootMinutes: 14, drainMinutes: 20 },
    ...plain(3).slice(2),
  ]);
  await play(hosts, async (stage) => {
    const settings = { maxUnavailable: '2', failureBudget: '0' };
    await runAndTell(stage, { notify: [chat()], settings });
  });
  expect(delivered(hosts)).toMatchObject([
    { event: 'rollout-started' },
    {
      event: 'rollout-stopped',
      reasons: [
        expect.stringContaining('It starts nothing more'),
        'What is done on 1 instance is finished first.',
      ],
      counts: { inFlight: 1, queued: 1, results: { 'rolled-back': 1 } },
    },
    { event: 'rollout-finished', counts: { results: { updated: 1, 'rolled-back': 1, 'not-started': 1 } } },
  ]);
});

test('a rollout that fails with its last instance has stopped, too', async () => {
  const hosts = fleet(plain(1, { drainMinutes: never }));
  await play(hosts, async (stage) => {
    await runAndTell(stage, { notify: [chat()], settings: { failureBudget: '0' } });
  });
  expect(eventsOf(hosts)).toEqual(['rollout-started', 'rollout-stopped', 'rollout-finished']);
});

test('a rollout that may not begin says what it is refused', async () => {
  const hosts = fleet(plain(1), {
    checkPrerequisites: async () => {
      throw accessDenied('ecs:DescribeClusters');
    },
  });
  await play(hosts, async (stage) => {
    const rollout = await stage.startCluster({ notify: [chat()] });
    await expect(rollout.result()).rejects.toBeInstanceOf(WorkflowFailedError);
    await stage.allTold(rollout);
  });
  expect(delivered(hosts)).toMatchObject([
    { event: 'rollout-stopped', reasons: ['It starts nothing more: access denied: ecs:DescribeClusters.'] },
  ]);
});

test('a rollout that was cancelled says by whom, and why', async () => {
  const hosts = fleet(plain(2));
  await play(hosts, async (stage) => {
    hosts.when('startDraining', () => stage.signal('cancel', null, { by: 'ann', reason: 'wrong window' }));
    await runAndTell(stage, { notify: [chat()] });
  });
  const [, stopped] = delivered(hosts);
  expect(stopped).toMatchObject({
    event: 'rollout-stopped',
    reasons: [expect.stringMatching(/ann.*wrong window/), expect.any(String)],
  });
  expect(eventsOf(hosts).at(-1)).toBe('rollout-finished');
});

test('a paused rollout waits for a person once nothing is in flight, and says so once for each pause', async () => {
  const hosts = fleet(plain(3));
  const waits = await play(hosts, async (stage) => {
    hosts.when('startDraining', () => stage.signal('pause', null, { by: 'ann', reason: 'freeze' }));
    const rollout = await stage.startCluster({ notify: [chat(['waiting-for-person'])], timeout: '30 days' });
    await stage.passDays(1);
    await told(hosts, 1);
    // What wakes it up is no news.
    await stage.signal('skip', null, { instance: 'i-3' });
    await stage.signal('unskip', null, { instance: 'i-3' });
    const once = delivered(hosts).length;
    hosts.when('startDraining', () => stage.signal('pause', null, { by: 'bob' }));
    await stage.signal('resume', null);
    await stage.passDays(1);
    await told(hosts, 2);
    await stage.signal('resume', null);
    await rollout.result();
    await stage.allTold(rollout);
    return once;
  });
  expect(waits).toBe(1);
  expect(delivered(hosts)).toMatchObject([
    {
      event: 'waiting-for-person',
      reasons: [expect.stringMatching(/is paused by ann since .*: freeze\.$/)],
      counts: { results: { updated: 1 }, queued: 2 },
    },
    { event: 'waiting-for-person', reasons: [expect.stringContaining('paused by bob')] },
  ]);
});

test('a rollout of which only paused instances are left waits for a person', async () => {
  const hosts = fleet(plain(2));
  await play(hosts, async (stage) => {
    hosts.when('startDraining', () => stage.signal('pause', null, { instance: 'i-2', by: 'ann' }));
    const rollout = await stage.startCluster({ notify: [chat(['waiting-for-person'])] });
    await stage.passDays(0.5);
    await told(hosts, 1);
    await stage.signal('resume', null, { instance: 'i-2' });
    await rollout.result();
    await stage.allTold(rollout);
  });
  expect(delivered(hosts)).toMatchObject([
    {
      reasons: [expect.stringMatching(/^i-2 is paused by ann/)],
      commands: [expect.stringMatching(/^ecs-updater resume .*--instance i-2$/), expect.any(String)],
    },
  ]);
});

test('a rollout of many pages starts and finishes once', async () => {
  const hosts = fleet(plain(5));
  await play(hosts, async (stage) => {
    const settings = { updatesPerRun: 2, maxUnavailable: '2' };
    await runAndTell(stage, { notify: [chat()], settings });
  });
  expect(hosts.attempts('checkPrerequisites').length).toBe(3);
  expect(eventsOf(hosts)).toEqual(['rollout-started', 'rollout-finished']);
});

test('each target hears of what it wants', async () => {
  const hosts = fleet(plain(1));
  await play(hosts, async (stage) => {
    const notify = [
      chat(['rollout-started'], 'STARTS'),
      chat(['rollout-finished'], 'ENDS'),
      chat([], 'NOTHING'),
    ];
    await runAndTell(stage, { notify });
  });
  const heard = hosts.messages.map(({ target, notice }) => `${targetName(target)} ${notice.event}`);
  expect(heard).toEqual(['slack (STARTS) rollout-started', 'slack (ENDS) rollout-finished']);
});

test('whom no message reaches holds no rollout', async () => {
  const hosts = fleet(plain(2), {
    deliver: async () => {
      throw new Error('connection refused');
    },
  });
  const report = await play(hosts, (stage) =>
    runAndTell(stage, { notify: [chat()], settings: { notificationLimit: '1h' } }),
  );
  expect(report).toMatchObject({ stopped: null, counts: { updated: 2 } });
  const ended = hosts.attempts('activate').at(-1)?.at ?? 0;
  const tried = hosts.attempts('deliver').at(-1)?.at ?? 0;
  expect(tried - ended, 'tried for an hour, and the rollout was over long before').toBeGreaterThan(
    45 * minute,
  );
});
