import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { accessDenied, fleet, type HostSpec, never } from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const plain = (count: number, spec: Omit<HostSpec, 'id'> = {}): HostSpec[] =>
  Array.from({ length: count }, (_, n) => ({ id: `i-${n + 1}`, ...spec }));

/** What an operator is told, also where it is a refusal. */
async function answer(update: Promise<string>): Promise<string> {
  try {
    return await update;
  } catch (err) {
    if (!(err instanceof WorkflowUpdateFailedError)) throw err;
    return `refused: ${err.cause?.message ?? ''}`;
  }
}

describe('a cancel by message', () => {
  test('gives back what drains, starts nothing more, and says by whom and why', async () => {
    const hosts = fleet(plain(3, { drainMinutes: never }));
    const answers: string[] = [];
    const report = await play(hosts, async (stage) => {
      hosts.when('waitUntilDrained', async () => {
        const by = { by: 'kim', reason: 'wrong window' };
        answers.push(await stage.update('cancel', null, by));
        answers.push(await answer(stage.update('cancel', null, by)));
      });
      return (await stage.startCluster()).result();
    });
    expect(answers).toEqual([
      expect.stringMatching(/^The rollout of \S+ is cancelled: nothing new starts; 1 in flight /),
      expect.stringMatching(/^refused: The rollout of \S+ is being cancelled already\.$/),
    ]);
    expect(rowsOf(report)).toEqual({
      'i-1': 'rolled-back: cancelled',
      'i-2': 'not-started: rollout-stopped',
      'i-3': 'not-started: rollout-stopped',
    });
    expect(report).toMatchObject({
      stopped: { by: 'cancelled', who: 'kim', reason: 'wrong window' },
      failures: 0,
      steering: [{ what: 'cancel', by: 'kim', reason: 'wrong window' }],
    });
    expect(JSON.stringify(report.groups)).toContain('"code":"cancelled","by":"kim"');
    expect(hosts.host('i-1').instance).toMatchObject({ status: 'ACTIVE', mark: null });
  });

  test('while the hosts are asked ends the rollout before anything is drained', async () => {
    const hosts = fleet(plain(2));
    const report = await play(hosts, async (stage) => {
      hosts.when('checkForUpdates', () => stage.signal('cancel', null, { by: 'kim' }));
      return (await stage.startCluster()).result();
    });
    expect(rowsOf(report)).toEqual({
      'i-1': 'not-started: rollout-stopped',
      'i-2': 'not-started: rollout-stopped',
    });
    expect(hosts.did()).not.toContain('startDraining');
  });

  test('of one instance gives that back and goes on with the others', async () => {
    const hosts = fleet([{ id: 'i-1', drainMinutes: never }, { id: 'i-2' }]);
    const answers: string[] = [];
    const report = await play(hosts, async (stage) => {
      hosts.when('waitUntilDrained', async () => {
        answers.push(
          await answer(stage.update('cancel', null, 'i-2')),
          await answer(stage.update('cancel', null, 'i-9')),
          await stage.update('cancel', null, { instance: 'i-1', by: 'kim', reason: 'slow' }),
        );
      });
      return (await stage.startCluster()).result();
    });
    expect(answers).toEqual([
      'refused: i-2 is not in flight. Skip it to leave it out.',
      expect.stringMatching(/^refused: i-9 is not an instance of /),
      expect.stringMatching(
        /^Told \S+\/i-1, which gives the instance back unless it is being rebooted already\.$/,
      ),
    ]);
    expect(rowsOf(report)).toEqual({ 'i-1': 'rolled-back: cancelled', 'i-2': 'updated' });
    expect(report.steering).toEqual([
      { at: expect.any(String), what: 'cancel', instance: 'i-1', by: 'kim', reason: 'slow' },
    ]);
    expect(report.stopped).toBeNull();
  });
});

describe('a hold', () => {
  test('leaves out what has not begun, and tells that what has begun goes on', async () => {
    const hosts = fleet(plain(3));
    const answers: string[] = [];
    const report = await play(hosts, async (stage) => {
      hosts.when('waitUntilDrained', async () => {
        const by = { by: 'kim', reason: 'disk' };
        answers.push(
          await stage.update('hold', null, { instance: 'i-1', ...by }),
          await stage.update('hold', null, { instance: 'i-2', ...by }),
          await answer(stage.update('hold', null, 'i-9')),
        );
      });
      return (await stage.startCluster()).result();
    });
    expect(answers.map((text) => text.replace(/cluster-[-\d]+/, 'prod'))).toEqual([
      'prod/i-1 is held: no rollout drains it until unhold. It is in flight: what has begun finishes. Skip or cancel it to have it given back.',
      'prod/i-2 is held: no rollout drains it until unhold.',
      expect.stringMatching(/^refused: prod\/i-9 is not an instance of the ECS cluster /),
    ]);
    expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'skipped: held', 'i-3': 'updated' });
    expect(report.steering).toHaveLength(2);
    expect(hosts.host('i-2').instance.hold).toMatchObject({ by: 'kim', reason: 'disk' });
  });

  test('that comes while the hosts are asked is heeded', async () => {
    const hosts = fleet(plain(2));
    const report = await play(hosts, async (stage) => {
      hosts.when('checkForUpdates', () => stage.signal('hold', null, 'i-1'));
      return (await stage.startCluster()).result();
    });
    expect(rowsOf(report)).toEqual({ 'i-1': 'skipped: held', 'i-2': 'updated' });
  });

  test('that AWS refuses is refused, and hurts no rollout', async () => {
    const hosts = fleet(plain(1), {
      carryOut: async () => {
        throw accessDenied('ecs:PutAttributes');
      },
    });
    const answers: string[] = [];
    const report = await play(hosts, async (stage) => {
      hosts.when('waitUntilDrained', async () => {
        answers.push(await answer(stage.update('hold', null, 'i-1')));
        await stage.signal('hold', null, 'i-1');
      });
      return (await stage.startCluster()).result();
    });
    expect(answers).toEqual(['refused: hold could not be carried out: access denied: ecs:PutAttributes.']);
    expect(rowsOf(report)).toEqual({ 'i-1': 'updated' });
    expect(report.steering).toEqual([]);
  });
});

test('a pause of one instance outlives the rollout; where that cannot be noted, the answer says so', async () => {
  const denied = fleet(plain(2), {
    carryOut: async () => {
      throw accessDenied('ecs:PutAttributes');
    },
  });
  const hosts = fleet(plain(2));
  const answers: string[] = [];
  for (const one of [hosts, denied]) {
    await play(one, async (stage) => {
      one.when('waitUntilDrained', async () => {
        answers.push(await stage.update('pause', null, { instance: 'i-2', by: 'kim' }));
        await stage.update('cancel', null);
      });
      await (await stage.startCluster()).result();
    });
  }
  expect(hosts.host('i-2').instance.pause).toMatchObject({ by: 'kim' });
  expect(answers).toEqual([
    'i-2 waits until it is resumed.',
    'i-2 waits until it is resumed. That could not be noted on the instance (access denied: ecs:PutAttributes), so it counts for this rollout only.',
  ]);
});

describe('the Schedule', () => {
  test('is paused and resumed with the rollout, also by signals, and the last order counts', async () => {
    const hosts = fleet(plain(2), {
      // Slow enough for the next order to come meanwhile.
      pauseSchedule: async (input, usual) => {
        await sleep(300);
        return usual(input);
      },
    });
    const seen: unknown[] = [];
    await play(hosts, async (stage) => {
      hosts.when('waitUntilDrained', async () => {
        await stage.signal('pause', null, { by: 'kim', reason: 'freeze' });
        await eventually('the Schedule is paused', () => hosts.schedule?.paused);
        seen.push(hosts.schedule);
        await stage.signal('pause', null);
        await stage.signal('resume', null);
        await eventually('the Schedule goes on', () => hosts.schedule?.paused === false);
      });
      await (await stage.startCluster()).result();
    });
    expect(seen).toEqual([
      { paused: true, note: expect.stringMatching(/^ecs-updater: paused by kim since \S+Z: freeze$/) },
    ]);
    expect(hosts.schedule).toMatchObject({ paused: false });
  });

  test('that is not there, or cannot be reached, holds up nothing', async () => {
    const without = fleet(plain(2));
    without.schedule = null;
    const broken = fleet(plain(2), {
      pauseSchedule: async () => {
        throw accessDenied('schedule');
      },
      resumeSchedule: async () => {
        throw accessDenied('schedule');
      },
    });
    const answers: string[] = [];
    for (const hosts of [without, broken]) {
      const report = await play(hosts, async (stage) => {
        hosts.when('waitUntilDrained', async () => {
          answers.push(await stage.update('pause', null), await stage.update('resume', null));
        });
        return (await stage.startCluster()).result();
      });
      expect(rowsOf(report)).toEqual({ 'i-1': 'updated', 'i-2': 'updated' });
    }
    expect(answers.map((text) => text.replace(/cluster-[-\d]+/, 'prod'))).toEqual([
      'Nothing new starts in prod until it is resumed; 1 in flight finishes.',
      'prod goes on.',
      'Nothing new starts in prod until it is resumed; 1 in flight finishes. Its Schedule could not be changed (access denied: schedule): look at it.',
      'prod goes on. Its Schedule could not be changed (access denied: schedule): look at it.',
    ]);
  });

  test('that was paused before goes on by a resume of the rollout that was started all the same', async () => {
    const hosts = fleet(plain(1));
    hosts.schedule = { paused: true, note: 'ecs-updater: paused by ann since 2026-01-05T03:00:00.000Z' };
    const answers: string[] = [];
    const report = await play(hosts, async (stage) => {
      hosts.when('waitUntilDrained', async () => {
        answers.push(await stage.update('resume', null), await answer(stage.update('resume', null)));
      });
      return (await stage.startCluster()).result();
    });
    expect(answers.map((text) => text.replace(/cluster-[-\d]+/, 'prod'))).toEqual([
      'prod goes on. Its Schedule goes on, too.',
      'refused: prod is not paused.',
    ]);
    expect(hosts.schedule).toMatchObject({ paused: false });
    expect(report.steering).toMatchObject([{ what: 'resume' }]);
  });
});

test('what operators ordered is on record after a rollout continued as new', async () => {
  const hosts = fleet(plain(3));
  const report = await play(hosts, async (stage) => {
    hosts.when('waitUntilDrained', () => stage.signal('skip', null, { instance: 'i-3', by: 'kim' }));
    return (await stage.startCluster({ settings: { updatesPerRun: 1 } })).result();
  });
  expect(rowsOf(report)).toMatchObject({ 'i-3': 'skipped: skipped-by-operator' });
  expect(report.steering).toEqual([{ at: expect.any(String), what: 'skip', instance: 'i-3', by: 'kim' }]);
});
