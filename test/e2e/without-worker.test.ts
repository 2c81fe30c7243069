import { Client, Connection } from '@temporalio/client';
import { test as base, inject } from 'vitest';
import { clusterWorkflowId, scheduleId, taskQueue } from '../../src/model/names.js';
import { addNamespace } from '../support/installation.js';
import { ecsUpdater } from '../support/processes.js';

/** A namespace where nobody works, with a Schedule and a rollout of cluster `prod`, and a Schedule of `idle`. */
const test = base
  .extend('server', { scope: 'file' }, () => inject('devServer'))
  .extend('unattended', { scope: 'file' }, async ({ server }, { onCleanup }) => {
    const connection = await Connection.connect({ address: server.address });
    onCleanup(() => connection.close());
    const namespace = await addNamespace(connection);
    const client = new Client({ connection, namespace });
    for (const cluster of ['prod', 'idle']) {
      const input = {
        cluster: {
          name: cluster,
          arn: `arn:aws:ecs:eu-central-1:1:cluster/${cluster}`,
          region: 'eu-central-1',
        },
        documents: {},
        settings: {},
      };
      await client.schedule.create({
        scheduleId: scheduleId(cluster),
        spec: { cronExpressions: ['0 0 1 1 *'] },
        action: { type: 'startWorkflow', workflowType: 'startRollout', taskQueue, args: [input] },
      });
    }
    await client.workflow.start('updateCluster', { workflowId: clusterWorkflowId('prod'), taskQueue });
    return {
      client,
      run: (...args: string[]) =>
        ecsUpdater(args, { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: namespace }),
    };
  });

const remedy = 'no worker polls the task queue ecs-updater. Start one with: ecs-updater worker';

test.concurrent.for([
  'status --cluster prod',
  'status --cluster prod --watch',
  'pause --cluster prod',
  'skip --cluster prod --instance i-00000001',
  'plan --cluster idle',
])('without a worker, %s says so instead of hanging', async (line, { unattended, expect }) => {
  const { code, stdout, stderr } = await unattended.run(...line.split(' '));
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^ecs-updater: .*\n$/);
  expect(stderr).toContain(remedy);
});

test('without a worker, why tells what Temporal knows', async ({ unattended, expect }) => {
  const why = async (cluster: string) => {
    const line = ['why', '--cluster', cluster, '--instance', 'i-0abc1234def567890', '-o', 'json'];
    const { code, stdout } = await unattended.run(...line);
    expect(code).toBe(0);
    return JSON.parse(stdout);
  };
  expect(await why('prod')).toMatchObject({
    version: null,
    isUpToDate: null,
    obstacles: [{ code: 'no-worker', what: expect.stringContaining('though a rollout runs since ') }],
  });
  expect(await why('idle')).toMatchObject({
    obstacles: [
      { code: 'no-worker' },
      { code: 'next-rollout', clears: { at: expect.stringMatching(/^\d{4}-01-01T/) } },
    ],
  });
});

test('a run that nobody would take up is not started', async ({ unattended, expect }) => {
  const { code, stderr } = await unattended.run('run', '--cluster', 'idle');
  expect({ code, stderr }).toEqual({ code: 1, stderr: `ecs-updater: ${remedy}\n` });
  const { info } = await unattended.client.schedule.getHandle(scheduleId('idle')).describe();
  expect(info.numActionsTaken).toBe(0);
});

test('the clusters and their rollouts are listed all the same', async ({ unattended, expect }) => {
  const { code, stdout, stderr } = await unattended.run('status');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n').toSorted()).toEqual([
    '',
    expect.stringMatching(/^idle: there has been no rollout; next \d{4}-01-01T00:00:00\.000Z$/),
    expect.stringMatching(/^prod: a rollout runs since \d{4}-\S+Z; next \d{4}-01-01T00:00:00\.000Z$/),
  ]);
});

test('a rollout that is over is shown by its history', async ({ unattended, expect }) => {
  const { client, run } = unattended;
  const started = await client.workflow.start('updateCluster', {
    workflowId: clusterWorkflowId('over'),
    taskQueue,
  });
  await started.terminate('by the test');
  const { code, stdout, stderr } = await run('status', '--cluster', 'over');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^over: the last rollout \(\S+Z to \S+Z\) is TERMINATED\.$/m);
  expect(stdout).toContain('the rollout of over was terminated: by the test');
  expect(stderr).toContain('are missing, as the rollout could not be asked: no worker polls');
  const forPrograms = await run('status', '--cluster', 'over', '-o', 'json');
  expect(forPrograms).toMatchObject({ code: 1, stdout: '' });
  expect(forPrograms.stderr).toContain('read it without one: ecs-updater report --cluster over --json -');
});

test('whoever mistypes a cluster is told which may be meant', async ({ unattended, expect }) => {
  for (const command of ['status', 'plan']) {
    const { code, stderr } = await unattended.run(command, '--cluster', 'prodd');
    expect(code).toBe(1);
    expect(stderr).toContain('there is no Schedule for prodd. Did you mean prod? Create one with: ');
  }
});

test('what is known of rollouts without asking one can be had all the same', async ({
  unattended,
  expect,
}) => {
  const history = await unattended.run('history', '--cluster', 'prod');
  expect(history).toMatchObject({ code: 0, stderr: '' });
  expect(history.stdout).toMatch(/\n\S+ \S+Z +\S+ +running +\? +\? /);
  const { code, stdout } = await unattended.run('report', '--cluster', 'prod', '--json', '-');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    state: 'running',
    instances: [],
    gaps: [expect.stringContaining(remedy)],
  });
});

test.concurrent.for([
  ['history', 'no rollout of nope is known'],
  ['report --html -', 'there has been no rollout of nope.'],
  [
    'report --run 0197a3c2-5b1e-7c3d-9a54-0242ac120002 --html -',
    'no rollout of nope with a run 0197a3c2-5b1e',
  ],
  [
    'status',
    'there is no Schedule for nope. Create one with: ecs-updater apply, or ecs-updater schedule --cluster nope --cron ',
  ],
  [
    'run',
    'there is no Schedule for nope. Create one with: ecs-updater apply, or ecs-updater schedule --cluster nope --cron ',
  ],
  [
    'plan',
    'there is no Schedule for nope. Create one with: ecs-updater apply, or ecs-updater schedule --cluster nope --cron ',
  ],
])(
  '%s of a cluster that nobody scheduled says what to do',
  async ([command, sentence], { unattended, expect }) => {
    const { code, stdout, stderr } = await unattended.run(...(command ?? '').split(' '), '--cluster', 'nope');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.startsWith(`ecs-updater: ${sentence}`)).toBe(true);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  },
);
