import { describe } from 'vitest';
import {
  failedAttribute,
  holdAttribute,
  pauseAttribute,
  scheduleId,
  skipAttribute,
} from '../../src/model/names.js';
import { closeAll } from '../support/close-all.js';
import { findChromium, launchChromium, openPage } from '../support/browser.js';
import { commandLines, documentedOrders, straightOrders } from '../support/documented-orders.js';
import { eventually } from '../support/eventually.js';
import { behind, type Fleet, hosts, stuckOn } from '../support/fleet.js';
import { atCommandLine, inDashboard, type Operator, typeLine } from '../support/operators.js';
import { test as withFleets } from '../support/rollouts.js';

const ways = [...commandLines, 'dashboard'] as const;

const test = withFleets
  .extend('executable', { scope: 'file' }, () => findChromium())
  .extend('browser', { scope: 'file' }, async ({ executable }, { onCleanup }) => {
    const browser = await launchChromium(executable);
    onCleanup(() => browser.close());
    return browser;
  })
  .extend('operator', async ({ browser }, { onCleanup }) => {
    const open: { close(): Promise<void> }[] = [];
    onCleanup(async () => {
      await closeAll(open.toReversed());
    });
    return async (fleet: Fleet, way: (typeof ways)[number]): Promise<Operator> => {
      if (way !== 'dashboard') return atCommandLine(fleet, way);
      const served = await fleet.serve('dashboard');
      const opened = await openPage(browser);
      open.push(served, opened);
      return inDashboard(fleet, opened.page, served.url);
    };
  });

const done = (sentence = '') => ({ kind: 'done', said: expectText(sentence) });
const refused = (sentence: string) => ({ kind: 'refused', said: expectText(sentence) });
const expectText = (text: string): { asymmetricMatch: (said: string) => boolean } => ({
  asymmetricMatch: (said) => said.includes(text),
});

const schedule = (fleet: Fleet) => fleet.client.schedule.getHandle(scheduleId(fleet.cluster)).describe();

const inPhase = (fleet: Fleet, name: string, phase: string) =>
  eventually(`${name} is ${phase}`, async () => (await fleet.instanceStatus(name))?.phase === phase);

test('both command lines are documented for every order', ({ expect }) => {
  const orders = [
    'pause',
    'resume',
    'pause instance',
    'resume instance',
    'skip instance',
    'unskip instance',
    'hold instance',
    'unhold instance',
    'cancel',
    'cancel instance',
    'clear instance',
    'clear version',
    'clear',
  ];
  for (const way of commandLines)
    expect([...documentedOrders(way).keys()].toSorted()).toEqual(orders.toSorted());
});

describe.concurrent.each(ways)('by %s', (way) => {
  test('every order is obeyed while a rollout runs', async ({ startFleet, operator, expect }) => {
    const fleet = await startFleet({
      instances: hosts('a', 'b', 'c', 'd'),
      services: [stuckOn('a'), stuckOn('d')],
    });
    const { cluster } = fleet;
    await fleet.start({ drainLimit: '10h' });
    await inPhase(fleet, 'a', 'draining');
    const { order } = await operator(fleet, way);

    expect(await order('pause')).toMatchObject(
      done(
        `Nothing new starts in ${cluster} until it is resumed; 1 in flight finishes. Its Schedule is paused, too.`,
      ),
    );
    expect((await schedule(fleet)).state).toMatchObject({
      paused: true,
      note: expect.stringMatching(/^ecs-updater: paused by \S+ since \S+Z: change freeze$/),
    });
    expect(await order('resume')).toMatchObject(done(`${cluster} goes on. Its Schedule goes on, too.`));
    expect((await schedule(fleet)).state).toMatchObject({ paused: false });

    expect(await order('pause', 'b')).toMatchObject(done(`${fleet.id('b')} waits until it is resumed.`));
    expect(fleet.state('b').attributes).toHaveProperty([pauseAttribute]);
    expect(await order('resume', 'b')).toMatchObject(done(`${fleet.id('b')} goes on.`));
    expect(fleet.state('b').attributes).not.toHaveProperty([pauseAttribute]);
    expect(await order('skip', 'd')).toMatchObject(done(`${fleet.id('d')} is left out of this rollout.`));
    expect(await order('unskip', 'd')).toMatchObject(done(`${fleet.id('d')} has its turn again.`));
    expect(await order('skip', 'b')).toMatchObject(done());
    expect(await order('hold', 'c')).toMatchObject(done(`${cluster}/${fleet.id('c')} is held`));
    expect(await order('unhold', 'c')).toMatchObject(done('the next rollout looks at it again.'));
    expect(await order('clear', 'c')).toMatchObject(done('The rollout that runs keeps to its plan.'));

    const { stdout } = await fleet.ecsUpdater('status', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      steering: [
        { what: 'pause', reason: 'change freeze', by: expect.any(String), at: expect.any(String) },
        { what: 'resume' },
        { what: 'pause', instance: fleet.id('b') },
        { what: 'resume', instance: fleet.id('b') },
        { what: 'skip', instance: fleet.id('d'), reason: 'batch job runs' },
        { what: 'unskip', instance: fleet.id('d') },
        { what: 'skip', instance: fleet.id('b') },
        { what: 'hold', instance: fleet.id('c') },
        { what: 'unhold', instance: fleet.id('c') },
        { what: 'clear', instance: fleet.id('c') },
      ],
    });
    expect(await order('cancel', 'a')).toMatchObject(
      done(`The update of ${fleet.id('a')} is cancelled; the instance is given back.`),
    );
    await inPhase(fleet, 'd', 'draining');
    expect(await order('cancel')).toMatchObject(done(`The rollout of ${cluster} is cancelled`));

    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({
      a: 'rolled-back: cancelled',
      b: 'skipped: skipped-by-operator',
      c: 'skipped: held',
      d: 'rolled-back: cancelled',
    });
    expect(report.stopped).toMatchObject({ by: 'cancelled', reason: 'wrong window' });
    expect(report.steering.slice(-2)).toMatchObject([
      { what: 'cancel', instance: fleet.id('a'), reason: 'takes too long' },
      { what: 'cancel', reason: 'wrong window' },
    ]);
    const status = await fleet.ecsUpdater('status');
    expect(status.stdout).toMatch(/^\S+Z {2}hold i-\w+3 by \S+: disk is looked at$/m);
    expect(status.stdout).toMatch(/^\S+Z {2}cancel by \S+: wrong window$/m);
  });

  test('every order is obeyed between rollouts', async ({ startFleet, operator, expect }) => {
    const upToDate = { ...behind, version: behind.offered };
    const [a, b, c] = hosts('a', 'b', 'c');
    const fleet = await startFleet({
      instances: [{ ...a }, { ...b, host: upToDate }, { ...c, host: upToDate }],
    });
    const { cluster } = fleet;
    await fleet.schedule();
    const { order, cannot } = await operator(fleet, way);

    expect(await order('pause')).toMatchObject(
      done(`${cluster} is paused: no rollout starts until it is resumed.`),
    );
    const run = await fleet.ecsUpdater('run');
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(
      new RegExp(
        `^ecs-updater: ${cluster} is paused by \\S+ since \\S+Z: change freeze\\. End that with: ecs-updater resume --cluster ${cluster}; or start this one rollout with --ignore-pause\\.\\n$`,
      ),
    );
    expect((await fleet.ecsUpdater('status')).stderr).toContain('there has been no rollout');
    expect(await order('resume')).toMatchObject(
      done(`${cluster} goes on: its Schedule starts rollouts again.`),
    );
    await cannot('resume', `${cluster} is not paused.`);

    expect(await order('pause', 'b')).toMatchObject(
      done(`${cluster}/${fleet.id('b')} waits in every rollout until it is resumed.`),
    );
    expect(await order('resume', 'b')).toMatchObject(done());
    expect(await order('unskip', 'a')).toMatchObject(refused('is not skipped.'));
    expect(await order('skip', 'b')).toMatchObject(done());
    expect(await order('unskip', 'b')).toMatchObject(done('has its turn in the next rollout again.'));
    expect(await order('skip', 'a')).toMatchObject(
      done(`${cluster}/${fleet.id('a')} is left out of the next rollout.`),
    );
    expect(await order('hold', 'b')).toMatchObject(done());
    expect(await order('unhold', 'b')).toMatchObject(done('the next rollout looks at it again.'));
    expect(await order('hold', 'c')).toMatchObject(done());
    expect(fleet.state('c').attributes).toHaveProperty([holdAttribute]);
    expect(await order('clear')).toMatchObject(done(`${cluster}: there was nothing to clear.`));
    expect(await order('clear', 'a')).toMatchObject(done('there was nothing to clear.'));
    await cannot('cancel', `No rollout of ${cluster} runs`);

    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({
      a: 'skipped: skipped-by-operator',
      b: 'skipped: up-to-date',
      c: 'skipped: held',
    });
    expect(report.steering).toMatchObject([
      { what: 'skip', instance: fleet.id('a'), reason: 'batch job runs', at: expect.any(String) },
    ]);
    expect(fleet.state('a').attributes, 'a skip is for one rollout').not.toHaveProperty([skipAttribute]);

    await order('pause');
    const status = await fleet.ecsUpdater('status');
    expect(status.stdout).toMatch(/^\S+Z {2}pause by \S+: change freeze$/m);
    expect(status.stdout).toMatch(
      new RegExp(`^${cluster} is paused by \\S+ since \\S+: change freeze\\.$`, 'm'),
    );
    expect((await fleet.ecsUpdater('run', '--ignore-pause')).code).toBe(0);
    const again = await fleet.report();
    expect(fleet.outcomes(again)).toMatchObject({ a: 'updated' });
    expect(await order('unhold', 'c')).toMatchObject(done('the next rollout looks at it again.'));
    expect(fleet.state('c').attributes).not.toHaveProperty([holdAttribute]);
    expect(await order('pause', 'a')).toMatchObject(done());
    expect(fleet.state('a').attributes).toHaveProperty([pauseAttribute]);
  });

  test('what failed is forgotten', async ({ startFleet, operator, expect }) => {
    const host = { ...behind, boot: 'falls-back' as const };
    const fleet = await startFleet({ instances: hosts('a', 'b', 'c').map((one) => ({ ...one, host })) });
    const [a, b] = [fleet.id('a'), fleet.id('b')];
    await fleet.rollOut({ failureBudget: 'unlimited' });
    const { order } = await operator(fleet, way);
    expect(await order('clear', 'a')).toMatchObject(done(`what failed on ${a} is forgotten.`));
    expect(await order('clear version')).toMatchObject(
      done(`1.26.1 is no longer quarantined; what failed on ${b} is forgotten.`),
    );
    expect(await order('clear')).toMatchObject(done('there was nothing to clear.'));
    for (const name of ['a', 'b']) expect(fleet.state(name).attributes).not.toHaveProperty([failedAttribute]);
  });
});

test('a rollout takes what is documented to be sent straight to it', async ({ startFleet, expect }) => {
  const fleet = await startFleet({ instances: hosts('a', 'b'), services: [stuckOn('a')] });
  await fleet.start({ drainLimit: '10h' });
  await inPhase(fleet, 'a', 'draining');
  for (const line of straightOrders()) {
    expect(await typeLine(fleet, line, fleet.id('b')), line).toMatchObject(done());
  }
  const report = await fleet.report();
  expect(fleet.outcomes(report)).toEqual({
    a: 'rolled-back: cancelled',
    b: 'not-started: rollout-stopped',
  });
  expect(report.steering.map(({ what }) => what)).toEqual(['pause', 'resume', 'skip', 'unskip', 'cancel']);
});
