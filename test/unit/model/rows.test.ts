import { describe, expect, test } from 'vitest';
import { resultRows, statusRows } from '../../../src/model/rows.js';
import type { Reason } from '../../../src/model/reason.js';
import type { ClusterStatus, InstanceStatus } from '../../../src/model/steering.js';
import { clusterStatusOf } from '../../support/cluster-status.js';

const since = '2026-03-01T12:00:00.000Z';

const status = clusterStatusOf;

const queued = { from: '1.26.0', to: '1.26.1', paused: null, skipped: null };

describe('rows of a rollout', () => {
  test('are sorted by instance, whatever state each is in, with its zone', () => {
    const rows = statusRows(
      status({
        inFlight: [{ ec2InstanceId: 'i-b', workflowId: 'w', from: '1.26.0', to: '1.26.1', since }],
        queued: [{ ...queued, ec2InstanceId: 'i-a' }],
        results: [{ result: { kind: 'updated', from: '1.26.0', to: '1.26.1' }, ec2InstanceIds: ['i-c'] }],
        endedAt: { 'i-c': since },
        zones: { 'eu-1a': ['i-a', 'i-c'], 'eu-1b': ['i-b'] },
      }),
      new Map(),
    );
    expect(rows.map(({ instance, zone, state, since }) => [instance, zone, state, since])).toEqual([
      ['i-a', 'eu-1a', 'queued', ''],
      ['i-b', 'eu-1b', 'starting', since],
      ['i-c', 'eu-1a', 'updated', since],
    ]);
  });

  test('take what an instance in flight says of itself', () => {
    const inFlight = [{ ec2InstanceId: 'i-a', workflowId: 'w', from: '1.25.0', to: '1.26.0', since: '' }];
    const own = {
      phase: 'activating',
      since,
      from: '1.25.0',
      to: '1.26.1',
      note: 'needs attention: not given back after 15m.',
      needsAttention: true,
      outcome: null,
      entered: [],
    } as const;
    expect(statusRows(status({ inFlight }), new Map([['i-a', own]]))).toMatchObject([
      { state: 'activating', version: '1.25.0', target: '1.26.1', since, reason: own.note },
    ]);
  });

  test('tell an instance that is given back for an earlier rollout from one that is updated', () => {
    const inFlight = [{ ec2InstanceId: 'i-a', workflowId: 'w', from: null, to: null, since }];
    expect(statusRows(status({ inFlight }), new Map())).toMatchObject([
      { version: '', target: '', reason: 'gives back what an interrupted rollout left' },
    ]);
  });

  test('tell a skip, a pause of the instance and a pause of the cluster apart', () => {
    const paused = { by: 'kim', reason: 'busy', since: '2026-03-01T12:30:00.000Z' };
    const rows = statusRows(
      status({
        paused: { since, reason: 'change freeze' },
        queued: [
          { ...queued, ec2InstanceId: 'i-a', skipped: { by: 'kim', reason: 'batch' } },
          { ...queued, ec2InstanceId: 'i-b', paused },
          { ...queued, ec2InstanceId: 'i-c' },
        ],
      }),
      new Map(),
    );
    expect(rows).toMatchObject([
      { state: 'skipped-by-operator', reason: 'skipped by kim: batch.' },
      { state: 'paused', since: paused.since, reason: `paused by kim since ${paused.since}: busy` },
      { state: 'paused', since, reason: '' },
    ]);
  });
});

const one = (given: Partial<ClusterStatus>, own?: InstanceStatus) => {
  const [row] = statusRows(status(given), new Map(own && [['i-a', own]]));
  return [row?.state, row?.standing, row?.targetState, row?.attempts];
};
const flying = { ec2InstanceId: 'i-a', workflowId: 'w', from: '1.26.0', to: '1.26.1', since };
const says = (phase: InstanceStatus['phase']): InstanceStatus => ({
  phase,
  since,
  from: '1.26.0',
  to: '1.26.1',
  note: null,
  needsAttention: false,
  outcome: null,
  entered: [],
});
const failedTwice = { 'i-a': { version: '1.26.1', tries: 2 } };

describe('what an instance goes to, and how often that was tried', () => {
  test.each([
    ['draining', 'updating'],
    ['updating', 'rebooting'],
    ['rebooting', 'verifying'],
    ['verifying', 'activating'],
    ['activating', 'settling'],
    ['settling', 'updated'],
  ] as const)('%s goes to %s, for the third time', (phase, next) => {
    expect(one({ inFlight: [flying], remembered: failedTwice }, says(phase))).toEqual([
      phase,
      'in-flight',
      next,
      3,
    ]);
  });

  test('what failed with another version does not count', () => {
    const remembered = { 'i-a': { version: '1.26.0', tries: 2 } };
    expect(one({ inFlight: [flying], remembered }, says('draining')).at(-1)).toBe(1);
  });

  test('an instance that is given back is not tried', () => {
    const restored = { ...flying, from: null, to: null };
    expect(one({ inFlight: [restored] })).toEqual(['starting', 'in-flight', 'rebooting', 0]);
    const back = { ...says('activating'), from: null, to: null };
    expect(one({ inFlight: [restored] }, back)).toEqual(['activating', 'in-flight', 'restored', 0]);
  });

  test('a queued one goes to draining, with the tries before this one; one to be skipped goes nowhere', () => {
    const waits = { ...queued, ec2InstanceId: 'i-a' };
    expect(one({ queued: [waits], remembered: failedTwice })).toEqual(['queued', 'waiting', 'draining', 2]);
    expect(one({ queued: [{ ...waits, skipped: {} }] })).toEqual([
      'skipped-by-operator',
      'left-alone',
      '',
      0,
    ]);
  });

  test('one that ended counts its own try, once', () => {
    const reason = { code: 'booted-old-version', version: '1.26.0', target: '1.26.1' } as const;
    const results = [{ result: { kind: 'failed', reason } as const, ec2InstanceIds: ['i-a'] }];
    const inThisRun = { results, remembered: failedTwice, endedAt: { 'i-a': since } };
    expect(one(inThisRun)).toEqual(['failed', 'not-well', '', 3]);
    // A later run of the rollout finds that try on the instance already.
    expect(one({ ...inThisRun, endedAt: {} }).at(-1)).toBe(2);
    expect(one({ results }).at(-1)).toBe(1);
  });

  test('one that backs off says how often it was tried; a warning makes an updated one not well', () => {
    const backsOff = {
      code: 'backing-off',
      version: '1.26.1',
      tries: 4,
      cause: 'drain-limit',
      until: since,
    } as const;
    const skipped = { result: { kind: 'skipped', reason: backsOff } as const, ec2InstanceIds: ['i-a'] };
    expect(one({ results: [skipped] })).toEqual(['backing-off', 'left-alone', '', 4]);
    const warning: Reason = { code: 'settle-limit', limitMs: 1, services: ['web'] };
    const warned = { kind: 'updated', from: '1.26.0', to: '1.26.1', warning } as const;
    expect(one({ results: [{ result: warned, ec2InstanceIds: ['i-a'] }] })).toEqual([
      'updated',
      'not-well',
      '',
      1,
    ]);
  });
});

describe('rows of results', () => {
  test('show the reason of a skip as the state, and the versions that are known', () => {
    const rows = resultRows(
      [
        {
          result: { kind: 'skipped', reason: { code: 'up-to-date', version: '1.26.1' } },
          ec2InstanceIds: ['i-a'],
        },
        {
          result: { kind: 'skipped', reason: { code: 'not-in-wave', version: '1.26.0', newest: '1.26.1' } },
          ec2InstanceIds: ['i-b'],
        },
        {
          result: {
            kind: 'failed',
            reason: { code: 'booted-old-version', version: '1.26.0', target: '1.26.1' },
          },
          ec2InstanceIds: ['i-c'],
        },
        {
          result: {
            kind: 'not-started',
            from: '1.26.0',
            to: '1.26.1',
            reason: { code: 'rollout-stopped', stop: { by: 'cancelled' } },
          },
          ec2InstanceIds: ['i-d', 'i-e'],
        },
        {
          result: {
            kind: 'skipped',
            from: '1.26.0',
            to: '1.26.1',
            reason: { code: 'quarantined-version', version: '1.26.1', hosts: 2 },
          },
          ec2InstanceIds: ['i-f'],
        },
      ],
      {},
      'prod',
    );
    expect(rows.map(({ instance, state, version, target }) => [instance, state, version, target])).toEqual([
      ['i-a', 'up-to-date', '1.26.1', ''],
      ['i-b', 'not-in-wave', '1.26.0', '1.26.1'],
      ['i-c', 'failed', '1.26.0', '1.26.1'],
      ['i-d', 'not-started', '1.26.0', '1.26.1'],
      ['i-e', 'not-started', '1.26.0', '1.26.1'],
      ['i-f', 'quarantined-version', '1.26.0', '1.26.1'],
    ]);
    for (const { reason } of rows) expect(reason).toMatch(/\.$/);
  });
});
