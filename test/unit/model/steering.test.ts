import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clusterSteering, instanceSteering, type SteeringInput } from '../../../src/model/steering.js';

/** What a stranger may send: the types say less than the wire lets through. */
const asInput = (value: unknown): SteeringInput => JSON.parse(JSON.stringify({ value })).value;

describe('a message to a rollout', () => {
  test.each<[unknown, object | null]>([
    [undefined, {}],
    [null, {}],
    ['i-1', { instance: 'i-1' }],
    [{}, {}],
    [
      { instance: 'i-1', reason: 'busy', by: 'ann' },
      { instance: 'i-1', reason: 'busy', by: 'ann' },
    ],
    [{ instance: null, reason: '' }, {}],
    [{ instance: 'i-1', more: 1 }, { instance: 'i-1' }],
    [5, null],
    [true, null],
    [{ instance: 5 }, null],
    [{ reason: {} }, null],
  ])('%j', (input, payload) => {
    expect(clusterSteering(asInput(input))).toEqual(payload);
  });
});

test('a bare string to an instance is the reason', () => {
  expect(instanceSteering('busy')).toEqual({ reason: 'busy' });
  expect(instanceSteering(undefined)).toEqual({});
  expect(instanceSteering({ by: 'ann' })).toEqual({ by: 'ann' });
});

test('no message, whatever it holds, is more than text, or an error', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const read of [clusterSteering, instanceSteering]) {
        const payload = read(asInput(value));
        for (const text of Object.values(payload ?? {})) expect(typeof text).toBe('string');
      }
    }),
  );
});
