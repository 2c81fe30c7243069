import { describe, expect, test } from 'vitest';
import { assembleRecord, type Sources } from '../../../src/model/assemble-record.js';
import type { InstanceRecord } from '../../../src/model/rollout-record.js';
import { spansOf, tookMs } from '../../../src/model/rollout-record.js';
import type { ChildFacts, RunFacts } from '../../../src/model/run-facts.js';
import type { InstanceStatus, RolloutCarry } from '../../../src/model/steering.js';
import { clusterStatusOf } from '../../support/cluster-status.js';

const at = (minutes: number): string => new Date(Date.UTC(2026, 2, 1, 12, minutes)).toISOString();

const run = (given: Partial<RunFacts> = {}): RunFacts => ({
  runId: 'run-1',
  firstRunId: 'run-1',
  previousRunId: null,
  startedAt: at(0),
  startedBy: 'ecs-updater/prod-2026-03-01T12:00:00Z',
  input: null,
  carry: null,
  workers: ['w1'],
  children: [],
  end: { kind: 'running' },
  ...given,
});

const child = (given: Partial<ChildFacts> = {}): ChildFacts => ({
  ec2InstanceId: 'i-a',
  zone: 'eu-1a',
  workflowId: 'ecs-updater/prod/i-a',
  runId: 'child-1',
  updates: true,
  from: '1.26.0',
  to: '1.26.1',
  startedAt: at(1),
  endedAt: at(9),
  ending: {
    kind: 'ended',
    outcome: { kind: 'updated', from: '1.26.0', to: '1.26.1' },
    entered: [
      { phase: 'waiting', at: at(1) },
      { phase: 'draining', at: at(1) },
      { phase: 'rebooting', at: at(5) },
    ],
    tasksMoved: 3,
  },
  ...given,
});

const terminated = { kind: 'terminated', at: at(10), detail: 'the building burns' } as const;

const record = (given: Partial<Sources>) =>
  assembleRecord({
    workflowId: 'ecs-updater/prod',
    runs: [run()],
    status: null,
    own: new Map(),
    gaps: [],
    ...given,
  });

const only = (given: Partial<Sources>): InstanceRecord | undefined => record(given).instances[0];

const told = (given: Partial<InstanceStatus>): InstanceStatus => ({
  phase: 'draining',
  since: at(2),
  entered: [{ phase: 'draining', at: at(2) }],
  from: '1.26.0',
  to: '1.26.1',
  note: null,
  needsAttention: false,
  outcome: null,
  ...given,
});

describe('what is known of a rollout', () => {
  test('of which nobody can be asked, is what its workflows returned', () => {
    const broken = record({ runs: [run({ children: [child()], end: terminated })] });
    expect(broken).toMatchObject({
      state: 'terminated',
      brokeOff: 'It was terminated: the building burns.',
      endedAt: at(10),
      counts: { updated: 1 },
      instances: [
        {
          ec2InstanceId: 'i-a',
          zone: 'eu-1a',
          state: 'updated',
          from: '1.26.0',
          runs: '1.26.1',
          tasksMoved: 3,
          spans: [
            { phase: 'draining', from: at(1), to: at(5) },
            { phase: 'rebooting', from: at(5), to: at(9) },
          ],
        },
      ],
    });
  });

  test('of which only the last run is left, names what is missing, and has the results of the others', () => {
    const carry: RolloutCarry = {
      rolloutId: 'run-1',
      startedAt: at(-60),
      attempted: [
        {
          result: { kind: 'failed', from: '1', to: '2', reason: { code: 'cancelled' } },
          ec2InstanceIds: ['i-z'],
        },
      ],
      known: [],
      phases: {},
      failures: 1,
      updates: 1,
      quarantined: {},
      skips: {},
      paused: null,
      pausedInstances: {},
      steering: [{ at: at(-30), what: 'pause', by: 'kim' }],
    };
    const last = run({ runId: 'run-7', previousRunId: 'run-6', carry, children: [child()], end: terminated });
    expect(record({ runs: [last], gaps: ['No worker.'] })).toMatchObject({
      rolloutId: 'run-1',
      runIds: ['run-7'],
      startedAt: at(-60),
      failures: 1,
      steering: carry.steering,
      gaps: [expect.stringContaining('no longer has the first runs'), 'No worker.'],
      instances: [
        { ec2InstanceId: 'i-a', state: 'updated' },
        { ec2InstanceId: 'i-z', state: 'failed', spans: [], tasksMoved: null },
      ],
    });
  });

  test('shows who waits and who is in flight while it runs', () => {
    const queued = { ec2InstanceId: 'i-b', from: '1.25.0', to: '1.26.1', paused: null, skipped: null };
    const flying = child({ endedAt: null, ending: null });
    const { instances, paused } = record({
      runs: [run({ children: [flying] })],
      status: clusterStatusOf({
        paused: { since: at(3), by: 'kim' },
        inFlight: [{ ec2InstanceId: 'i-a', workflowId: 'w', from: '1', to: '2', since: at(1) }],
        queued: [queued, { ...queued, ec2InstanceId: 'i-c', skipped: { by: 'kim' } }],
        zones: { 'eu-1c': ['i-b'] },
      }),
      own: new Map([['child-1', told({ note: 'needs attention' })]]),
    });
    expect(paused).toMatchObject({ by: 'kim' });
    expect(instances).toMatchObject([
      {
        state: 'draining',
        standing: 'in-flight',
        reason: 'needs attention',
        runs: null,
        spans: [{ phase: 'draining', to: null }],
      },
      { state: 'paused', standing: 'waiting', zone: 'eu-1c', from: '1.25.0', to: '1.26.1' },
      { state: 'skipped-by-operator', reason: 'skipped by kim.' },
    ]);
  });
});

describe('what is known of an instance', () => {
  test('whose workflow was cancelled has the phases that it tells', () => {
    const cancelled = child({ ending: { kind: 'broke-off', how: 'cancelled', detail: '' } });
    const own = new Map([['child-1', told({})]]);
    expect(only({ runs: [run({ children: [cancelled], end: terminated })], own })).toMatchObject({
      state: 'unknown',
      standing: 'not-well',
      reason: expect.stringContaining('its workflow was cancelled'),
      spans: [{ phase: 'draining', from: at(2), to: at(9) }],
    });
  });

  test('whose workflow cannot tell is a stay in an unknown phase', () => {
    const gone = child({ ending: { kind: 'broke-off', how: 'terminated', detail: '' } });
    expect(only({ runs: [run({ children: [gone], end: terminated })] })?.spans).toEqual([
      { phase: 'unknown', from: at(1), to: at(9) },
    ]);
  });

  test('that was given back by a second workflow has the stays of both', () => {
    const gone = child({ endedAt: at(3), ending: { kind: 'broke-off', how: 'terminated', detail: '' } });
    const restored = child({
      runId: 'child-2',
      startedAt: at(3),
      ending: {
        kind: 'ended',
        outcome: {
          kind: 'skipped',
          reason: { code: 'restored', since: at(1), rebooted: false, version: '1.26.0' },
        },
        entered: [{ phase: 'rebooting', at: at(4) }],
      },
    });
    expect(only({ runs: [run({ children: [gone, restored] })] })).toMatchObject({
      state: 'restored',
      runIds: ['child-1', 'child-2'],
      spans: [
        { phase: 'unknown', to: at(3) },
        { phase: 'rebooting', from: at(4), to: at(9) },
      ],
    });
  });

  test('that did not come back from its reboot may run either version', () => {
    const lost = child({
      ending: {
        kind: 'ended',
        outcome: { kind: 'failed', reason: { code: 'reboot-limit', limitMs: 900_000 } },
        entered: [],
      },
    });
    expect(only({ runs: [run({ children: [lost] })] })).toMatchObject({
      state: 'failed',
      from: '1.26.0',
      to: '1.26.1',
      runs: null,
    });
  });

  test('that was paused before it began was in no phase', () => {
    const paused = child({ ending: { kind: 'paused' } });
    expect(only({ runs: [run({ children: [paused] })] })?.spans).toEqual([]);
  });
});

test('waiting that took no time is no stay, and the last stay goes on until now', () => {
  const spans = spansOf(
    [
      { phase: 'waiting', at: at(0) },
      { phase: 'draining', at: at(2) },
    ],
    null,
  );
  expect(spans).toEqual([
    { phase: 'waiting', from: at(0), to: at(2) },
    { phase: 'draining', from: at(2), to: null },
  ]);
  expect(spansOf([{ phase: 'waiting', at: at(0) }], at(0))).toEqual([]);
  expect(tookMs(spans, Date.parse(at(5)))).toBe(300_000);
  expect(tookMs([], 0)).toBeNull();
});
