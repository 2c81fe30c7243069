import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../src/config/settings.js';
import type { CheckResult } from '../../../src/model/host.js';
import type { Instance, Workload } from '../../../src/model/instance.js';
import {
  compareForUpdate,
  obstacle,
  type Verdict,
  verdictBeforeCheck,
  verdictOfCheck,
  verdictWithMemory,
  verdictWithWorkload,
} from '../../../src/model/plan.js';
import type { Reason } from '../../../src/model/reason.js';

const instance = (spec: Partial<Instance> = {}): Instance => ({
  ec2InstanceId: 'i-1',
  containerInstanceArn: 'arn:ci/1',
  availabilityZone: 'eu-west-1a',
  status: 'ACTIVE',
  agentConnected: true,
  variant: 'aws-ecs-2',
  host: 'ec2',
  mark: null,
  failure: null,
  behind: null,
  hold: null,
  pause: null,
  skip: null,
  included: true,
  ...spec,
});

const mark = (installation: string) => ({ installation, rolloutId: 'r', since: '2026-01-01T00:00:00.000Z' });

describe('the verdict from ECS alone', () => {
  test.each<[string, Partial<Instance>, boolean, object | null]>([
    ['an ACTIVE Bottlerocket host has to be asked', {}, false, null],
    ['left out by the settings', { included: false }, false, { code: 'excluded' }],
    ['ECS Anywhere', { host: 'external' }, false, { code: 'external' }],
    ['ECS Managed Instances', { host: 'managed' }, false, { code: 'managed-instance' }],
    [
      'DRAINING without a mark',
      { status: 'DRAINING' },
      false,
      { code: 'draining-by-others', installation: null, since: null },
    ],
    [
      'DRAINING with the mark of another installation',
      { status: 'DRAINING', mark: mark('blue') },
      false,
      { code: 'draining-by-others', installation: 'blue', since: '2026-01-01T00:00:00.000Z' },
    ],
    ['still registering', { status: 'REGISTERING' }, false, { code: 'not-active', status: 'REGISTERING' }],
    ['another operating system', { variant: null }, false, { code: 'not-bottlerocket' }],
    ['held', { hold: { by: 'ann', reason: 'busy' } }, true, { code: 'held', by: 'ann', reason: 'busy' }],
    ['held by hand', { hold: {} }, false, { code: 'held' }],
    ['its agent is away', { agentConnected: false }, true, { code: 'agent-disconnected' }],
    ['its agent was away for one read only', { agentConnected: false }, false, null],
    ['ACTIVE with the mark of another installation', { mark: mark('blue') }, false, null],
  ])('%s', (_, spec, disconnected, reason) => {
    const verdict = verdictBeforeCheck(instance(spec), 'default', disconnected);
    expect(verdict).toEqual(reason === null ? null : { kind: 'skip', reason });
  });

  test.each<[string, Partial<Instance>, string]>([
    [
      'the settings count before anything else',
      { included: false, host: 'external', status: 'DRAINING' },
      'excluded',
    ],
    [
      'who runs the host counts before its status',
      { host: 'managed', status: 'DRAINING' },
      'managed-instance',
    ],
    [
      'a drain counts before the operating system',
      { status: 'DRAINING', variant: null },
      'draining-by-others',
    ],
    [
      'the operating system counts before the agent',
      { variant: null, agentConnected: false },
      'not-bottlerocket',
    ],
  ])('%s', (_, spec, code) => {
    expect(verdictBeforeCheck(instance(spec), 'default', true)).toMatchObject({ reason: { code } });
  });
});

describe('the verdict from the answer of the host', () => {
  test.each<[CheckResult, Reason]>([
    [{ kind: 'not-managed-by-ssm' }, { code: 'not-managed-by-ssm' }],
    [
      { kind: 'ssm-offline', pingStatus: 'ConnectionLost', lastPing: null },
      { code: 'ssm-offline', pingStatus: 'ConnectionLost', lastPing: null },
    ],
    [
      { kind: 'too-old', version: '1.0.4' },
      { code: 'too-old', version: '1.0.4' },
    ],
    [
      { kind: 'check-failed', seen: 'exit code 127' },
      { code: 'check-failed', seen: 'exit code 127' },
    ],
  ])('%j is the reason, with what was seen', (check, reason) => {
    expect(verdictOfCheck(check)).toEqual({ kind: 'skip', reason });
  });
});

describe('what runs there', () => {
  const task = { taskArn: 'arn:task/1', group: 'family:x', lastStatus: 'RUNNING' };
  const update: Verdict = { kind: 'update', from: '1', to: '2', found: 'Available' };
  const nothing: Workload = { standaloneTasks: [], protectedTasks: [], stuckServices: [] };

  test('nothing in the way leaves the verdict', () => {
    expect(verdictWithWorkload(update, nothing)).toBe(update);
  });

  test.each<[string, Partial<Workload>, string]>([
    ['a standalone task', { standaloneTasks: [task] }, 'standalone-task'],
    ['a protected task', { protectedTasks: [task] }, 'protected-task'],
    ['a service that cannot drain', { stuckServices: ['db'] }, 'cannot-drain'],
    [
      'a standalone task first',
      { standaloneTasks: [task], protectedTasks: [task], stuckServices: ['db'] },
      'standalone-task',
    ],
    ['then a protected one', { protectedTasks: [task], stuckServices: ['db'] }, 'protected-task'],
  ])('%s is the reason', (_, workload, code) => {
    expect(obstacle({ ...nothing, ...workload })).toMatchObject({ code });
    expect(verdictWithWorkload(update, { ...nothing, ...workload })).toMatchObject({
      kind: 'skip',
      reason: { code },
    });
  });

  test('does not change a verdict that was skip already', () => {
    const skip: Verdict = { kind: 'skip', reason: { code: 'up-to-date', version: '1' } };
    expect(verdictWithWorkload(skip, { ...nothing, standaloneTasks: [task] })).toBe(skip);
  });
});

describe('what failed there before', () => {
  const update: Verdict = { kind: 'update', from: '1', to: '2', found: 'Available' };
  const at = '2026-01-01T00:00:00.000Z';
  const mark = { kind: 'failed', version: '2', tries: 1, code: 'reboot-limit', at } as const;
  const { failures } = parseSettings({});

  test('forbids that version while it backs off, and nothing else', () => {
    const now = Date.parse(at);
    expect(verdictWithMemory(update, mark, {}, failures, now)).toMatchObject({
      reason: { code: 'backing-off' },
    });
    expect(verdictWithMemory({ ...update, to: '3' }, mark, {}, failures, now)).toMatchObject({ to: '3' });
    expect(verdictWithMemory(update, null, {}, failures, now)).toBe(update);
    const skip: Verdict = { kind: 'skip', reason: { code: 'up-to-date', version: '2' } };
    expect(verdictWithMemory(skip, mark, { '2': 2 }, failures, now)).toBe(skip);
  });
});

test('a quarantined version is for nobody, another is', () => {
  const update: Verdict = { kind: 'update', from: '1', to: '2', found: 'Ready' };
  const { failures } = parseSettings({});
  expect(verdictWithMemory(update, null, { '2': 3 }, failures, 0)).toEqual({
    kind: 'skip',
    reason: { code: 'quarantined-version', version: '2', hosts: 3 },
    from: '1',
    to: '2',
  });
  expect(verdictWithMemory({ ...update, to: '3' }, null, { '2': 3 }, failures, 0)).toMatchObject({ to: '3' });
});

test('own hosts come last, then earlier failures; before that the oldest version first, then the lowest id', () => {
  const usual = { failedBefore: false, isOwnHost: false };
  const hosts = [
    { ...usual, ec2InstanceId: 'i-0', from: '1.7.0', isOwnHost: true },
    { ...usual, ec2InstanceId: 'i-1', from: '1.8.0', failedBefore: true },
    { ...usual, ec2InstanceId: 'i-3', from: '1.10.0' },
    { ...usual, ec2InstanceId: 'i-2', from: '1.10.0' },
    { ...usual, ec2InstanceId: 'i-9', from: '1.9.0' },
  ];
  expect(hosts.toSorted(compareForUpdate).map((h) => h.ec2InstanceId)).toEqual([
    'i-9',
    'i-2',
    'i-3',
    'i-1',
    'i-0',
  ]);
});
