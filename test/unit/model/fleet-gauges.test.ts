import { describe, expect, test } from 'vitest';
import { type ClusterSight, samplesOf } from '../../../src/model/fleet-gauges.js';
import type { InstanceResult } from '../../../src/model/outcome.js';
import type { ResultGroup, RolloutReport } from '../../../src/model/report.js';
import type { ClusterStatus, InstanceStatus } from '../../../src/model/steering.js';
import { clusterStatusOf } from '../../support/cluster-status.js';

const start = '2026-03-01T12:00:00.000Z';
const minutesLater = (minutes: number): string =>
  new Date(Date.parse(start) + minutes * 60_000).toISOString();
const now = Date.parse(minutesLater(60));

const group = (result: InstanceResult, ...ec2InstanceIds: string[]): ResultGroup => ({
  result,
  ec2InstanceIds,
});

const standalone: InstanceResult = {
  kind: 'skipped',
  from: '1.25.0',
  to: '1.26.1',
  reason: { code: 'standalone-task', tasks: [] },
};
const upToDate: InstanceResult = { kind: 'skipped', reason: { code: 'up-to-date', version: '1.26.1' } };

const report = (groups: ResultGroup[], more: Partial<RolloutReport> = {}): RolloutReport => ({
  cluster: 'prod',
  rolloutId: 'r',
  startedAt: start,
  endedAt: minutesLater(30),
  counts: { updated: 0, skipped: 0, 'rolled-back': 0, failed: 0, gone: 0, 'not-started': 0 },
  groups,
  phases: {},
  stopped: null,
  failures: 0,
  failureBudget: 1,
  behind: { instances: 0, oldestSince: null },
  quarantined: {},
  steering: [],
  ...more,
});

const running = (more: Partial<ClusterStatus>): ClusterStatus =>
  clusterStatusOf({ startedAt: start, ...more });

const flight = (ec2InstanceId: string, minutes = 10): ClusterStatus['inFlight'][number] => ({
  ec2InstanceId,
  workflowId: `ecs-updater/prod/${ec2InstanceId}`,
  from: '1.26.0',
  to: '1.26.1',
  since: minutesLater(minutes),
});

const inPhase = (phase: InstanceStatus['phase'], more: Partial<InstanceStatus> = {}): InstanceStatus => ({
  phase,
  since: minutesLater(20),
  entered: [
    { phase: 'waiting', at: minutesLater(10) },
    { phase: 'draining', at: minutesLater(15) },
  ],
  from: '1.26.0',
  to: '1.26.1',
  note: null,
  needsAttention: false,
  outcome: null,
  ...more,
});

const ended: ClusterSight = {
  cluster: 'prod',
  schedulePaused: false,
  rollout: { status: 'COMPLETED', startedAt: start },
  running: null,
  inFlight: new Map(),
  report: report([]),
};

/** Series as Prometheus would show them, `name{label}`, that are not 0. */
function shown(sight: Partial<ClusterSight>): Record<string, number> {
  return Object.fromEntries(
    samplesOf({ ...ended, ...sight }, now)
      .filter(({ value }) => value !== 0)
      .map(({ gauge, labels, value }) => {
        const { cluster: _, ...rest } = labels;
        return [`${gauge.name.replace('ecs_updater_', '')}{${Object.values(rest).join()}}`, value];
      }),
  );
}

const rolling = (more: Partial<ClusterStatus>): Partial<ClusterSight> => ({
  rollout: { status: 'RUNNING', startedAt: start },
  running: running(more),
});

describe('the gauges of a cluster', () => {
  test('tell of its hosts by state and version as the last report does, the departed left out', () => {
    expect(
      shown({
        report: report(
          [
            group({ kind: 'updated', from: '1.26.0', to: '1.26.1' }, 'i-a', 'i-b'),
            group(upToDate, 'i-c'),
            group(standalone, 'i-d'),
            group({ kind: 'gone', reason: { code: 'terminated', detail: '' } }, 'i-e'),
            group({ kind: 'skipped', reason: { code: 'ghost', state: null, remedy: '' } }, 'i-f'),
            group({ kind: 'skipped', reason: { code: 'agent-disconnected' } }, 'i-g'),
          ],
          { behind: { instances: 1, oldestSince: minutesLater(-60) } },
        ),
      }),
    ).toMatchObject({
      'hosts_state{updated}': 2,
      'hosts_state{up-to-date}': 1,
      'hosts_state{standalone-task}': 1,
      'hosts_state{agent-disconnected}': 1,
      'hosts_version{1.26.1}': 3,
      'hosts_version{1.25.0}': 1,
      'hosts_version{unknown}': 1,
      'hosts_behind{}': 1,
      'hosts_behind_oldest_seconds{}': 2 * 60 * 60,
      'rollout_state{completed}': 1,
      'rollout_last_end_timestamp_seconds{}': Date.parse(minutesLater(30)) / 1000,
    });
  });

  test('tell of a rollout that runs what it says itself', () => {
    const queued = { ec2InstanceId: 'i-q', from: '1.26.0', to: '1.26.1', paused: null, skipped: null };
    const sight = shown({
      ...rolling({
        inFlight: [flight('i-a'), flight('i-b')],
        queued: [queued],
        results: [group(upToDate, 'i-c')],
        paused: { since: start },
        failures: 1,
        failureBudget: 3,
        behind: { instances: 3, oldestSince: start },
        quarantined: { '1.27.0': 2 },
      }),
      inFlight: new Map([
        ['i-a', inPhase('rebooting')],
        ['i-b', inPhase('activating', { needsAttention: true })],
      ]),
    });
    expect(sight).toMatchObject({
      'hosts_state{rebooting}': 1,
      'hosts_state{activating}': 1,
      'hosts_state{queued}': 1,
      'hosts_state{up-to-date}': 1,
      'hosts_version{1.26.0}': 3,
      'hosts_behind{}': 3,
      'hosts_out_of_service{}': 2,
      'hosts_out_of_service_oldest_seconds{}': 45 * 60,
      'hosts_needing_attention{}': 1,
      'rollout_state{running}': 1,
      'rollout_failures{}': 1,
      'rollout_failure_budget{}': 3,
      'version_quarantined{1.27.0}': 1,
      'paused{rollout}': 1,
    });
    expect(sight).not.toHaveProperty('paused{schedule}');
  });

  test('tell of the last report while a new rollout knows nobody yet', () => {
    const sight = shown({ ...rolling({ stage: 'checking' }), report: report([group(standalone, 'i-a')]) });
    expect(sight).toMatchObject({ 'hosts_state{standalone-task}': 1, 'rollout_state{running}': 1 });
  });

  test('count nobody as out of service who waits for its turn or serves again', () => {
    expect(
      shown({
        ...rolling({ inFlight: [flight('i-a'), flight('i-b')] }),
        inFlight: new Map([
          ['i-a', inPhase('waiting')],
          ['i-b', inPhase('settling')],
        ]),
      }),
    ).not.toHaveProperty('hosts_out_of_service{}');
  });

  test('count those held out of service, from the time of their mark or of the rollout that held them', () => {
    const heldNow: InstanceResult = {
      kind: 'failed',
      from: '1.26.0',
      to: '1.26.1',
      reason: { code: 'reboot-limit', limitMs: 1, afterwards: { did: 'hold' } },
    };
    const heldLong: InstanceResult = {
      kind: 'skipped',
      reason: { code: 'held', drained: true, since: minutesLater(-60) },
    };
    const byOperator: InstanceResult = { kind: 'skipped', reason: { code: 'held', reason: 'disk' } };
    expect(shown({ report: report([group(heldNow, 'i-a'), group(byOperator, 'i-b')]) })).toMatchObject({
      'hosts_held{}': 1,
      'hosts_out_of_service{}': 1,
      'hosts_out_of_service_oldest_seconds{}': 30 * 60,
    });
    expect(shown({ report: report([group(heldNow, 'i-a'), group(heldLong, 'i-b')]) })).toMatchObject({
      'hosts_held{}': 2,
      'hosts_out_of_service_oldest_seconds{}': 2 * 60 * 60,
    });
  });

  test('tell why the newest rollout stopped, and not what an older report says where the newest failed', () => {
    const stopped = report([], { stopped: { by: 'failure-budget', failures: 2, budget: 1 }, failures: 2 });
    expect(shown({ report: stopped })).toMatchObject({
      'rollout_stopped{failure-budget}': 1,
      'rollout_failures{}': 2,
    });
    const failed = shown({ rollout: { status: 'FAILED', startedAt: start }, report: stopped });
    expect(failed).toMatchObject({ 'rollout_state{failed}': 1 });
    expect(failed).not.toHaveProperty('rollout_stopped{failure-budget}');
  });

  test('show 0 for what alerts ask for, so that a first failure is a change', () => {
    const zeros = samplesOf({ ...ended, rollout: null, report: null }, now).map(
      ({ gauge, labels }) => `${gauge.name}{${Object.values(labels).slice(1).join()}}`,
    );
    expect(zeros).toEqual(
      expect.arrayContaining([
        'ecs_updater_hosts_state{failed}',
        'ecs_updater_hosts_held{}',
        'ecs_updater_rollout_state{failed}',
        'ecs_updater_rollout_stopped{failure-budget}',
      ]),
    );
    expect(zeros).not.toContain('ecs_updater_rollout_last_end_timestamp_seconds{}');
  });

  test('bound how many versions hosts can make Prometheus keep, and what these can say', () => {
    const many = Array.from({ length: 50 }, (_, i) =>
      group({ ...upToDate, reason: { code: 'up-to-date', version: `1.${i}.0 "x"` } }, `i-${i}`),
    );
    const versions = samplesOf({ ...ended, report: report(many) }, now).filter(
      ({ gauge }) => gauge.name === 'ecs_updater_hosts_version',
    );
    expect(versions).toHaveLength(31);
    expect(versions.reduce((sum, { value }) => sum + value, 0)).toBe(50);
    expect(versions.map(({ labels }) => labels['version']).join()).toMatch(/^[\w.,-]+$/);
  });
});
