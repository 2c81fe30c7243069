import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clusterSteering,
  instanceSteering,
  misuse,
  orderText,
  type SteeringName,
  type SteeringPayload,
  steerInput,
} from '../../../src/model/steering-messages.js';

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
    [{ quarantine: '1.26.1' }, { quarantine: '1.26.1' }],
    [{ all: true }, { all: true }],
    [{ instance: null, reason: '', all: false }, {}],
    [5, null],
    [true, null],
    [[], null],
    [{ instance: 5 }, null],
    [{ reason: {} }, null],
    [{ all: 'yes' }, null],
  ])('%j', (input, payload) => {
    expect(clusterSteering(input)).toEqual(payload);
  });

  test('with a misspelt field is none: it would mean the whole cluster', () => {
    expect(clusterSteering({ instnace: 'i-1' })).toBeNull();
  });

  test('is cut where it is long', () => {
    expect(clusterSteering({ reason: 'x'.repeat(10_000) })?.reason).toHaveLength(256);
  });
});

describe('a message to an instance', () => {
  test.each<[unknown, object | null]>([
    ['busy', { reason: 'busy' }],
    [undefined, {}],
    [{ by: 'ann' }, { by: 'ann' }],
    [{ instance: 'i-2' }, null],
    [{ all: true }, null],
  ])('%j', (input, payload) => {
    expect(instanceSteering(input)).toEqual(payload);
  });
});

describe('what steerCluster is given', () => {
  test.each<[unknown, object | null]>([
    [
      { cluster: 'prod', order: 'pause' },
      { cluster: 'prod', order: 'pause' },
    ],
    [
      { cluster: 'prod', order: 'skip', instance: 'i-1', by: 'kim' },
      { cluster: 'prod', order: 'skip', instance: 'i-1', by: 'kim' },
    ],
    [{ cluster: 'prod' }, null],
    [{ cluster: 'prod', order: 'stop' }, null],
    [{ cluster: '', order: 'pause' }, null],
    [{ cluster: { name: 'prod' }, order: 'pause' }, null],
    [{ cluster: 'prod', order: 'pause', instnace: 'i-1' }, null],
    ['prod', null],
    [null, null],
  ])('%j', (input, read) => {
    expect(steerInput(input)).toEqual(read);
  });
});

test('no message, whatever it holds, is more than text, or an error', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const read of [clusterSteering, instanceSteering, steerInput]) {
        const { all = true, ...texts } = { ...read(value) };
        expect(all).toBe(true);
        for (const text of Object.values(texts)) expect(typeof text).toBe('string');
      }
    }),
  );
});

test.each<[SteeringName, SteeringPayload, RegExp]>([
  ['pause', {}, /^makes sense$/],
  ['pause', { instance: 'i-1' }, /^makes sense$/],
  ['resume', {}, /^makes sense$/],
  ['cancel', {}, /^makes sense$/],
  ['skip', {}, /^skip is for one instance: name it\. To keep rollouts off the whole cluster, pause it\.$/],
  ['unskip', {}, /for one instance/],
  ['hold', {}, /for one instance.* pause it/],
  ['unhold', {}, /for one instance.* resume it/],
  ['hold', { instance: 'i-1' }, /^makes sense$/],
  ['clear', {}, /one of instance, quarantine \(a version\) and all/],
  ['clear', { all: true, instance: 'i-1' }, /one of/],
  ['clear', { quarantine: '1.26.1' }, /^makes sense$/],
  ['clear', { instance: 'i-1' }, /^makes sense$/],
  ['pause', { all: true }, /go with clear, not with pause/],
  ['skip', { instance: 'i-1', quarantine: '1.26.1' }, /go with clear, not with skip/],
])('%s of %j makes sense, or not', (name, payload, why) => {
  expect(misuse(name, payload) ?? 'makes sense').toMatch(why);
});

test.each<[SteeringName, SteeringPayload, string]>([
  ['pause', {}, 'pause'],
  ['skip', { instance: 'i-1', by: 'kim', reason: 'busy' }, 'skip i-1 by kim: busy'],
  ['clear', { quarantine: '1.26.1', by: 'kim' }, 'clear 1.26.1 by kim'],
])('%s of %j in a few words', (name, payload, text) => {
  expect(orderText(name, payload)).toBe(text);
});
