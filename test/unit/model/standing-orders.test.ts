import { expect, test } from 'vitest';
import { answerOf, type OrderResult, type StandingOrder } from '../../../src/model/standing-orders.js';

const hold: StandingOrder = { kind: 'hold', instance: 'i-1' };
const all: StandingOrder = { kind: 'clear-all' };
const nothing = { kind: 'cleared', forgotten: [], toGiveBack: [], lifted: [] } as const;

test.each<[StandingOrder, OrderResult, boolean, string]>([
  [hold, { kind: 'held', draining: false }, true, 'prod/i-1 is held: no rollout drains it until unhold.'],
  [
    hold,
    { kind: 'held', draining: true },
    true,
    'prod/i-1 is held: no rollout drains it until unhold. It is out of service now; if a rollout is at it, skip it there to have it given back.',
  ],
  [
    { kind: 'unhold', instance: 'i-1' },
    { kind: 'released' },
    true,
    'prod/i-1 is released: the next rollout looks at it again.',
  ],
  [{ kind: 'unhold', instance: 'i-1' }, { kind: 'not-held' }, false, 'prod/i-1 is not held.'],
  [
    hold,
    { kind: 'unknown-instance' },
    false,
    'prod/i-1 is not an instance of the ECS cluster arn:cluster/prod.',
  ],
  [all, { ...nothing, forgotten: [], toGiveBack: [], lifted: [] }, true, 'prod: there was nothing to clear.'],
  [
    { kind: 'clear-instance', instance: 'i-1' },
    { ...nothing, forgotten: ['i-1'], toGiveBack: ['i-1'], lifted: [] },
    true,
    'prod/i-1: what failed on i-1 is forgotten; the next rollout gives back i-1.',
  ],
  [
    all,
    { ...nothing, forgotten: ['i-1', 'i-2', 'i-3', 'i-4', 'i-5'], toGiveBack: [], lifted: ['1.20.0'] },
    true,
    'prod: 1.20.0 is no longer quarantined; what failed on i-1, i-2, i-3 and 2 more is forgotten.',
  ],
])('%j that found %j', (order, result, done, sentence) => {
  const cluster = { name: 'prod', arn: 'arn:cluster/prod', region: 'eu-west-1' };
  const input = { cluster, installation: 'default', order, by: 'ann', at: '2026-01-05T03:00:00.000Z' };
  expect(answerOf(input, result)).toEqual({ done, sentence });
});
