import { WorkflowFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { accessDenied, fleet } from '../support/fake-activities.js';
import { timeSkippingStage } from '../support/workflow-harness.js';

const play = timeSkippingStage();

test('an order is carried out and answered with a sentence', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const answer = await play(hosts, async (stage) =>
    (await stage.startOrder({ kind: 'hold', instance: 'i-1', reason: 'busy' })).result(),
  );
  expect(answer).toEqual({
    done: true,
    sentence: expect.stringMatching(/^cluster-\S+\/i-1 is held: no rollout drains it until unhold\.$/),
  });
  expect(hosts.host('i-1').instance.hold).toMatchObject({ by: 'ann' });
});

test('what cannot be done is answered with the reason', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const answer = await play(hosts, async (stage) =>
    (await stage.startOrder({ kind: 'unhold', instance: 'i-1' })).result(),
  );
  expect(answer).toEqual({ done: false, sentence: expect.stringContaining('is not held') });
});

test('an order that AWS refuses fails, and is not tried for ever', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    carryOut: async () => {
      throw accessDenied('ecs:PutAttributes');
    },
  });
  const order = play(hosts, async (stage) =>
    (await stage.startOrder({ kind: 'hold', instance: 'i-1' })).result(),
  );
  await expect(order).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(hosts.calls).toHaveLength(1);
});
