import { WorkflowFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { orFailed } from '../../../src/temporal/rollouts.js';
import {
  accessDenied,
  attempt,
  type Fleet,
  fleet,
  type HostSpec,
  serviceTask,
  standaloneTask,
} from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const since = '2026-01-05T03:00:00.000Z';

test('every instance gets one verdict, and only what needs it is touched', async () => {
  const hosts: Fleet = fleet(
    [
      { id: 'i-update' },
      { id: 'i-current', offered: null },
      { id: 'i-wave', offered: null, version: '1.19.0' },
      { id: 'i-standalone', standaloneTasks: [standaloneTask] },
      { id: 'i-protected', protectedTasks: [serviceTask] },
      { id: 'i-stuck', stuckServices: ['db'] },
      { id: 'i-absent', instance: { agentConnected: false } },
      { id: 'i-offline', check: { kind: 'ssm-offline', pingStatus: 'ConnectionLost', lastPing: since } },
      { id: 'i-unmanaged', check: { kind: 'not-managed-by-ssm' } },
      { id: 'i-old', check: { kind: 'too-old', version: '1.0.4' } },
      { id: 'i-odd', check: { kind: 'check-failed', seen: 'apiclient: command not found' } },
      { id: 'i-linux', instance: { variant: null } },
      { id: 'mi-external', instance: { host: 'external' } },
      { id: 'i-managed', instance: { host: 'managed' } },
      { id: 'i-drained', instance: { status: 'DRAINING' } },
      {
        id: 'i-theirs',
        instance: { status: 'DRAINING', mark: { installation: 'other', rolloutId: 'r', since } },
      },
      { id: 'i-new', instance: { status: 'REGISTERING' } },
      { id: 'i-excluded' },
      { id: 'i-not-included' },
    ],
    {
      matchInstances: async () => ({
        included: hosts.ids.filter((id) => id !== 'i-not-included'),
        excluded: ['i-excluded'],
      }),
    },
  );
  const wave = hosts.host('i-wave');
  wave.check = {
    kind: 'checked',
    host: {
      bootId: 'b',
      now: 0,
      runningVersion: '1.19.0',
      updateState: 'Idle',
      chosenVersion: null,
      stagedVersion: null,
      availableVersions: ['1.18.0', '1.20.0', '1.19.0'],
      refreshed: true,
    },
  };
  const report = await play(hosts, async (stage) =>
    (
      await stage.startCluster({
        settings: { maxUnavailable: '10', include: 'attribute:a exists', exclude: 'attribute:b exists' },
      })
    ).result(),
  );
  expect(rowsOf(report)).toEqual({
    'i-update': 'updated',
    'i-current': 'skipped: up-to-date',
    'i-wave': 'skipped: not-in-wave',
    'i-standalone': 'skipped: standalone-task',
    'i-protected': 'skipped: protected-task',
    'i-stuck': 'skipped: cannot-drain',
    'i-absent': 'skipped: agent-disconnected',
    'i-offline': 'skipped: ssm-offline',
    'i-unmanaged': 'skipped: not-managed-by-ssm',
    'i-old': 'skipped: too-old',
    'i-odd': 'skipped: check-failed',
    'i-linux': 'skipped: not-bottlerocket',
    'mi-external': 'skipped: external',
    'i-managed': 'skipped: managed-instance',
    'i-drained': 'skipped: draining-by-others',
    'i-theirs': 'skipped: draining-by-others',
    'i-new': 'skipped: not-active',
    'i-excluded': 'skipped: excluded',
    'i-not-included': 'skipped: excluded',
  });
  expect(report.counts).toMatchObject({ updated: 1, skipped: 18 });
  expect(hosts.attempts('startDraining').map(({ ids }) => ids)).toEqual([['i-update']]);
});

test('an agent that is back at a second read, 10 seconds later, is no reason to leave a host out', async () => {
  const hosts = fleet([{ id: 'i-1', instance: { agentConnected: false } }, { id: 'i-2' }], {
    describeInstances: async (input, usual) => {
      hosts.host('i-1').instance.agentConnected = true;
      return usual(input);
    },
  });
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'updated' });
  expect(hosts.minutesBetween('discoverInstances', 'describeInstances') * 60).toBeGreaterThanOrEqual(10);
});

test('an instance that is deregistered between the two reads is reported', async () => {
  const hosts = fleet(
    [
      { id: 'i-1', instance: { agentConnected: false } },
      { id: 'i-2', offered: null },
    ],
    {
      describeInstances: async () => [],
    },
  );
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: agent-disconnected', 'i-2': 'skipped: up-to-date' });
});

test('what ECS lists and EC2 has no more is reported with the command that removes it, and not given back for ever', async () => {
  const away = { agentConnected: false };
  const drained = { ...away, status: 'DRAINING', mark: ours };
  const hosts = fleet([
    { id: 'i-1', machine: 'terminated', instance: away },
    { id: 'i-2', machine: null, instance: drained },
    { id: 'i-3', machine: 'terminated', instance: { ...drained, mark: { ...ours, held: true } } },
    { id: 'i-4', machine: 'running', instance: away },
    { id: 'i-5', machine: 'running', instance: drained },
    { id: 'i-6', machine: 'terminated', instance: { ...away, host: 'managed' } },
    { id: 'i-7', machine: 'terminated', instance: { ...away, included: false } },
    { id: 'i-8', machine: 'running', instance: { ...away, included: false } },
  ]);
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({
    'i-1': 'skipped: ghost',
    'i-2': 'skipped: ghost',
    'i-3': 'skipped: ghost',
    'i-4': 'skipped: agent-disconnected',
    'i-5': 'skipped: restored',
    'i-6': 'skipped: managed-instance',
    'i-7': 'skipped: ghost',
    'i-8': 'skipped: excluded',
  });
  expect(report.groups).toContainEqual({
    ec2InstanceIds: ['i-2'],
    result: {
      kind: 'skipped',
      reason: {
        code: 'ghost',
        state: null,
        remedy: expect.stringMatching(
          /^aws ecs deregister-container-instance --cluster arn:\S+ --container-instance arn:\S+i-2 --force --region eu-west-1$/,
        ),
      },
    },
  });
  expect(hosts.did()).toContain('activate');
  expect(hosts.attempts('activate').map(({ ids }) => ids[0])).toEqual(['i-5']);
});

test('hosts are asked in batches of at most 50', async () => {
  const hosts = fleet(Array.from({ length: 120 }, (_, n) => ({ id: `i-${n}`, offered: null })));
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(report.counts.skipped).toBe(120);
  expect(
    hosts
      .attempts('checkForUpdates')
      .map(({ ids }) => ids.length)
      .toSorted((a, b) => a - b),
  ).toEqual([20, 50, 50]);
});

test('the oldest version is updated first, then the lowest id', async () => {
  const hosts = fleet([
    { id: 'i-c', version: '1.9.0' },
    { id: 'i-b', version: '1.10.0' },
    { id: 'i-d', version: '1.9.0' },
    { id: 'i-a', version: '1.10.0' },
  ]);
  await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(hosts.attempts('startDraining').map(({ ids }) => ids[0])).toEqual(['i-c', 'i-d', 'i-a', 'i-b']);
});

test('a cluster that is not there fails the rollout before anything is drained', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    checkPrerequisites: async () => {
      throw accessDenied('ecs:DescribeClusters on cluster/prod');
    },
  });
  const failed = play(hosts, async (stage) => (await stage.startCluster()).result());
  await expect(failed).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(hosts.did()).toEqual([]);
});

test('a worker without credentials fails the rollout within minutes, and says so', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    checkPrerequisites: async () => {
      throw new Error('ecs:DescribeClusters: CredentialsProviderError. Check the credentials of the worker.');
    },
  });
  const failed = play(hosts, async (stage) =>
    orFailed('the rollout', async () => (await stage.startCluster()).result()),
  );
  await expect(failed).rejects.toThrow('Check the credentials of the worker.');
  expect(hosts.minutesBetween('checkPrerequisites', 'checkPrerequisites')).toBeLessThanOrEqual(5);
  expect(hosts.did()).toEqual([]);
});

test('access denied while hosts are asked fails the rollout before anything is drained', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    checkForUpdates: async () => {
      throw accessDenied('ssm:SendCommand');
    },
  });
  const failed = play(hosts, async (stage) => (await stage.startCluster()).result());
  await expect(failed).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(hosts.did()).not.toContain('startDraining');
});

test('throttling while the cluster is read is waited out', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    discoverInstances: async (input, usual) => {
      if (attempt() <= 5) throw new Error('ThrottlingException');
      return usual(input);
    },
  });
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated' });
});

const ours = { installation: 'default', rolloutId: 'earlier', since };

test('what an interrupted rollout of ours left is given back, not updated, and takes a slot meanwhile', async () => {
  const hosts = fleet([{ id: 'i-left', instance: { status: 'DRAINING', mark: ours } }, { id: 'i-1' }]);
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-left': 'skipped: restored', 'i-1': 'updated' });
  expect(hosts.did('i-left').filter((name) => name !== 'discoverInstances')).toEqual([
    'waitUntilQuiet',
    'activate',
  ]);
});

test('what an interrupted rollout left, and what did not boot the version of its mark, has failed', async () => {
  const left: HostSpec = {
    id: 'i-left',
    instance: { status: 'DRAINING', mark: { ...ours, target: '1.20.0' } },
  };
  const hosts = fleet([left], {
    waitUntilQuiet: async () => ({ kind: 'quiet', rebooted: true, version: '1.19.0', unlisted: 0 }),
  });
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-left': 'failed: booted-old-version' });
  expect(hosts.host('i-left').instance).toMatchObject({
    status: 'ACTIVE',
    mark: null,
    failure: { version: '1.20.0', tries: 1, code: 'booted-old-version' },
  });
  expect(hosts.mostOutOfService).toBe(1);
});

test('what is held out of service stays so, is reported, and takes a slot', async () => {
  const mark = { ...ours, held: true } as const;
  const hosts = fleet([{ id: 'i-held', instance: { status: 'DRAINING', mark } }, { id: 'i-1' }]);
  const report = await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(rowsOf(report)).toEqual({ 'i-held': 'skipped: held', 'i-1': 'skipped: no-capacity' });
  expect(hosts.host('i-held').instance).toMatchObject({ status: 'DRAINING', mark });
});

test('what was held in an earlier run of this rollout is reported once', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'never' }, { id: 'i-2' }]);
  const report = await play(hosts, async (stage) =>
    (
      await stage.startCluster({
        settings: { afterFailedReboot: 'hold', updatesPerRun: 1, maxUnavailable: '2' },
      })
    ).result(),
  );
  expect(rowsOf(report)).toEqual({ 'i-1': 'failed: reboot-limit', 'i-2': 'updated' });
});

test('our mark on an ACTIVE instance is removed', async () => {
  const hosts = fleet([{ id: 'i-left', instance: { status: 'ACTIVE', mark: ours } }]);
  await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(hosts.host('i-left').instance).toMatchObject({ status: 'ACTIVE', mark: null });
});

test('the mark of another installation is left alone, on an ACTIVE instance too', async () => {
  const mark = { ...ours, installation: 'other' };
  const hosts = fleet([{ id: 'i-theirs', offered: null, instance: { status: 'DRAINING', mark } }]);
  await play(hosts, async (stage) => (await stage.startCluster()).result());
  expect(hosts.host('i-theirs').instance).toMatchObject({ status: 'DRAINING', mark });
});

test.each([
  ['is empty', []],
  ['has only hosts that are none of ours', [{ id: 'i-linux', instance: { variant: null } }]],
])('a cluster that %s ends well, and nobody is asked', async (_, ours) => {
  const hosts = fleet(ours);
  const report = await play(hosts, async (stage) => (await stage.startCluster({})).result());
  expect(Object.keys(rowsOf(report))).toEqual(ours.map(({ id }) => id));
  expect(report).toMatchObject({ stopped: null, failures: 0 });
  expect(hosts.attempts('checkForUpdates')).toEqual([]);
});

test('orders are tried on one host before anything is drained, and what is denied ends the rollout', async () => {
  const hosts = fleet([{ id: 'i-1', offered: null }, { id: 'i-2' }, { id: 'i-3' }], {
    tryOrders: async () => {
      throw accessDenied('ssm:SendCommand on ecs-updater-reboot');
    },
  });
  const failed = play(hosts, async (stage) =>
    orFailed('the rollout', async () =>
      (await stage.startCluster({ settings: { afterFailedReboot: 'ec2-reboot' } })).result(),
    ),
  );
  await expect(failed).rejects.toThrow('access denied: ssm:SendCommand on ecs-updater-reboot');
  expect(hosts.attempts('tryOrders').map(({ input }) => input)).toEqual([
    expect.objectContaining({ ec2InstanceId: 'i-2', rebootsThroughEc2: true }),
  ]);
  expect(hosts.did()).not.toContain('startDraining');
});

test('orders are not tried where nothing is to be updated, nor by a later run', async () => {
  const current = fleet([{ id: 'i-1', offered: null }]);
  await play(current, async (stage) => (await stage.startCluster()).result());
  expect(current.attempts('tryOrders')).toEqual([]);
  const many = fleet([{ id: 'i-1' }, { id: 'i-2' }, { id: 'i-3' }]);
  await play(many, async (stage) => (await stage.startCluster({ settings: { updatesPerRun: 1 } })).result());
  expect(many.attempts('tryOrders')).toHaveLength(1);
});
