import { describe, expect, test } from 'vitest';
import { explain } from '../../../src/model/explain.js';
import type { StandingCode } from '../../../src/model/obstacle.js';
import type { Phase } from '../../../src/model/outcome.js';
import type { Reason, ReasonCode } from '../../../src/model/reason.js';
import type { RolloutReport } from '../../../src/model/report.js';
import {
  ask,
  available,
  id,
  idle,
  inFlight,
  next,
  now,
  quiet,
  rolling,
  sight,
  since,
  task,
  workflowId,
} from '../../support/asking-why.js';

const codes = (...known: Parameters<typeof ask>): string[] => ask(...known).obstacles.map(({ code }) => code);

describe('while its work is under way', () => {
  /** What it does in each phase, and until when, if there is a limit. */
  const phases: Record<Phase, { does: RegExp; how: RegExp; at?: string }> = {
    waiting: { does: /^it is asked once more before it is drained/, how: /goes on by itself\.$/ },
    draining: {
      does: /^it is being drained/,
      how: /after 25m it is given back/,
      at: '2026-01-05T12:20:00.000Z',
    },
    updating: {
      does: /^it is being updated/,
      how: /after 14m it is given back/,
      at: '2026-01-05T12:09:00.000Z',
    },
    rebooting: {
      does: /^it is rebooting/,
      how: /after 15m it counts as failed/,
      at: '2026-01-05T12:10:00.000Z',
    },
    verifying: {
      does: /^it is being verified/,
      how: /after 10m it counts as failed/,
      at: '2026-01-05T12:05:00.000Z',
    },
    activating: { does: /^it is being given back/, how: /goes on by itself\.$/ },
    settling: {
      does: /^it serves again/,
      how: /after 9m it is reported with a warning/,
      at: '2026-01-05T12:04:00.000Z',
    },
  };
  const entered = '2026-01-05T11:55:00.000Z';
  const working = (phase: Phase, sinceThen = entered) =>
    rolling(
      { inFlight },
      {
        work: {
          workflowId,
          startedAt: since,
          status: {
            phase,
            since: sinceThen,
            entered: [],
            from: '1.26.0',
            to: '1.26.1',
            note: null,
            needsAttention: false,
            outcome: null,
          },
          awaiting: 'what is awaited',
        },
      },
    );

  test.each(Object.entries(phases))(
    'in the phase %s it is told what is done, since when and until when',
    (name, { does, how, at }) => {
      const phase = Object.keys(phases).find((one): one is Phase => one === name) ?? 'waiting';
      const { obstacles, version, target, isUpToDate } = ask({ world: working(phase) });
      expect(obstacles).toEqual([
        {
          code: 'in-flight',
          what: expect.stringMatching(does),
          since: entered,
          clears: { byItself: true, how: expect.stringMatching(how), ...(at && { at }) },
        },
      ]);
      expect(obstacles[0]?.what).toContain(
        `since ${entered} (what is awaited). Workflow ${workflowId} has it.`,
      );
      expect({ version, target, isUpToDate }).toEqual({
        version: '1.26.0',
        target: '1.26.1',
        isUpToDate: false,
      });
    },
  );

  test('a limit that began anew is not told by its first end', () => {
    const [found] = ask({ world: working('rebooting', '2026-01-05T11:00:00.000Z') }).obstacles;
    expect(found?.clears).not.toHaveProperty('at');
  });

  test('a workflow that the rollout does not wait for is another run', () => {
    const world = { ...working('draining'), rollout: rolling({}).rollout };
    expect(codes({ world })).toEqual(['in-flight', 'handled-by-another-run']);
  });

  test('one that the rollout has only just begun, or ended, is in flight', () => {
    expect(codes({ world: rolling({ inFlight }) })).toEqual(['in-flight']);
  });
});

describe('an instance', () => {
  test('that runs the newest version has nothing in its way', () => {
    const answer = ask({ sight: sight({ check: idle('1.26.0') }, { hold: {} }) });
    expect(answer).toMatchObject({ version: '1.26.0', target: '1.26.0', isUpToDate: true, obstacles: [] });
  });

  test('is told everything that is in its way, not only the first', () => {
    const workload = {
      standaloneTasks: [task('family:nightly')],
      protectedTasks: [task('service:web')],
      stuckServices: ['db'],
      deployingServices: ['web'],
    };
    const its = {
      included: false,
      status: 'DRAINING',
      hold: { since },
      failure: { kind: 'failed' as const, version: '1.26.1', tries: 5, code: 'x', at: since },
    };
    const seen = sight(
      {
        leftOutBy: 'include',
        isDisconnected: true,
        workload,
        quarantined: { '1.26.1': 2 },
        cannotBegin: 'no such cluster',
        capacity: { outOfService: 2, allowed: 1 },
      },
      its,
    );
    const schedule = { isPaused: true, note: '', next };
    expect(codes({ sight: seen, world: { ...quiet, schedule } })).toEqual([
      'excluded',
      'draining-by-others',
      'held',
      'agent-disconnected',
      'quarantined-version',
      'gave-up',
      'standalone-task',
      'protected-task',
      'cannot-drain',
      'deployment-in-progress',
      'schedule-paused',
      'no-capacity',
      'cannot-begin',
    ]);
  });

  test('is told since when rollouts leave it behind', () => {
    const behind = { since, version: '1.26.1' };
    expect(ask({ sight: sight({}, { behind }) })).toMatchObject({ behindSince: since });
    expect(ask({ sight: sight({ check: idle('1.26.0') }, { behind }) })).toMatchObject({ behindSince: null });
  });

  test('that include does not mean is told so with the expression', () => {
    const [found] = ask({ sight: sight({ leftOutBy: 'include' }, { included: false }) }).obstacles;
    expect(found?.what).toBe('the settings leave it out: include (attribute:a exists) does not mean it.');
  });

  test('that we hold out of service is held, and not called left behind', () => {
    const mark = { installation: 'default', rolloutId: 'r', since, held: true as const };
    const [found, ...more] = ask({ sight: sight({ check: null }, { status: 'DRAINING', mark }) }).obstacles;
    expect(found).toMatchObject({
      code: 'held',
      since,
      clears: {
        byItself: false,
        how: expect.stringContaining(`ecs-updater clear --cluster prod --instance ${id}`),
      },
    });
    expect(more.map(({ code }) => code)).toEqual(['next-rollout']);
  });

  test('whose host cannot be asked is told what failed there before', () => {
    const failure = { kind: 'failed' as const, version: '1.26.1', tries: 5, code: 'x', at: since };
    const check = { kind: 'check-failed' as const, seen: 'no answer' };
    expect(codes({ sight: sight({ check }, { failure }) })).toEqual([
      'check-failed',
      'gave-up',
      'next-rollout',
    ]);
    expect(ask({ sight: sight({ check }) })).toMatchObject({ version: null, target: null, isUpToDate: null });
  });

  test('of which the update was withdrawn from a quarantined version is told both', () => {
    const seen = sight({ check: idle('1.26.0', '1.26.1'), quarantined: { '1.26.1': 2 } });
    expect(codes({ sight: seen })).toEqual(['not-in-wave', 'quarantined-version', 'next-rollout']);
  });

  test('is not kept from its turn by those that the rollout itself has out of service', () => {
    const world = rolling({
      inFlight: inFlight.map((one) => ({ ...one, ec2InstanceId: 'i-2', workflowId: 'other' })),
    });
    const seen = sight({ capacity: { outOfService: 1, allowed: 1 } });
    expect(codes({ sight: seen, world })).toEqual(['joined-later']);
  });
});

describe('an order for rollouts to come', () => {
  const ordered = sight({}, { pause: { since, by: 'ann' }, skip: { reason: 'batch job runs' } });

  test('is told between rollouts', () => {
    expect(ask({ sight: ordered }).obstacles).toMatchObject([
      { code: 'instance-paused', since, what: `it is paused by ann since ${since}.` },
      {
        code: 'skipped-by-operator',
        what: 'skipped: batch job runs.',
        clears: {
          byItself: true,
          how: expect.stringMatching(/^It is left out of the next rollout only, unless /),
        },
      },
      { code: 'next-rollout' },
    ]);
  });

  test('that anybody wrote by hand is told as it is', () => {
    expect(ask({ sight: sight({}, { pause: {} }) }).obstacles[0]).toMatchObject({ what: 'it is paused.' });
  });

  test('is told once where the rollout that runs has read it', () => {
    const waiting = [{ ec2InstanceId: id, from: '1', to: '2', paused: { since, by: 'ann' }, skipped: null }];
    const known = { sight: sight({}, { pause: { since, by: 'ann' } }), world: rolling({ queued: waiting }) };
    expect(codes(known)).toEqual(['instance-paused']);
  });
});

describe('the Schedule', () => {
  test('that is paused says nothing of the next rollout', () => {
    const schedule = { isPaused: true, note: '', next };
    const result = { kind: 'gone' as const, reason: { code: 'terminated' as const, detail: 'x' } };
    const world = rolling({ results: [{ result, ec2InstanceIds: [id] }] }, { schedule });
    expect(ask({ world }).obstacles[0]?.clears).not.toHaveProperty('at');
  });

  test('that somebody else has paused is theirs to end', () => {
    const note = `freeze | ecs-updater: paused since ${since}`;
    expect(ask({ world: { ...quiet, schedule: { isPaused: true, note, next } } }).obstacles).toMatchObject([
      { code: 'schedule-paused', since, what: `the Schedule is paused since ${since}.` },
      {
        code: 'schedule-paused',
        what: 'somebody else has paused the Schedule (note: freeze).',
        clears: {
          byItself: false,
          how: expect.stringContaining('temporal schedule toggle --schedule-id ecs-updater/prod'),
        },
      },
    ]);
  });

  test('that starts no more is told so', () => {
    const world = { ...quiet, schedule: { isPaused: false, note: '', next: null } };
    expect(ask({ world }).obstacles).toMatchObject([
      { code: 'next-rollout', clears: { byItself: false, how: expect.stringContaining('ecs-updater run') } },
    ]);
  });
});

test('without a worker only what Temporal knows is told', () => {
  const world = { ...rolling({}), isWorkerThere: false, rollout: { startedAt: since, status: null } };
  const answer = ask({ sight: null, world });
  expect(answer).toMatchObject({ version: null, isUpToDate: null, at: now });
  expect(answer.obstacles).toMatchObject([
    { code: 'no-worker', what: expect.stringContaining(`though a rollout runs since ${since}`) },
  ]);
});

/** How a rollout may end for an instance: one of each that is no obstacle, so that the table is complete. */
const endings: { [Code in Exclude<ReasonCode, StandingCode>]: Extract<Reason, { code: Code }> } = {
  'up-to-date': { code: 'up-to-date', version: '1.26.1' },
  'drain-limit': { code: 'drain-limit', limitMs: 1, tasks: [], serviceEvents: [] },
  'taken-over': { code: 'taken-over', status: 'ACTIVE' },
  'update-withdrawn': { code: 'update-withdrawn', version: '1.26.0' },
  'apply-failed': { code: 'apply-failed', detail: 'no space left' },
  'update-limit': { code: 'update-limit', limitMs: 1 },
  'reboot-refused': { code: 'reboot-refused', detail: 'exit code 1' },
  'reboot-limit': { code: 'reboot-limit', limitMs: 1 },
  'booted-old-version': { code: 'booted-old-version', version: '1.26.0', target: '1.26.1' },
  'wrong-version': { code: 'wrong-version', version: null, target: '1.26.1' },
  'verify-limit': { code: 'verify-limit', limitMs: 1, detail: 'agent disconnected' },
  'settle-limit': { code: 'settle-limit', limitMs: 1, services: ['web'] },
  terminated: { code: 'terminated', detail: 'EC2 terminated it' },
  cancelled: { code: 'cancelled' },
  restored: { code: 'restored', since, rebooted: false, version: null },
  'aws-error': { code: 'aws-error', error: 'StopsRollout', message: 'access denied' },
  'workflow-ended': { code: 'workflow-ended', detail: 'terminated' },
};

const report = (groups: RolloutReport['groups']): RolloutReport => ({
  cluster: 'prod',
  rolloutId: 'r',
  startedAt: since,
  endedAt: now,
  counts: { updated: 0, skipped: 0, 'rolled-back': 0, failed: 0, gone: 0, 'not-started': 0 },
  groups,
  phases: {},
  stopped: null,
  failures: 0,
  failureBudget: 1,
  quarantined: {},
  behind: { instances: 0, oldestSince: null },
  steering: [],
});

describe('past rollouts', () => {
  test.each(Object.entries(endings))('%s is told as what came of one', (code, reason) => {
    const reports = [
      report([{ result: { kind: 'failed', reason }, ec2InstanceIds: ['i-other', id] }]),
      report([{ result: { kind: 'failed', reason }, ec2InstanceIds: ['i-other'] }]),
    ];
    expect(ask({ reports }).past).toEqual([
      { rolloutId: 'r', startedAt: since, endedAt: now, kind: 'failed', code, what: explain(reason) },
    ]);
  });

  test('an update is told with its warning', () => {
    const result = { kind: 'updated', from: '1', to: '2', warning: endings['settle-limit'] } as const;
    expect(ask({ reports: [report([{ result, ec2InstanceIds: [id] }])] }).past).toMatchObject([
      {
        kind: 'updated',
        code: 'settle-limit',
        what: expect.stringMatching(/^updated from 1 to 2\. But web /),
      },
    ]);
  });
});

test('a host of another release than ours is understood', () => {
  const check = {
    kind: 'checked' as const,
    host: { ...available, updateState: 'Staged' as const, stagedVersion: '1.26.1' },
  };
  expect(ask({ sight: sight({ check }) })).toMatchObject({ version: '1.26.0', target: '1.26.1' });
});
