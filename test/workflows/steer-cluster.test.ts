import {
  WorkflowFailedError,
  type WorkflowHandle,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client';
import { expect, test } from 'vitest';
import { steerWorkflowId } from '../../src/model/names.js';
import type { updateCluster } from '../../workflows/index.js';
import { accessDenied, fleet } from '../support/fake-activities.js';
import { rowsOf } from '../support/report-rows.js';
import { timeSkippingStage } from '../support/workflow-harness.js';

const play = timeSkippingStage();

/** What became of an order: its sentence, or why it was refused. */
async function told(order: Promise<WorkflowHandle>): Promise<string> {
  try {
    const sentence: string = await (await order).result();
    return sentence;
  } catch (err) {
    if (!(err instanceof WorkflowFailedError)) throw err;
    return `refused: ${err.cause?.message}`;
  }
}

test('between rollouts an order is written on the instance, and told to the next rollout', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2' }, { id: 'i-3' }]);
  const { answers, first, second } = await play(hosts, async (stage) => ({
    answers: [
      await told(stage.startOrder({ order: 'skip', instance: 'i-1', by: 'kim', reason: 'busy' })),
      await told(stage.startOrder({ order: 'hold', instance: 'i-2', by: 'kim' })),
    ],
    first: await (await stage.startCluster()).result(),
    second: await (await stage.startCluster()).result(),
  }));
  expect(answers).toEqual([
    expect.stringMatching(/^cluster-\S+\/i-1 is left out of the next rollout\.$/),
    expect.stringMatching(/^cluster-\S+\/i-2 is held: no rollout drains it until unhold\.$/),
  ]);
  expect(rowsOf(first)).toEqual({
    'i-1': 'skipped: skipped-by-operator',
    'i-2': 'skipped: held',
    'i-3': 'updated',
  });
  expect(first.steering).toEqual([
    { at: expect.any(String), what: 'skip', instance: 'i-1', by: 'kim', reason: 'busy' },
  ]);
  expect(rowsOf(second), 'a skip is for one rollout').toMatchObject({
    'i-1': 'updated',
    'i-2': 'skipped: held',
  });
  expect(second.steering).toEqual([]);
});

test('an instance that is paused between rollouts waits in the next one until it is resumed', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2' }]);
  const { report, status, answers } = await play(hosts, async (stage) => {
    const answers = [await told(stage.startOrder({ order: 'pause', instance: 'i-1', by: 'kim' }))];
    const rollout = await stage.startCluster({ timeout: '30 days' });
    await stage.passDays(1);
    const status = await stage.clusterStatus();
    answers.push(await told(stage.startOrder({ order: 'resume', instance: 'i-1', by: 'kim' })));
    return { report: await rollout.result(), status, answers };
  });
  expect(status.queued).toMatchObject([{ ec2InstanceId: 'i-1', paused: { by: 'kim' } }]);
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'updated' });
  expect(report.steering).toMatchObject([
    { what: 'pause', instance: 'i-1' },
    { what: 'resume', instance: 'i-1' },
  ]);
  expect(answers[1]).toBe('i-1 goes on.');
  expect(hosts.host('i-1').instance.pause, 'the mark is gone').toBeNull();
});

test('a skip that a rollout cannot tick off is honoured once more, and not lost', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2' }], {
    forgetSkips: async () => {
      throw accessDenied('ecs:DeleteAttributes');
    },
  });
  const reports = await play(hosts, async (stage) => {
    await told(stage.startOrder({ order: 'skip', instance: 'i-1' }));
    return [await (await stage.startCluster()).result(), await (await stage.startCluster()).result()];
  });
  for (const report of reports)
    expect(rowsOf(report)).toMatchObject({ 'i-1': 'skipped: skipped-by-operator' });
});

test('a skip and a pause that are taken back before the next rollout change nothing', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const { report, answers } = await play(hosts, async (stage) => {
    const answers: string[] = [];
    for (const order of ['skip', 'unskip', 'pause', 'resume', 'unskip', 'resume', 'unhold'] as const)
      answers.push(await told(stage.startOrder({ order, instance: 'i-1' })));
    return { report: await (await stage.startCluster()).result(), answers };
  });
  expect(answers.slice(4)).toEqual([
    expect.stringMatching(/^refused: \S+\/i-1 is not skipped\.$/),
    expect.stringMatching(/^refused: \S+\/i-1 is not paused\.$/),
    expect.stringMatching(/^refused: \S+\/i-1 is not held\.$/),
  ]);
  expect(rowsOf(report)).toEqual({ 'i-1': 'updated' });
});

test('between rollouts a pause of the cluster is one of its Schedule', async () => {
  const hosts = fleet([]);
  const answers = await play(hosts, async (stage) => {
    const { name } = stage.cluster;
    const said = [await told(stage.startOrder({ order: 'pause', by: 'kim', reason: 'freeze' }))];
    expect(hosts.schedule).toMatchObject({
      paused: true,
      note: expect.stringMatching(/^ecs-updater: paused by kim since \S+Z: freeze$/),
    });
    said.push(
      await told(stage.startOrder({ order: 'resume' })),
      await told(stage.startOrder({ order: 'resume' })),
    );
    return said.map((one) => one.replaceAll(name, 'prod'));
  });
  expect(answers).toEqual([
    'prod is paused: no rollout starts until it is resumed.',
    'prod goes on: its Schedule starts rollouts again.',
    'refused: prod is not paused.',
  ]);
  expect(hosts.schedule).toMatchObject({ paused: false });
});

test('a Schedule that somebody else paused stays so', async () => {
  const hosts = fleet([]);
  hosts.schedule = { paused: true, note: 'maintenance' };
  const answers = await play(hosts, async (stage) => {
    const said = [
      await told(stage.startOrder({ order: 'resume' })),
      await told(stage.startOrder({ order: 'pause', by: 'kim' })),
      await told(stage.startOrder({ order: 'resume' })),
    ];
    return said.map((one) => one.replaceAll(stage.cluster.name, 'prod'));
  });
  expect(answers).toEqual([
    'refused: prod is not paused by us, but somebody else has paused its Schedule (note: maintenance). That is for them to end.',
    'prod is paused: no rollout starts until it is resumed. Its Schedule had been paused by somebody else (note: maintenance); it stays so until they end that.',
    'The pause of prod is over. Its Schedule stays paused: somebody else did that (note: maintenance).',
  ]);
  expect(hosts.schedule).toEqual({ paused: true, note: 'maintenance' });
});

test('while a rollout runs every order goes to it', async () => {
  const hosts = fleet([{ id: 'i-1', drainMinutes: 3 }, { id: 'i-2' }, { id: 'i-3' }]);
  const answers: string[] = [];
  const report = await play(hosts, async (stage) => {
    hosts.when('waitUntilDrained', async () => {
      for (const order of [
        { order: 'pause', by: 'kim' },
        { order: 'resume', by: 'kim' },
        { order: 'skip', instance: 'i-2' },
        { order: 'hold', instance: 'i-3' },
        { order: 'clear', all: true },
        { order: 'cancel', instance: 'i-1', by: 'kim', reason: 'slow' },
      ] as const) {
        const answer = await stage.resultAtOnce((await stage.startOrder(order)).workflowId);
        answers.push(String(answer).replaceAll(stage.cluster.name, 'prod'));
      }
    });
    return (await stage.startCluster()).result();
  });
  expect(answers).toEqual([
    'Nothing new starts in prod until it is resumed; 1 in flight finishes. Its Schedule is paused, too.',
    'prod goes on. Its Schedule goes on, too.',
    'i-2 is left out of this rollout.',
    'prod/i-3 is held: no rollout drains it until unhold.',
    'prod: there was nothing to clear. The rollout that runs keeps to its plan.',
    'The update of i-1 is cancelled; the instance is given back.',
  ]);
  expect(rowsOf(report)).toEqual({
    'i-1': 'rolled-back: cancelled',
    'i-2': 'skipped: skipped-by-operator',
    'i-3': 'skipped: held',
  });
  expect(report.steering.map(({ what, instance, by }) => [what, instance, by])).toEqual([
    ['pause', undefined, 'kim'],
    ['resume', undefined, 'kim'],
    ['skip', 'i-2', undefined],
    ['hold', 'i-3', undefined],
    ['clear', undefined, undefined],
    ['cancel', 'i-1', 'kim'],
  ]);
  expect(report).toMatchObject({ failures: 0 });
});

test('a rollout that began while an order was written is told of it, too', async () => {
  const hosts = fleet([{ id: 'i-1' }, { id: 'i-2' }]);
  const { rollout, answer } = await play(hosts, async (stage) => {
    const begun: Promise<WorkflowHandleWithFirstExecutionRunId<typeof updateCluster>>[] = [];
    hosts.when('carryOut', async () => {
      begun.push(stage.startCluster());
      await Promise.all(begun);
      await stage.heard();
    });
    let answer: unknown;
    hosts.when('startDraining', async () => {
      answer = await stage.resultAtOnce(steerWorkflowId(stage.cluster.name, 'i-2'));
    });
    await stage.startOrder({ order: 'skip', instance: 'i-2' });
    await stage.passUntilCalled('startDraining');
    const [handle] = await Promise.all(begun);
    return { rollout: await handle?.result(), answer };
  });
  expect(answer).toBe('i-2 is left out of this rollout.');
  expect(rollout && rowsOf(rollout)).toEqual({ 'i-1': 'updated', 'i-2': 'skipped: skipped-by-operator' });
});

test.each([
  [{ order: 'cancel' }, /^refused: No rollout of \S+ runs, so there is nothing to cancel\.$/],
  [{ order: 'skip' }, /^refused: skip is for one instance: name it\./],
  [{ order: 'hold', instance: 'i-9' }, /^refused: \S+\/i-9 is not an instance of the ECS cluster arn:/],
  [{ order: 'clear' }, /^refused: clear needs one of/],
] as const)('%j is refused with the reason', async (order, sentence) => {
  const hosts = fleet([{ id: 'i-1' }]);
  expect(await play(hosts, (stage) => told(stage.startOrder(order)))).toMatch(sentence);
});

test('an order on a cluster without a Schedule is refused', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  hosts.schedule = null;
  const answer = await play(hosts, (stage) => told(stage.startOrder({ order: 'hold', instance: 'i-1' })));
  expect(answer).toMatch(
    /^refused: There is no Schedule for cluster-\S+\. See: ecs-updater schedule --help\.$/,
  );
});

test('what is misspelt by hand is refused with the form', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const answer = await play(hosts, async (stage) => {
    const start = stage.client.workflow.start('steerCluster', {
      workflowId: `${stage.cluster.name}-by-hand`,
      taskQueue: stage.taskQueue,
      args: [{ cluster: stage.cluster.name, order: 'pause', instnace: 'i-1' }],
      workflowExecutionTimeout: '1 hour',
    });
    return told(start);
  });
  expect(answer).toMatch(/^refused: Send \{"cluster", "order"\}/);
  expect(hosts.calls).toEqual([]);
});

test('an order that AWS refuses fails, and is not tried for ever', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    carryOut: async () => {
      throw accessDenied('ecs:PutAttributes');
    },
  });
  const order = play(hosts, async (stage) =>
    (await stage.startOrder({ order: 'hold', instance: 'i-1' })).result(),
  );
  await expect(order).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(hosts.attempts('carryOut')).toHaveLength(1);
});
