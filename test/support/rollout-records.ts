import { parseSettings } from '../../src/config/settings.js';
import { explainResult } from '../../src/model/explain.js';
import { type InstanceResult, type Phase, phases } from '../../src/model/outcome.js';
import { addPhases, countResults, type PhaseStatistics } from '../../src/model/report.js';
import { stateOf } from '../../src/model/result-view.js';
import { type InstanceRecord, type RolloutRecord, spansOf } from '../../src/model/rollout-record.js';
import { standingOf } from '../../src/model/standing.js';

const begin = Date.UTC(2026, 2, 1, 3, 0);
const iso = (seconds: number): string => new Date(begin + seconds * 1000).toISOString();

const worked: readonly Phase[] = phases.filter((phase) => phase !== 'waiting');
const took: Record<Phase, number> = {
  waiting: 0,
  draining: 95,
  updating: 42,
  rebooting: 61,
  verifying: 24,
  activating: 3,
  settling: 31,
};

const versions = { from: '1.26.0', to: '1.26.1' };
const updated: InstanceResult = { kind: 'updated', ...versions };
const troubles: readonly InstanceResult[] = [
  {
    kind: 'failed',
    ...versions,
    reason: { code: 'booted-old-version', version: '1.26.0', target: '1.26.1' },
  },
  {
    kind: 'rolled-back',
    ...versions,
    reason: {
      code: 'drain-limit',
      limitMs: 1_500_000,
      tasks: [
        {
          taskArn: 'arn:aws:ecs:eu-central-1:1:task/prod/0c7b7f85',
          group: 'service:web',
          lastStatus: 'RUNNING',
        },
      ],
      serviceEvents: [],
    },
  },
  { kind: 'skipped', reason: { code: 'up-to-date', version: '1.26.1' } },
  { kind: 'skipped', reason: { code: 'agent-disconnected' } },
];

/** A record of so many instances, `atOnce` at a time; now and then one is not updated. */
export function recordOf(count: number, atOnce = 1, given: Partial<RolloutRecord> = {}): RolloutRecord {
  const free = Array.from({ length: atOnce }, () => 20);
  const statistics: Partial<Record<Phase, PhaseStatistics>> = {};
  const instances = Array.from({ length: count }, (_, i): InstanceRecord => {
    const result = (i % 9 === 4 && troubles[Math.floor(i / 9) % troubles.length]) || updated;
    const lane = free.indexOf(Math.min(...free));
    const start = free[lane] ?? 0;
    const stays =
      result.kind === 'skipped' ? [] : result.kind === 'rolled-back' ? worked.slice(0, 1) : worked;
    const phaseMs: Partial<Record<Phase, number>> = {};
    let at = start;
    const entered = stays.map((phase, n) => {
      const entry = { phase, at: iso(at) };
      const seconds = took[phase] * (1 + (((i * 7 + n * 3) % 10) - 4) / 12);
      phaseMs[phase] = seconds * 1000;
      at += seconds;
      return entry;
    });
    addPhases(statistics, phaseMs);
    if (entered.length > 0) free[lane] = at + 2;
    return {
      ec2InstanceId: `i-0${(i * 2_654_435_761).toString(16).padStart(16, '0').slice(-16)}`,
      zone: `eu-central-1${'abc'[i % 3] ?? ''}`,
      state: stateOf(result),
      standing: standingOf(result),
      result,
      from: result.kind === 'skipped' ? null : '1.26.0',
      to: result.kind === 'skipped' ? null : '1.26.1',
      runs: result.kind === 'updated' ? '1.26.1' : '1.26.0',
      reason: explainResult(result),
      spans: spansOf(entered, iso(at)),
      tasksMoved: result.kind === 'skipped' ? null : (i % 5) + 1,
      runIds: entered.length > 0 ? [`run-of-${i}`] : [],
    };
  });
  return {
    cluster: {
      name: 'prod',
      arn: 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod',
      region: 'eu-central-1',
    },
    settings: parseSettings({ maxUnavailable: String(atOnce), failureBudget: '10%' }),
    documents: {
      check: { name: 'ecs-updater-check', version: '1', hash: 'c'.repeat(64) },
      apply: { name: 'ecs-updater-apply', version: '1', hash: 'a'.repeat(64) },
      reboot: { name: 'ecs-updater-reboot', version: '2', hash: 'b'.repeat(64) },
    },
    rolloutId: '01a1ff3e-0000-7000-8000-0123456789ab',
    workflowId: 'ecs-updater/prod',
    runIds: ['01a1ff3e-0000-7000-8000-0123456789ab'],
    startedBy: 'ecs-updater/prod-2026-03-01T03:00:00Z',
    workers: ['ecs-task/1f2e3d'],
    state: 'completed',
    brokeOff: null,
    startedAt: iso(0),
    endedAt: iso(Math.max(...free) + 5),
    stopped: null,
    paused: null,
    counts: countResults(
      instances.flatMap(({ result, ec2InstanceId }) =>
        result ? [{ result, ec2InstanceIds: [ec2InstanceId] }] : [],
      ),
    ),
    failures: 0,
    phases: statistics,
    steering: [
      { at: iso(200), what: 'pause', by: 'kim', reason: 'change freeze until the release is out' },
      { at: iso(260), what: 'resume', by: 'kim' },
    ],
    instances,
    gaps: [],
    ...given,
  };
}
