import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../src/config/settings.js';
import { forbiddenBy, type FailureMark } from '../../../src/model/failures.js';
import type { CheckResult, HostStatus } from '../../../src/model/host.js';
import type { Instance, TaskRef, Workload } from '../../../src/model/instance.js';
import {
  compareForUpdate,
  type Verdict,
  verdictBeforeCheck,
  verdictOfCheck,
  verdictWithMemory,
  verdictWithWorkload,
} from '../../../src/model/plan.js';
import { explain } from '../../../src/model/explain.js';
import { compareVersions } from '../../../src/model/version.js';

const { failures: rules } = parseSettings({});
const now = Date.parse('2026-11-21T12:00:00.000Z');

const version = fc.constantFrom('1.0.4', '1.19.0', '1.20.0', '1.20.1', '1.21.0');
const instant = fc.integer({ min: now - 10 * 86_400_000, max: now }).map((ms) => new Date(ms).toISOString());
const failure: fc.Arbitrary<FailureMark> = fc.record({
  kind: fc.constant('failed' as const),
  version,
  tries: fc.integer({ min: 1, max: 9 }),
  code: fc.constantFrom('booted-old-version', 'apply-failed', 'reboot-limit'),
  at: instant,
});

interface Case {
  instance: Instance;
  disconnected: boolean;
  host: HostStatus;
  /** Instead of what the host says. */
  unread?: CheckResult;
  workload: Workload;
  quarantined: Record<string, number>;
}

const target = '1.21.0';
const task: TaskRef = { taskArn: 'arn:task/1', group: 'family:batch', lastStatus: 'RUNNING' };

/** An instance that is to be updated: what may be different about it does not matter. */
const willing: fc.Arbitrary<Case> = fc.record({
  instance: fc.record({
    ec2InstanceId: fc.constantFrom('i-1', 'i-2'),
    containerInstanceArn: fc.constant('arn:ci/1'),
    availabilityZone: fc.constantFrom('eu-west-1a', null),
    status: fc.constant('ACTIVE'),
    agentConnected: fc.boolean(),
    variant: fc.constant('aws-ecs-2'),
    host: fc.constant('ec2' as const),
    mark: fc.constantFrom(null, { installation: 'blue', rolloutId: 'r', since: '2026-01-01T00:00:00.000Z' }),
    failure: fc.option(failure.filter((mark) => mark.kind === 'failed' && mark.version !== target)),
    behind: fc.constant(null),
    hold: fc.constant(null),
    pause: fc.constant(null),
    skip: fc.constant(null),
    included: fc.constant(true),
  }),
  disconnected: fc.constant(false),
  host: fc.record({
    bootId: fc.constant('0b0e0000-0000-4000-8000-000000000001'),
    now: fc.constant(1_800_000_000),
    runningVersion: version.filter((one) => one !== target),
    updateState: fc.constantFrom('Available', 'Staged', 'Ready'),
    chosenVersion: fc.constant(target),
    stagedVersion: fc.constant(target),
    availableVersions: fc.array(version),
    refreshed: fc.boolean(),
  }),
  workload: fc.record({
    standaloneTasks: fc.array(fc.constant(task), { maxLength: 0 }),
    protectedTasks: fc.array(fc.constant(task), { maxLength: 0 }),
    stuckServices: fc.array(fc.string(), { maxLength: 0 }),
  }),
  quarantined: fc.dictionary(fc.constantFrom('1.20.0', '1.22.0'), fc.integer({ min: 0, max: 5 })),
});

type Flaw = (it: Case) => void;

/** Each alone keeps an instance from its update. */
const flaws: Record<string, Flaw> = {
  excluded: (it) => (it.instance.included = false),
  external: (it) => (it.instance.host = 'external'),
  managed: (it) => (it.instance.host = 'managed'),
  draining: (it) => (it.instance.status = 'DRAINING'),
  registering: (it) => (it.instance.status = 'REGISTERING'),
  'another system': (it) => (it.instance.variant = null),
  held: (it) => (it.instance.hold = {}),
  disconnected: (it) => (it.disconnected = true),
  'failed on it a minute ago': (it) =>
    (it.instance.failure = {
      kind: 'failed',
      version: target,
      tries: 1,
      code: 'apply-failed',
      at: new Date(now - 60_000).toISOString(),
    }),
  'failed too often': (it) =>
    (it.instance.failure = {
      kind: 'failed',
      version: target,
      tries: rules.giveUpAfter,
      code: 'apply-failed',
      at: '2026-01-01T00:00:00.000Z',
    }),
  'a memory that nobody can read': (it) => (it.instance.failure = { kind: 'unreadable', text: '?' }),
  quarantined: (it) => (it.quarantined[target] = 2),
  idle: (it) => (it.host.updateState = 'Idle'),
  'no version': (it) => {
    it.host.chosenVersion = null;
    it.host.stagedVersion = null;
  },
  'unknown to SSM': (it) => (it.unread = { kind: 'not-managed-by-ssm' }),
  offline: (it) => (it.unread = { kind: 'ssm-offline', pingStatus: 'ConnectionLost', lastPing: null }),
  'too old': (it) => (it.unread = { kind: 'too-old', version: '1.0.4' }),
  unread: (it) => (it.unread = { kind: 'check-failed', seen: 'nothing' }),
  'a standalone task': (it) => it.workload.standaloneTasks.push(task),
  'a protected task': (it) => it.workload.protectedTasks.push(task),
  'a stuck service': (it) => it.workload.stuckServices.push('web'),
};

/** All rules one after the other, as a rollout asks them. */
const verdictOf = (it: Case): Verdict =>
  verdictBeforeCheck(it.instance, 'default', it.disconnected) ??
  verdictWithWorkload(
    verdictWithMemory(
      verdictOfCheck(it.unread ?? { kind: 'checked', host: it.host }),
      it.instance.failure,
      it.quarantined,
      rules,
      now,
    ),
    it.workload,
  );

describe('whatever an instance is', () => {
  test('it is updated exactly if nothing speaks against it', () => {
    const some = fc.subarray(Object.keys(flaws));
    fc.assert(
      fc.property(willing, some, (it, names) => {
        for (const name of names) flaws[name]?.(it);
        const verdict = verdictOf(it);
        const { runningVersion: from, updateState: found } = it.host;
        const update = { kind: 'update', from, to: target, found };
        expect(verdict).toMatchObject(names.length === 0 ? update : { kind: 'skip' });
        expect(verdict.kind === 'update' || explain(verdict.reason)).toBeTruthy();
      }),
    );
  });

  test.each(Object.entries(flaws))('%s alone keeps it from its update', (_, spoil) => {
    fc.assert(
      fc.property(willing, (it) => {
        spoil(it);
        expect(verdictOf(it).kind).toBe('skip');
      }),
    );
  });

  test('what failed a longer time ago is never left alone for longer', () => {
    const later = fc.nat(20 * 86_400_000);
    fc.assert(
      fc.property(failure, version, later, later, (mark, to, a, b) => {
        const isFree = (ms: number) => forbiddenBy(mark, to, rules, now + ms) === null;
        expect(isFree(Math.max(a, b)) || !isFree(Math.min(a, b))).toBe(true);
      }),
    );
  });
});

describe('the order of updates', () => {
  const turn = fc.record({
    ec2InstanceId: fc.integer({ min: 0, max: 99 }).map((n) => `i-${n}`),
    from: version,
    failedBefore: fc.boolean(),
    isOwnHost: fc.boolean(),
  });
  const turns = fc.uniqueArray(turn, { selector: ({ ec2InstanceId }) => ec2InstanceId, maxLength: 30 });

  test('does not depend on the order in which ECS lists them', () => {
    const shuffled = turns.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(other.toSorted(compareForUpdate)).toEqual(all.toSorted(compareForUpdate));
      }),
    );
  });

  test('is: own hosts last, before them earlier failures, then the oldest version first', () => {
    fc.assert(
      fc.property(turns, (all) => {
        const sorted = all.toSorted(compareForUpdate);
        const steps = sorted.slice(1).map((next, index) => ({ before: sorted[index] ?? next, next }));
        const wrong = steps.filter(
          ({ before, next }) =>
            Number(before.isOwnHost) > Number(next.isOwnHost) ||
            (before.isOwnHost === next.isOwnHost &&
              (Number(before.failedBefore) > Number(next.failedBefore) ||
                (before.failedBefore === next.failedBefore && compareVersions(before.from, next.from) > 0))),
        );
        expect(wrong).toEqual([]);
      }),
    );
  });
});
