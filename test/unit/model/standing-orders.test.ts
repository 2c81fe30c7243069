import { expect, test } from 'vitest';
import {
  answerOf,
  type OrderResult,
  type StandingOrder,
  standingOrder,
} from '../../../src/model/standing-orders.js';
import type { SteeringName, SteeringPayload } from '../../../src/model/steering-messages.js';

const instance = 'i-1';
const all: StandingOrder = { kind: 'clear-all' };
const nothing = { kind: 'cleared', forgotten: [], toGiveBack: [], lifted: [] } as const;

test.each<[SteeringName, SteeringPayload, StandingOrder | null]>([
  ['pause', {}, null],
  ['resume', { by: 'ann' }, null],
  ['cancel', { instance }, null],
  ['pause', { instance, reason: 'busy', by: 'ann' }, { kind: 'pause', instance, reason: 'busy' }],
  ['skip', { instance }, { kind: 'skip', instance }],
  ['unskip', { instance, reason: 'over' }, { kind: 'unskip', instance }],
  ['resume', { instance }, { kind: 'resume', instance }],
  ['clear', { instance }, { kind: 'clear-instance', instance }],
  ['clear', { quarantine: '1.26.1' }, { kind: 'clear-quarantine', version: '1.26.1' }],
  ['clear', { all: true }, { kind: 'clear-all' }],
])('%s of %j stands as %j', (name, payload, order) => {
  expect(standingOrder(name, payload)).toEqual(order);
});

test.each<[StandingOrder, OrderResult, boolean, string]>([
  [
    { kind: 'hold', instance },
    { kind: 'done', order: 'hold' },
    true,
    'prod/i-1 is held: no rollout drains it until unhold.',
  ],
  [
    { kind: 'skip', instance },
    { kind: 'done', order: 'skip' },
    true,
    'prod/i-1 is left out of the next rollout.',
  ],
  [
    { kind: 'pause', instance },
    { kind: 'done', order: 'pause' },
    true,
    'prod/i-1 waits in every rollout until it is resumed.',
  ],
  [
    { kind: 'unhold', instance },
    { kind: 'done', order: 'unhold' },
    true,
    'prod/i-1 is released: the next rollout looks at it again.',
  ],
  [{ kind: 'unhold', instance }, { kind: 'not-marked', order: 'unhold' }, false, 'prod/i-1 is not held.'],
  [{ kind: 'resume', instance }, { kind: 'not-marked', order: 'resume' }, false, 'prod/i-1 is not paused.'],
  [{ kind: 'unskip', instance }, { kind: 'not-marked', order: 'unskip' }, false, 'prod/i-1 is not skipped.'],
  [
    { kind: 'hold', instance },
    { kind: 'unknown-instance' },
    false,
    'prod/i-1 is not an instance of the ECS cluster arn:cluster/prod.',
  ],
  [all, { ...nothing, forgotten: [], toGiveBack: [], lifted: [] }, true, 'prod: there was nothing to clear.'],
  [
    { kind: 'clear-instance', instance },
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
  expect(answerOf(cluster, order, result)).toEqual({ done, sentence });
});
