import { describe, expect, test } from 'vitest';
import type { Instance } from '../../../src/model/instance.js';
import type { StandingCode, WorldCode } from '../../../src/model/obstacle.js';
import type { Known } from '../../../src/model/why.js';
import {
  ask,
  id,
  idle,
  inFlight,
  next,
  on,
  queued,
  quiet,
  rolling,
  sight,
  since,
  task,
  workflowId,
} from '../../support/asking-why.js';

interface Case {
  known: Partial<Known>;
  /** What the obstacle must hold. */
  says: { what: RegExp; how: RegExp; byItself: boolean; at?: string; since?: string };
}

const failed = (tries: number): Instance['failure'] => ({
  kind: 'failed',
  version: '1.26.1',
  tries,
  code: 'reboot-limit',
  at: '2026-01-05T11:59:00.000Z',
});

const workload = { standaloneTasks: [], protectedTasks: [], stuckServices: [] };

/** One for each reason for which a rollout leaves an instance alone: the type makes the table complete. */
const reasons: Record<StandingCode, Case> = {
  'not-in-wave': {
    known: { sight: sight({ check: idle('1.26.0', '1.26.1') }) },
    says: {
      what: /1\.26\.1 is published, but this host's wave has not begun/,
      how: /offered later/,
      byItself: true,
    },
  },
  'standalone-task': {
    known: { sight: sight({ workload: { ...workload, standaloneTasks: [task('family:nightly')] } }) },
    says: {
      what: /1 standalone task .* 4af1 \(family:nightly, RUNNING\)/,
      how: /once they have ended/,
      byItself: true,
    },
  },
  'protected-task': {
    known: {
      sight: sight({
        workload: { ...workload, protectedTasks: [task('service:web')], protectedUntil: next },
      }),
    },
    says: {
      what: /1 task under task protection: 4af1/,
      how: /once the protection has ended/,
      byItself: true,
      at: next,
    },
  },
  'skipped-by-operator': {
    known: {
      world: rolling({
        queued: queued(id).map((one) => ({ ...one, skipped: { by: 'ann', reason: 'batch job runs' } })),
      }),
    },
    says: {
      what: /^skipped by ann: batch job runs\.$/,
      how: new RegExp(`left out of this rollout only, unless taken back: ecs-updater unskip ${on}`),
      byItself: true,
    },
  },
  'agent-disconnected': {
    known: { sight: sight({ isDisconnected: true }, { agentConnected: false }) },
    says: { what: /agent is disconnected/, how: /Check the host, or deregister it/, byItself: false },
  },
  ghost: {
    known: { sight: sight({ ghost: { state: 'terminated' }, check: null }) },
    says: {
      what: /EC2 says it is terminated/,
      how: /^Remove it: aws ecs deregister-container-instance /,
      byItself: false,
    },
  },
  'ssm-offline': {
    known: {
      sight: sight({ check: { kind: 'ssm-offline', pingStatus: 'ConnectionLost', lastPing: since } }),
    },
    says: { what: /SSM cannot reach it \(ConnectionLost/, how: /control container/, byItself: false },
  },
  'not-managed-by-ssm': {
    known: { sight: sight({ check: { kind: 'not-managed-by-ssm' } }) },
    says: { what: /SSM does not know it/, how: /AmazonSSMManagedInstanceCore/, byItself: false },
  },
  'not-bottlerocket': {
    known: { sight: sight({ check: null }, { variant: null }) },
    says: { what: /does not run Bottlerocket/, how: /Only Bottlerocket/, byItself: false },
  },
  external: {
    known: { sight: sight({ check: null }, { host: 'external' }) },
    says: { what: /external/, how: /where it runs/, byItself: false },
  },
  'managed-instance': {
    known: { sight: sight({ check: null }, { host: 'managed' }) },
    says: { what: /Managed Instance/, how: /AWS replaces it/, byItself: true },
  },
  'too-old': {
    known: { sight: sight({ check: { kind: 'too-old', version: '1.0.4' } }) },
    says: { what: /runs 1\.0\.4/, how: /Replace the instance/, byItself: false },
  },
  'draining-by-others': {
    known: {
      sight: sight({}, { status: 'DRAINING', mark: { installation: 'blue', rolloutId: 'r', since } }),
    },
    says: { what: /drained by blue since /, how: /theirs to give back/, byItself: false, since },
  },
  'not-active': {
    known: { sight: sight({}, { status: 'REGISTERING' }) },
    says: { what: /its status is REGISTERING/, how: /once ECS calls it ACTIVE/, byItself: true },
  },
  'cannot-drain': {
    known: { sight: sight({ workload: { ...workload, stuckServices: ['db'] } }) },
    says: { what: /tasks of db cannot move/, how: /Change one of them/, byItself: false },
  },
  'check-failed': {
    known: { sight: sight({ check: { kind: 'check-failed', seen: 'exit code 127' } }) },
    says: {
      what: /could not be read: exit code 127/,
      how: /asked again in the next rollout/,
      byItself: true,
    },
  },
  excluded: {
    known: { sight: sight({ leftOutBy: 'exclude' }, { included: false }) },
    says: { what: /exclude \(attribute:b == x\) means it/, how: /settings/, byItself: false },
  },
  'no-capacity': {
    known: { sight: sight({ capacity: { outOfService: 2, allowed: 1 } }) },
    says: {
      what: /2 instances .* out of service already, 1 may be/,
      how: /raise maxUnavailable/,
      byItself: false,
    },
  },
  held: {
    known: { sight: sight({}, { hold: { since, by: 'ann', reason: 'disk' } }) },
    says: {
      what: /^held since .* by ann: disk\.$/,
      how: new RegExp(`ecs-updater unhold ${on}`),
      byItself: false,
      since,
    },
  },
  'backing-off': {
    known: { sight: sight({}, { failure: failed(1) }) },
    says: {
      what: /1\.26\.1 failed here once \(reboot-limit\)/,
      how: new RegExp(`or once cleared: ecs-updater clear ${on}`),
      byItself: true,
      at: '2026-01-05T12:01:00.000Z',
    },
  },
  'gave-up': {
    known: { sight: sight({}, { failure: failed(5) }) },
    says: { what: /failed here 5 times/, how: new RegExp(`ecs-updater clear ${on}`), byItself: false },
  },
  'quarantined-version': {
    known: { sight: sight({ quarantined: { '1.26.1': 2 } }) },
    says: {
      what: /1\.26\.1 is quarantined: 2 hosts/,
      how: /ecs-updater clear --cluster prod --quarantine 1\.26\.1/,
      byItself: false,
    },
  },
  'handled-by-another-run': {
    known: { world: { ...quiet, work: { workflowId, startedAt: since, status: null, awaiting: null } } },
    says: { what: new RegExp(workflowId), how: /once that workflow has ended/, byItself: true },
  },
  'left-behind': {
    known: {
      sight: sight(
        { check: null },
        { status: 'DRAINING', mark: { installation: 'default', rolloutId: 'r', since } },
      ),
    },
    says: { what: /drained it at /, how: /next rollout gives it back/, byItself: true, since },
  },
  'deployment-in-progress': {
    known: { sight: sight({ workload: { ...workload, deployingServices: ['web'] } }) },
    says: { what: /a deployment of web/, how: /./, byItself: true },
  },
  'rollout-stopped': {
    known: {
      world: rolling({ queued: queued(id), stopped: { by: 'failure-budget', failures: 2, budget: 1 } }),
    },
    says: { what: /stopped before its turn: 2 failures/, how: /next rollout/, byItself: true },
  },
};

/** One for each thing that stands in the way beside the instance itself. */
const surroundings: Record<WorldCode, Case> = {
  'no-worker': {
    known: { sight: null, world: { ...quiet, isWorkerThere: false } },
    says: { what: /no worker polls the task queue ecs-updater/, how: /ecs-updater worker/, byItself: false },
  },
  'no-schedule': {
    known: { input: null, sight: null, world: { ...quiet, schedule: null } },
    says: { what: /no Schedule/, how: /ecs-updater schedule --cluster prod/, byItself: false },
  },
  'schedule-paused': {
    known: {
      world: {
        ...quiet,
        schedule: { isPaused: true, note: `ecs-updater: paused by ann since ${since}: freeze`, next },
      },
    },
    says: {
      what: /the Schedule is paused by ann since .*: freeze\.$/,
      how: /ecs-updater resume --cluster prod\.$/,
      byItself: false,
      since,
    },
  },
  'cannot-begin': {
    known: { sight: sight({ cannotBegin: 'AccessDenied: ssm:SendCommand. Allow it.' }) },
    says: { what: /could not begin: AccessDenied: ssm:SendCommand\. Allow it\./, how: /./, byItself: false },
  },
  'next-rollout': {
    known: {},
    says: { what: /no rollout runs/, how: /ecs-updater run --cluster prod/, byItself: true, at: next },
  },
  checking: {
    known: { world: rolling({ stage: 'checking' }) },
    says: { what: /still asks the hosts/, how: /once it is planned/, byItself: true },
  },
  'rollout-paused': {
    known: {
      world: rolling({ queued: queued(id), paused: { since, by: 'ann', reason: 'change freeze' } }),
    },
    says: {
      what: /the rollout is paused by ann since .*: change freeze/,
      how: /ecs-updater resume --cluster prod\.$/,
      byItself: false,
      since,
    },
  },
  'instance-paused': {
    known: {
      world: rolling({ queued: queued(id).map((one) => ({ ...one, paused: { since, by: 'ann' } })) }),
    },
    says: {
      what: /it is paused by ann since /,
      how: new RegExp(`ecs-updater resume ${on}`),
      byItself: false,
      since,
    },
  },
  queued: {
    known: { world: rolling({ queued: queued('i-1', 'i-2', id, 'i-4') }) },
    says: { what: /number 3 of 4, with 0 in flight/, how: /by itself/, byItself: true },
  },
  'in-flight': {
    known: {
      world: rolling(
        { inFlight },
        { work: { workflowId, startedAt: since, status: null, awaiting: '2 tasks left: service:web×2' } },
      ),
    },
    says: {
      what: /under way since .* \(2 tasks left: service:web×2\)/,
      how: /by itself/,
      byItself: true,
      since,
    },
  },
  'had-its-turn': {
    known: {
      world: rolling({
        results: [
          {
            result: { kind: 'rolled-back', reason: { code: 'apply-failed', detail: 'no space left' } },
            ec2InstanceIds: [id],
          },
        ],
        endedAt: { [id]: since },
      }),
    },
    says: { what: /is done with it: .*no space left/, how: /next rollout/, byItself: true, at: next, since },
  },
  'joined-later': {
    known: { world: rolling({ queued: queued('i-1') }) },
    says: { what: /joined the cluster later/, how: /next rollout/, byItself: true, at: next },
  },
};

describe.each([...Object.entries(reasons), ...Object.entries(surroundings)])(
  '%s',
  (code, { known, says }) => {
    const found = ask(known).obstacles.find((obstacle) => obstacle.code === code);

    test('is told, with when or how it clears', () => {
      expect(found).toMatchObject({
        what: expect.stringMatching(says.what),
        clears: { byItself: says.byItself, how: expect.stringMatching(says.how) },
      });
      expect(found?.clears.at).toBe(says.at);
      expect(found?.since).toBe(says.since);
    });

    test('is told in sentences', () => {
      expect(found?.clears.how).toMatch(/^[A-Z].*[.a-z\d]$/s);
    });
  },
);
