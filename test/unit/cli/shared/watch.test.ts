import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { watchRollout } from '../../../../src/cli/shared/watch.js';
import type { ClusterStatus, InstanceStatus } from '../../../../src/model/steering.js';
import * as rollouts from '../../../../src/temporal/rollouts.js';

vi.mock(import('../../../../src/temporal/rollouts.js'), { spy: true });

const at = '2026-03-01T12:00:00.000Z';
const client = new Client({ connection: Connection.lazy() });

const status = (given: Partial<ClusterStatus>): ClusterStatus => ({
  cluster: { name: 'prod', arn: 'arn', region: 'eu-central-1' },
  rolloutId: 'r',
  startedAt: at,
  stage: 'rolling',
  paused: null,
  stopped: null,
  inFlight: [],
  queued: [],
  results: [],
  endedAt: {},
  zones: { 'eu-1a': ['i-a', 'i-b'] },
  failures: 0,
  failureBudget: 1,
  quarantined: {},
  steering: [],
  ...given,
});

const update = { from: '1.26.0', to: '1.26.1' };
const a = { ec2InstanceId: 'i-a', workflowId: 'w', since: at, ...update };
const b = { ec2InstanceId: 'i-b', paused: null, skipped: null, ...update };
const updatedA = { result: { kind: 'updated', ...update } as const, ec2InstanceIds: ['i-a'] };
const skippedB = {
  result: { kind: 'skipped', reason: { code: 'skipped-by-operator', by: 'kim' } } as const,
  ec2InstanceIds: ['i-b'],
};

interface Look {
  status: ClusterStatus;
  phase?: InstanceStatus['phase'];
  /** Default: true. */
  running?: false;
}

/** Plays looks at a rollout, one after the other, and returns what was written. */
async function watch(looks: Look[], terminal?: { columns: number }): Promise<string> {
  let look: Look | undefined;
  vi.mocked(rollouts.lastRollout).mockImplementation(() => {
    look = looks.shift() ?? look;
    return Promise.resolve({
      workflowId: 'ecs-updater/prod',
      runId: 'r',
      running: look?.running ?? true,
      status: look?.running === false ? 'COMPLETED' : 'RUNNING',
      startedAt: new Date(at),
      closedAt: undefined,
    });
  });
  vi.mocked(rollouts.clusterStatus).mockImplementation(() => Promise.resolve(look?.status ?? status({})));
  vi.mocked(rollouts.instanceStatus).mockImplementation(() =>
    Promise.resolve(
      look?.phase
        ? {
            ...update,
            phase: look.phase,
            since: at,
            note: null,
            needsAttention: false,
            outcome: null,
            entered: [],
          }
        : null,
    ),
  );
  const out = Object.assign(
    new PassThrough({ encoding: 'utf8' }),
    terminal && { isTTY: true, rows: 50, ...terminal },
  );
  await watchRollout(client, 'prod', out, 1);
  return String(out.read() ?? '');
}

beforeEach(() => void vi.clearAllMocks());

const story: Look[] = [
  { status: status({ stage: 'checking', zones: {} }) },
  { status: status({ inFlight: [a], queued: [b] }), phase: 'draining' },
  { status: status({ inFlight: [a], queued: [b] }), phase: 'draining' },
  { status: status({ inFlight: [a], queued: [b] }), phase: 'rebooting' },
  { status: status({ results: [updatedA], queued: [b], paused: { since: at, by: 'kim' } }) },
  { status: status({ stage: 'finished', results: [updatedA, skippedB] }), running: false },
];

describe('watching a rollout', () => {
  test('writes a line for each change where there is no terminal', async () => {
    expect((await watch([...story])).split('\n')).toEqual([
      `prod: rollout of ${at} runs: asking the hosts`,
      'i-a  eu-1a  draining  1.26.0 → 1.26.1',
      'i-b  eu-1a  queued  1.26.0 → 1.26.1',
      `prod: rollout of ${at} runs: 1 in flight, 1 queued`,
      'i-a  eu-1a  rebooting  1.26.0 → 1.26.1',
      'i-a  eu-1a  updated  1.26.1  updated from 1.26.0 to 1.26.1.',
      'i-b  eu-1a  paused  1.26.0 → 1.26.1',
      `prod: rollout of ${at} runs: 1 queued, 1 updated; paused by kim since ${at}`,
      'i-b  eu-1a  skipped-by-operator  skipped by kim.',
      `prod: rollout of ${at} ended: 1 updated, 1 skipped`,
      '',
    ]);
  });

  test('says why nothing new starts', async () => {
    const stopped = { by: 'failure-budget', failures: 2, budget: 1 } as const;
    const looks: Look[] = [{ status: status({ stopped, inFlight: [a] }), phase: 'draining' }];
    expect(
      await watch([...looks, { status: status({ stopped, stage: 'finished' }), running: false }]),
    ).toContain('runs: 1 in flight; starts nothing new: 2 failures passed the failure budget of 1\n');
  });

  test('tells a rollout that broke off from one that ended', async () => {
    expect(await watch([{ status: status({ queued: [b] }), running: false }])).toContain(
      ' broke off: 1 queued\n',
    );
    expect(await watch([{ status: status({ stage: 'finished' }), running: false }])).toContain(
      ' ended: no instances\n',
    );
  });

  test('redraws a table in place on a terminal, wrapped to its width', async () => {
    const written = await watch([...story], { columns: 90 });
    expect(written.match(/INSTANCE/g)?.length).toBeGreaterThan(2);
    const plain = stripVTControlCharacters(written);
    for (const line of plain.split('\n')) expect(line.length).toBeLessThanOrEqual(90);
    expect(plain.trimEnd().endsWith('ended: 1 updated, 1 skipped')).toBe(true);
  });
});
