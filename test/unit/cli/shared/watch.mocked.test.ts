import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { watchRollout, type WatchOptions } from '../../../../src/cli/shared/watch.js';
import type { ClusterStatus, InstanceStatus } from '../../../../src/model/steering.js';
import { clusterStatusOf } from '../../../support/cluster-status.js';
import * as pastRollouts from '../../../../src/temporal/past-rollouts.js';
import * as rollouts from '../../../../src/temporal/rollouts.js';

vi.mock(import('../../../../src/temporal/rollouts.js'), { spy: true });
vi.mock(import('../../../../src/temporal/past-rollouts.js'), { spy: true });

const at = '2026-03-01T12:00:00.000Z';
const client = new Client({ connection: Connection.lazy() });

const status = (given: Partial<ClusterStatus>): ClusterStatus =>
  clusterStatusOf({ zones: { 'eu-1a': ['i-a', 'i-b'] }, ...given });

const update = { from: '1.26.0', to: '1.26.1' };
const a = { ec2InstanceId: 'i-a', workflowId: 'w', since: at, ...update };
const b = { ec2InstanceId: 'i-b', paused: null, skipped: null, ...update };
const updatedA = { result: { kind: 'updated', ...update } as const, ec2InstanceIds: ['i-a'] };
const skippedB = {
  result: { kind: 'skipped', reason: { code: 'skipped-by-operator', by: 'kim' } } as const,
  ec2InstanceIds: ['i-b'],
};

const rollout = {
  workflowId: 'ecs-updater/prod',
  runId: 'r',
  status: 'RUNNING',
  startedAt: new Date(at),
  closedAt: undefined,
};

interface Look {
  status: ClusterStatus;
  /** The question for it fails so. */
  fails?: Error;
  phase?: InstanceStatus['phase'];
  /** Default: true. */
  running?: false;
}

/** Plays looks at a rollout, one after the other, and returns what was written. */
const watch = async (...args: Parameters<typeof watchInPieces>): Promise<string> =>
  (await watchInPieces(...args)).join('');

/** The same, a piece for each write. */
async function watchInPieces(
  looks: Look[],
  terminal?: { columns: number; rows?: number },
  options: WatchOptions = {},
): Promise<string[]> {
  let look: Look | undefined;
  vi.mocked(rollouts.lastRollout).mockImplementation(() => {
    look = looks.shift() ?? look;
    return Promise.resolve({ ...rollout, running: look?.running ?? true });
  });
  vi.mocked(rollouts.clusterStatus).mockImplementation(() =>
    look?.fails ? Promise.reject(look.fails) : Promise.resolve(look?.status ?? status({})),
  );
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
  const pieces: string[] = [];
  const out = Object.assign(
    new Writable({
      decodeStrings: false,
      write: (piece: string, _encoding, done) => {
        pieces.push(piece);
        done();
      },
    }),
    terminal && { isTTY: true, rows: 50, ...terminal },
  );
  await watchRollout(client, 'prod', out, { intervalMs: 1, ...options });
  return pieces;
}

beforeEach(() => {
  vi.clearAllMocks();
  vi.mocked(pastRollouts.pastDurations).mockResolvedValue([]);
});

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
      '0 of 2 updates ended',
      `prod: rollout of ${at} runs: 1 in flight, 1 queued`,
      'i-a  eu-1a  rebooting  1.26.0 → 1.26.1',
      'i-a  eu-1a  updated  1.26.1  updated from 1.26.0 to 1.26.1.',
      'i-b  eu-1a  paused  1.26.0 → 1.26.1',
      '1 of 2 updates ended',
      `prod: rollout of ${at} runs: 1 queued, 1 updated; paused by kim since ${at}`,
      'i-b  eu-1a  skipped-by-operator  skipped by kim.',
      `prod: rollout of ${at} ended: 1 updated, 1 skipped`,
      '',
    ]);
  });

  test('says how long it will take by what earlier ones took, when something is done', async () => {
    const rebooting = { instances: 1, totalMs: 600_000, longestMs: 600_000 };
    vi.mocked(pastRollouts.pastDurations).mockResolvedValue([{ phases: { rebooting } }]);
    const started = { ...a, since: new Date(Date.now() - 200_000).toISOString() };
    const looks: Look[] = [
      { status: status({ inFlight: [started], queued: [b] }), phase: 'draining' },
      { status: status({ inFlight: [started], queued: [b] }), phase: 'rebooting' },
      { status: status({ stage: 'finished' }), running: false },
    ];
    expect((await watch(looks)).match(/^.* updates ended.*$/gm)).toEqual([
      expect.stringMatching(/^0 of 2 updates ended, about 17m left, until about \d\d:\d\d UTC$/),
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

  test('writes what operators ordered, once', async () => {
    const steering = [{ at, what: 'skip', instance: 'i-b', by: 'kim', reason: 'batch' } as const];
    const looks = [
      { status: status({ queued: [b], steering }) },
      { status: status({ queued: [b], steering }) },
      { status: status({ stage: 'finished', steering }), running: false } as const,
    ];
    expect((await watch(looks)).match(/skip i-b by kim: batch$/gm)).toHaveLength(1);
  });

  test('writes of a large cluster only those with which something happens', async () => {
    const waits = Array.from({ length: 500 }, (_, i) => ({ ...b, ec2InstanceId: `i-${i}` }));
    const looks: Look[] = [
      { status: status({ inFlight: [a], queued: waits }), phase: 'draining' },
      { status: status({ stage: 'finished', results: [updatedA] }), running: false },
    ];
    expect((await watch([...looks])).split('\n')).toEqual([
      expect.stringMatching(/^i-a .* draining /),
      '0 of 501 updates ended',
      expect.stringMatching(/runs: 1 in flight, 500 queued$/),
      expect.stringMatching(/^i-a .* updated /),
      expect.stringMatching(/ended: 1 updated$/),
      '',
    ]);
    const all = await watchInPieces([...looks], undefined, { rows: Infinity });
    expect(all.filter((line) => line.includes('queued  '))).toHaveLength(500);
  });

  test('no text of a host or an operator steers the terminal, or fakes a line', async () => {
    const by = '\u001B[2J\u001B[H\u0007kim\ni-b  updated';
    const looks: Look[] = [
      {
        status: status({
          queued: [{ ...b, paused: { since: at, by } }],
          paused: { since: at, by },
          steering: [{ at, what: 'pause', by }],
        }),
      },
      { status: status({ stage: 'finished' }), running: false },
    ];
    const written = await watch([...looks]);
    expect(written.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(written).not.toMatch(/^i-b {2}updated/m);
    // Nothing but what draws the frames, and the one line that the operator has.
    const drawn = await watch([...looks], { columns: 120 });
    expect(drawn).not.toContain('\u001B[2J');
    expect(drawn).not.toContain('\u0007');
  });

  describe('that cannot be asked for a moment', () => {
    const gone = { status: status({}), fails: new rollouts.NoWorker() };

    test('goes on, and says so once, as soon as workers are back', async () => {
      const [first, second, ...rest] = story;
      if (!first || !second) throw new Error('no story');
      const written = await watch([first, second, gone, gone, ...rest]);
      expect(written.match(/^since \S+Z it cannot be asked: no worker polls .*$/gm)).toHaveLength(1);
      expect(written.trimEnd().endsWith('ended: 1 updated, 1 skipped')).toBe(true);
    });

    test('ends at once if it was never seen, and for what does not pass', async () => {
      await expect(watch([gone])).rejects.toThrow(rollouts.NoWorker);
      const [first] = story;
      const broken = { status: status({}), fails: new TypeError('no such thing') };
      if (!first) throw new Error('no story');
      await expect(watch([first, broken])).rejects.toThrow('no such thing');
    });
  });
});

describe('watching a rollout on a terminal', () => {
  test('redraws a table in place on a terminal, wrapped to its width', async () => {
    const written = await watch([...story], { columns: 90 });
    expect(written.match(/NAME/g)?.length).toBeGreaterThan(2);
    const plain = stripVTControlCharacters(written);
    for (const line of plain.split('\n')) expect(line.length).toBeLessThanOrEqual(90);
    expect(plain.trimEnd().endsWith('ended: 1 updated, 1 skipped')).toBe(true);
  });

  test('has a bar, and at its end the whole table', async () => {
    const written = await watch([...story], { columns: 120 });
    expect(written).toContain(`[${'#'.repeat(15)}${'.'.repeat(15)}] 1 of 2 updates ended\n`);
    const last = stripVTControlCharacters(written.slice(written.lastIndexOf('NAME')));
    expect(last.split('\n').map((line) => line.split(/ +/)[0])).toEqual([
      'NAME',
      'i-a',
      'i-b',
      '',
      'prod:',
      '',
    ]);
  });

  test.each([
    [200, 50],
    [100, 24],
    [80, 10],
    [30, 8],
    [10, 4],
  ])('of %i columns and %i lines never draws more than it can show', async (columns, rows) => {
    const waits = Array.from({ length: 300 }, (_, i) => ({ ...b, ec2InstanceId: `i-${i}` }));
    const reason = 'change freeze until the audit of the storage has ended, as ordered by the board. '.repeat(
      3,
    );
    const failed = {
      result: {
        kind: 'rolled-back',
        reason: { code: 'apply-failed', detail: reason.repeat(2) },
      } as const,
      ec2InstanceIds: ['i-f1', 'i-f2'],
    };
    const busy = status({
      inFlight: [a],
      queued: waits,
      results: [failed],
      paused: { since: at, reason },
      steering: [{ at, what: 'pause', reason }],
    });
    const pieces = await watchInPieces(
      [
        { status: busy, phase: 'draining' },
        { status: { ...busy, queued: waits.slice(1) }, phase: 'updating' },
        { status: status({ stage: 'finished' }), running: false },
      ],
      { columns, rows },
    );
    const frames = pieces
      .map((piece) => stripVTControlCharacters(piece))
      .filter((text) => text.trim() !== '');
    expect(frames.length).toBeGreaterThanOrEqual(3);
    // However little there is, whoever is in flight has a place.
    expect(frames[0]).toMatch(columns < 80 ? /updates/ : /^i-a {2}/m);
    for (const frame of frames.slice(0, -1)) {
      const drawn = frame.split('\n');
      expect(drawn.length).toBeLessThanOrEqual(rows);
      for (const line of drawn) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  test('is drawn anew when its size changes', async () => {
    const out = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: true, rows: 50, columns: 120 });
    const [first] = story;
    let looks = 0;
    let drawn = '';
    vi.mocked(rollouts.lastRollout).mockImplementation(() => {
      looks += 1;
      if (looks === 2) {
        out.read();
        out.columns = 60;
        out.emit('resize');
        drawn = String(out.read());
      }
      return Promise.resolve({ ...rollout, running: looks < 3 });
    });
    vi.mocked(rollouts.clusterStatus).mockResolvedValue(first?.status ?? status({}));
    await watchRollout(client, 'prod', out, { intervalMs: 1 });
    expect(drawn).toContain('\u001B[2J\u001B[H');
    expect(out.listenerCount('resize')).toBe(0);
  });
});
