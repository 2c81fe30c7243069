import { describe, expect, test } from 'vitest';
import type { SteeringRecord } from '../../../src/model/steering-record.js';
import { marksAfter, marksLeftBy, marksWhileRunning } from '../../../src/web/marks.js';
import { instanceView } from '../../support/dashboard-source.js';

const order = (what: SteeringRecord['what'], instance?: string): SteeringRecord => ({
  at: '2026-11-21T13:00:00.000Z',
  what,
  ...(instance !== undefined && { instance }),
});

const ended = [
  instanceView({ instance: 'i-1', state: 'updated', standing: 'updated' }),
  instanceView({ instance: 'i-2', state: 'held', standing: 'left-alone' }),
];

describe('after a rollout', () => {
  test('nothing stands but who was held, and what was ordered in it for later ones, too', () => {
    const steering = [order('pause', 'i-1'), order('skip', 'i-1'), order('unhold', 'i-2'), order('pause')];
    expect(Object.fromEntries(marksLeftBy(ended, [], true))).toEqual({
      'i-1': { pause: false, skip: false, hold: false },
      'i-2': { pause: false, skip: false, hold: true },
    });
    expect(Object.fromEntries(marksLeftBy(ended, steering, true))).toEqual({
      'i-1': { pause: true, skip: false, hold: false },
      'i-2': { pause: false, skip: false, hold: false },
    });
  });

  test('one that is held out of service is not held by an order', () => {
    const drained = [instanceView({ instance: 'i-1', state: 'held', standing: 'not-well' })];
    expect(marksLeftBy(drained, [], true).get('i-1')).toMatchObject({ hold: false });
  });

  test('that broke off, only what it has on record is known', () => {
    expect(Object.fromEntries(marksLeftBy(ended, [order('pause', 'i-1')], false))).toEqual({
      'i-1': { pause: true },
      'i-2': { hold: true },
    });
  });

  test('the last order counts, also on an instance that it did not know', () => {
    const marks = marksAfter(marksLeftBy(ended, [], true), [
      order('hold', 'i-1'),
      order('skip', 'i-new'),
      order('unhold', 'i-1'),
      order('unhold', 'i-2'),
      order('clear', 'i-2'),
    ]);
    expect(Object.fromEntries(marks)).toEqual({
      'i-1': { pause: false, skip: false, hold: false },
      'i-2': { pause: false, skip: false, hold: false },
      'i-new': { skip: true },
    });
  });
});

test('in a rollout that runs, the queue says who waits and who is left out', () => {
  const queued = [
    { ec2InstanceId: 'i-1', from: '1.26.0', to: '1.26.1', paused: null, skipped: { by: 'kim' } },
    { ec2InstanceId: 'i-2', from: '1.26.0', to: '1.26.1', paused: { since: '' }, skipped: null },
  ];
  const instances = ['i-1', 'i-2', 'i-3'].map((instance) => instanceView({ instance }));
  const steering = [order('pause', 'i-1'), order('skip', 'i-3'), order('pause', 'i-3')];
  expect(Object.fromEntries(marksWhileRunning(instances, { queued, steering }))).toEqual({
    'i-1': { pause: false, skip: true, hold: false },
    'i-2': { pause: true, skip: false, hold: false },
    'i-3': { pause: true, skip: false, hold: false },
  });
});
